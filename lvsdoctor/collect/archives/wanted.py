"""Which members of an archive may be dumps, by their names: the others are passed over in the stream."""

from enum import IntEnum

from lvsdoctor.collect.file_names import file_name

# Commands whose answers a sosreport has (sos_commands/*/NAME), and what insights-client sends (insights_commands/NAME).
COMMAND_NAMES = (
    "ip_", "sysctl", "hostname", "uname", "ipvsadm", "arptables", "ss_", "netstat_-W_-neopa",
    "iptables", "ip6tables", "nft", "ifconfig", "route_-n", "dmesg", "journalctl", "lsmod",
    "dmidecode", "ethtool_-k", "ps_auxwww", "systemctl_list-", "chkconfig",
)  # fmt: skip
COMMANDS = frozenset({"sos_commands", "insights_commands"})
_OF_THE_SYSTEM = frozenset("proc sys usr lib lib64 bin sbin boot dev run var".split())
_NO_TEXT = (
    ".journal", ".png", ".jpg", ".gif", ".svg", ".pdf", ".so", ".ko", ".pyc", ".rpm", ".deb", ".bin", ".db", ".img",
    ".pcap", ".pcapng", ".core", ".jar", ".iso", ".qcow2", ".pack", ".idx", ".pem", ".crt", ".mo", ".o", ".a",
)  # fmt: skip


class Likelihood(IntEnum):
    """NO: a file of this name is no dump. UNLIKELY: it is read if it is small. LIKELY: its name is a dump's."""

    NO = 0
    UNLIKELY = 1
    LIKELY = 2


def wanted(path: tuple[str, ...]) -> Likelihood:
    """Is a member worth to be kept?"""
    name = path[-1]
    if any(part.startswith(".") for part in path) or name.lower().endswith(_NO_TEXT):
        return Likelihood.NO
    for number, part in enumerate(path[:-1]):
        if part in COMMANDS:
            return Likelihood.LIKELY if name.startswith(COMMAND_NAMES) else Likelihood.NO
        if part in _OF_THE_SYSTEM:
            return _of_the_system(path[number:])
        if part == "etc":
            return Likelihood.LIKELY if "sysctl" in path[number + 1] else Likelihood.UNLIKELY
    return Likelihood.LIKELY if file_name("/".join(path[-2:])).kinds else Likelihood.UNLIKELY


def link_wanted(path: tuple[str, ...]) -> bool:
    """Is it a link to a file that may be a dump, or to a directory on the way to one: proc/net?"""
    return wanted(path) is not Likelihood.NO or (
        path[-2:-1] == ("proc",) and path[-1] in ("net", "self", "thread-self")
    )


def _of_the_system(path: tuple[str, ...]) -> Likelihood:
    """Of what a host has below /proc, /usr and the like; /var/log is read where it is small."""
    if "sysctl.d" in path or (path[0] == "proc" and path[-2] == "net" and path[-1].startswith("ip_vs")):
        return Likelihood.LIKELY
    if path == ("usr", "lib", "os-release"):
        return Likelihood.UNLIKELY
    if (path[0] == "proc" and path[1:3] == ("sys", "net")) or (path[:2] == ("var", "log") and not _rotated(path[-1])):
        return Likelihood.UNLIKELY
    # Somebody's directory of this name, and not the host's, holds dumps all the same: run/rs1/ip-addr.txt.
    return Likelihood.LIKELY if path[0] in ("run", "var") and file_name(path[-1]).kinds else Likelihood.NO


def _rotated(name: str) -> bool:
    """messages-20240101, syslog.1, messages.2.gz"""
    stem = name.removesuffix(".gz").removesuffix(".xz")
    return stem != name or stem[-1:].isdigit()
