"""Directory layouts that other tools made."""

from pathlib import Path

# Directories that stand for a part of one host, never for a host.
_PARTS = frozenset(
    "etc proc sys var run usr sos_commands sos_logs sos_reports sysctl.d network networking kernel".split()
)
_SOS_NAMES = ("ip_", "sysctl", "hostname", "uname", "ipvsadm", "arptables")


def is_part_of_a_node(directory: Path) -> bool:
    return directory.name in _PARTS


def sosreport_files(top: Path) -> list[Path]:
    """The files of an unpacked sosreport that tell of the host itself, [] if it is none.

    `ip_netns_exec_*` are other network namespaces, which must not be taken for the host's.
    """
    commands = top / "sos_commands"
    if not commands.is_dir():
        return []
    names = [
        file
        for file in sorted(commands.glob("*/*"))
        if file.name.startswith(_SOS_NAMES) and not file.name.startswith("ip_netns") and file.is_file()
    ]
    tables = sorted(top.glob("proc/net/ip_vs")) or sorted(top.glob("proc/[0-9]*/net/ip_vs"))[:1]
    return [file for file in names + tables if not file.is_symlink()]
