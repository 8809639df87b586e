"""What a file's name says: the part that names a dump, and the part that may name the host it is of."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lvsdoctor.collect.archives.names import stem_of
from lvsdoctor.parse.paste.patterns import pattern

# Directories that stand for a part of one host, never for a host.
PARTS = frozenset(
    """
    etc proc sys var run usr lib sos_commands sos_logs sos_reports sysctl.d sysconfig network networking kernel
    """.split()
)
# Directories that stand for / of a host, and that no host is called after.
ROOTS = frozenset(
    "root rootfs host files file fs image overlay config configs conf base system data tree content".split()
)
# Files that may read others of their host: units of services, what adds to these, scripts.
UNIT = pattern(r"\.service$")
DROP_IN_OF_UNIT = pattern(r"(?P<unit>[^/]+\.service)\.d/[^/]+\.conf$")
SCRIPT = pattern(
    r"\.(?:sh|bash)$|(?:^|/)(?:rc\d?\.d|init\.d|if-(?:pre-)?up\.d|s?bin|libexec|dispatcher\.d)/[^/]+$|(?:^|/)rc\.local$"
)
_EXTENSIONS = pattern(
    r"(\.(txt|log|out|output|dump|text|json|conf|cfg|lst|list|md|cap|rules|raw|stdout|partial|gz|bz2|xz|zst))+$", re.I
)
# An address, with the dots or dashes that it is written with, and the host names that clouds make of it.
_ADDRESS = r"(?:ip-)?\d{1,3}(?:([.-])\d{1,3}(?:\1\d{1,3}){2})"
_OF_A_CLOUD = rf"{_ADDRESS}(?:\.[a-z][\w.-]*)?"
_TOKENS = pattern(rf"(?:(?<![A-Za-z0-9]){_ADDRESS}(?![A-Za-z0-9]))|[A-Za-z0-9]+", re.I)
_KINDS = frozenset(
    """
    ip ip4 ip6 addr addrs address addresses ipaddr link links iplink route routes iproute rule rules iprule neigh neighs
    neighbor neighbors neighbour neighbours ipneigh sysctl sysctls ipvsadm ipvs arptables arp arping hostname
    hostnamectl uname ifconfig netstat ss nstat sockstat iptables ip6tables nft nftables ebtables ethtool lsmod bridge
    brctl vs keepalived ldirectord conntrack dmesg journalctl systemctl netplan interfaces tcpdump ps mount sockets
    firewalld dmidecode ipa ipr ipl ipn
    """.split()
)
# Words that name neither a host nor a dump: options, what the file is, and when it was made.
_FILLERS = frozenset(
    """
    a d s j l n o r t 4 6 c e b br br4 br6 brief show list ls lst ln lnc lcn sn nvl
    nl vnl lvn save saved stats rate stat details
    detail detailed det all table tables main local default global v4 v6 ipv4 ipv6 inet inet6 view proc sys etc net
    conf config cfg dump dumps output outputs out log logs cmd cmds command commands result results paste pasted text
    txt file files data info full short part parts partial whole raw new old before after pre post now then later
    earlier first second third last prev previous current today yesterday good bad ok broken fixed working failing wrong
    right expected actual copy bak orig original test case try run step sample snippet example ticket issue mail report
    notes note readme todo date time threshold thresholds timeout daemon connections connection conns sort numeric
    localhost stdin stdout stderr unknown misc other others everything session console terminal screen capture collected
    lo get set from to and the of for with in on at dev is
    """.split()
)
_FILLER = pattern(
    r"(?:\d+|(?:19|20)\d{6}t?\d*z?|v\d+|(?:eth|ens|enp|eno|enx|bond|team|br|tunl?|tap|wlan|wlp|vlan|veth|gre|sit|ip6tnl|"
    r"gretap|dummy|docker|virbr|vxlan|kube-ipvs|em|p\dp)\d+\w*|"
    r"(?:dump|output|out|log|cmd|command|result|paste|text|file|data|part|run|step|try|test|case|sample|copy|session|"
    r"screen|capture|old|new|before|after|table|page|line|no|nr|num|time|day|ticket|issue|note|pre|post|t)\d+)",
    re.I,
)
# What hosts of a cluster are called after: enough where the same name ends in a number or stands alone.
_ROLES = frozenset(
    """
    lb lvs ds dr rs real realserver director balancer loadbalancer load ld dir web www app db client cip router gw
    gateway master slave node host server srv vm kube k8s worker control cache proxy nginx haproxy mail dns
    """.split()
)
_IN_A_DOMAIN = frozenset("example net local test".split())  # rs1.example.net: here they are no fillers
_NUMBERED = pattern(r"[A-Za-z][A-Za-z-]*[A-Za-z][A-Za-z-]*\d+[a-z]?", re.I)
_DOMAIN = pattern(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", re.I)


_PROSE = (".md", ".rst", ".adoc", ".html", ".htm", ".css", ".js", ".py", ".svg", ".xml", ".toml", ".ini")
_WORDS = frozenset(
    """
    readme notes note todo license copying changelog authors contributing makefile index doc docs documentation images
    img scripts bin tools templates .git .github
    """.split()
)


class FileName(NamedTuple):
    """The host part of a file's name ("" if it has none), and the words that name a dump."""

    host: str
    kinds: frozenset[str]


def file_name(path: str) -> FileName:
    """What the last part of a path says; a directory on the way may name the dump (ip-addr/rs1.txt)."""
    *directories, name = path.split("/")
    host, kinds = _parsed(_EXTENSIONS.sub("", name))
    if PARTS.intersection(directories):
        return FileName("", kinds)
    if not kinds and name.lower().endswith((".conf", ".rules", ".cfg", ".md")):
        return FileName("", kinds)  # 90-lvs.conf
    around = [parsed.kinds for parsed in map(_parsed, map(stem_of, directories)) if parsed.kinds and not parsed.host]
    return FileName(host, kinds.union(*around))


def host_word(path: str) -> str:
    """The host's part in the last part of a path, whatever the file is: lb01 of keepalived/lb01.conf."""
    return _parsed(_EXTENSIONS.sub("", path.rpartition("/")[2])).host


def root_above(path: str) -> str:
    """The directory that stands for / of a host, by what lies in it: rs1 of hosts/rs1/etc/sysctl.conf; "" where the
    path shows none."""
    parts = path.split("/")[:-1]
    at = max((number for number, part in enumerate(parts) if part == "etc"), default=0)
    while at > 0 and parts[at - 1] in ROOTS:
        at -= 1
    return parts[at - 1] if at > 0 else ""


def names_a_dump(name: str) -> bool:
    """Is this the name of a dump, and of nothing else? (ip-addr, sysctl)"""
    host, kinds = _parsed(name)
    return bool(kinds) and not host


def share_host_names(directories: Mapping[str, Sequence[str]]) -> bool:
    """Do two of these directories hold files of the same hosts' names, as where each is of a command (7/rs1.txt)?"""
    if 2 * sum(map(looks_like_a_host, directories)) > len(directories):
        return False
    stems = Counter(stem for names in directories.values() for stem in {_EXTENSIONS.sub("", name) for name in names})
    return sum(number > 1 and looks_like_a_host(stem) for stem, number in stems.items()) > 1


def names_the_host(path: str) -> bool:
    """Is this the name of a file that holds a host's name? (hostname, hostname_-f, host.txt, nodename)"""
    name = path.rpartition("/")[2].lower()
    return "host" in name or "name" in name


def is_prose(path: str) -> bool:
    """README, notes and the like, and what lies in a directory of such: it was never meant for a dump."""
    *directories, name = path.lower().split("/")
    return name.endswith(_PROSE) or not _WORDS.isdisjoint([name.partition(".")[0], *directories])


def looks_like_a_host(name: str) -> bool:
    """rs1, lb-02, web.example.net, 192.0.2.21, director: names as hosts have them, and files seldom."""
    if not name or _FILLER.fullmatch(name) or name.lower() in _FILLERS:
        return False
    words = re.split(r"[^A-Za-z0-9]+", name.lower())
    if words[0].rstrip("0123456789") in _ROLES or words[-1].rstrip("0123456789") in _ROLES:
        return True
    return bool(
        re.fullmatch(_OF_A_CLOUD, name, re.I)
        or _NUMBERED.fullmatch(name)
        or (name.count(".") > 1 and _DOMAIN.fullmatch(name))
    )


def _parsed(stem: str) -> FileName:
    """The words of the host are those before the words of the dump, or behind them if there are none before."""
    kinds: set[str] = set()
    runs: list[tuple[int, int]] = []  # where the host's words begin and end
    open_run = False
    for token in _TOKENS.finditer(stem):
        word = token[0].lower()
        if word in _KINDS:
            kinds.add(word)
            open_run = False
        elif open_run and _continues(word, stem[token.start() - 1]):
            runs[-1] = runs[-1][0], token.end()
        elif open_run or word in _FILLERS or _FILLER.fullmatch(word):
            open_run = False
        else:
            runs.append((token.start(), token.end()))
            open_run = True
    begin, end = next(iter(runs), (0, 0))
    return FileName(stem[begin:end], frozenset(kinds))


def _continues(word: str, separator: str) -> bool:
    """Does a word still belong to the host's name, behind this separator?"""
    if word.isdigit():
        return len(word) < 5
    if len(word) == 1:
        return True  # web-a and web-b are two; an option's letter stands behind a command
    if separator == "." and word in _IN_A_DOMAIN:
        return True
    return word not in _FILLERS and not _FILLER.fullmatch(word)


def read_others(path: str) -> bool:
    """May a file of this path be one that reads others of its host?"""
    return any(known.search(path) for known in (UNIT, DROP_IN_OF_UNIT, SCRIPT))
