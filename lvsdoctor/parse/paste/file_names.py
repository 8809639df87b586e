"""What a file's name tells: whose dump it holds (rs1-ip-addr.txt, rs1/sysctl.txt, ip_addr.rs1, rs1.txt)."""

import re

from lvsdoctor.parse.paste.host_words import is_host_name, is_role, may_be_host_name
from lvsdoctor.parse.paste.patterns import pattern

# Directories that stand for a part of one host, never for a host.
_PARTS = frozenset(
    """
    etc proc sys var run usr opt tmp home root srv mnt log logs dump dumps input output data files out sos_commands
    sos_logs sos_reports nodes hosts servers cluster sysctl.d network networking kernel conf config configs net ipv4
    ipv6 netns
    """.split()
)
# What dumps are called after: the command, its object and its options.
_DUMP = pattern(
    r"(?:ip|ipvsadm|ipvs|sysctl|sysctls|addr|address|addresses|link|links|route|routes|rule|rules|neigh|neighbou?rs?|arp|"
    r"arptables|arping|ifconfig|lsmod|dmidecode|nstat|ethtool|systemctl|ps|netstat|ss|ip6?tables|nft|uname|hostname|save|list|show|stats|all|table|main|local|a|s|d|l|n|"
    r"ln|sn|r|json|oneline|brief|details?|v4|v6|ipv4|ipv6|4|6|proc|vs|ip_vs|net|dump|dumps|output|out|info|diag|txt|log|"
    r"conf|keepalived|config|cmd|commands?|evidence|lvs)",
    re.IGNORECASE,
)
_ENDING = pattern(r"\.(?:txt|log|out|dump|conf|cfg|md|json|paste|lst|text|asc)$", re.IGNORECASE)
_SEPARATOR = pattern(r"[-_.+ ]+")


def host_in_path(path: str) -> str:
    """The host that a relative path names by a directory or by the file's name, or "". An absolute path names none."""
    if path.startswith(("/", "~")) or len(path) > 300:
        return ""
    *directories, name = path.removeprefix("./").split("/")
    for directory in reversed(directories):
        if directory not in _PARTS and (may_be_host_name(directory) or is_role(directory.replace("-", " "))):
            return directory
    return host_in_file_name(name)


def host_in_file_name(name: str) -> str:
    """`rs1` for rs1.txt and for every name that joins it with words for a dump: rs1-ip-addr.txt, ip_addr.rs1."""
    stem = _ENDING.sub("", name)
    if not stem or stem.startswith("."):
        return ""
    if is_host_name(stem) and not any(map(_DUMP.fullmatch, _SEPARATOR.split(stem))):
        return stem
    parts = list(_SEPARATOR.finditer(stem))
    for cut in parts:  # the host first: the shortest name that only words for a dump follow
        head, tail = stem[: cut.start()], stem[cut.end() :]
        if is_dump_name(tail) and not is_dump_name(head) and (is_host_name(head) or is_role(_SEPARATOR.sub(" ", head))):
            return head
    for cut in parts:
        head, tail = stem[: cut.start()], stem[cut.end() :]
        if is_dump_name(head) and not is_dump_name(tail) and (is_host_name(tail) or is_role(_SEPARATOR.sub(" ", tail))):
            return tail
    return stem if is_role(stem.replace("_", " ").replace("-", " ")) else ""


def is_dump_name(text: str) -> bool:
    """Do these words name a dump (ip-addr, sysctl_-a), and nothing else?"""
    return bool(text) and all(_DUMP.fullmatch(word) for word in _SEPARATOR.split(text) if word)
