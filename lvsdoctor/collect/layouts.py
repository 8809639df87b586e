"""Directory layouts that other tools made."""

from lvsdoctor.collect.sysctl_files import SYSCTL_FILES
from lvsdoctor.collect.tree import Entry, Tree, once

# Directories that stand for a part of one host, never for a host.
_PARTS = frozenset(
    "etc proc sys var run usr lib sos_commands sos_logs sos_reports sysctl.d network networking kernel".split()
)
_SOS_NAMES = ("ip_", "sysctl", "hostname", "uname", "ipvsadm", "arptables")


def is_part_of_a_node(directory: Entry) -> bool:
    return directory.name in _PARTS


def sosreport_files(tree: Tree, directory: Entry) -> list[Entry]:
    """The files of an unpacked sosreport that tell of the host itself, [] if it is none.

    `ip_netns_exec_*` are other network namespaces, which must not be taken for the host's; a link could call them
    otherwise, and what a link leads to is there under its own name.
    """
    commands = tree.find("sos_commands", directory)
    if commands is None or not commands.directory:
        return []
    groups = [entry for entry in tree.entries(commands) if entry.directory]
    names = [file for group in groups for file in tree.entries(group) if not file.directory and _of_the_host(file.name)]
    configured = _configured(tree, directory)
    return list(once([file for file in (*names, *configured, *_tables(tree, directory)) if not file.link]))


def _configured(tree: Tree, directory: Entry) -> list[Entry]:
    """sysctl.conf and the files of sysctl.d, which are a fact of their own."""
    roots = [entry for path in SYSCTL_FILES if (entry := tree.find(path, directory)) is not None and not entry.linked]
    files = [file for root in roots for file in (tree.entries(root) if root.directory else [root])]
    return [file for file in files if not file.directory]


def _of_the_host(name: str) -> bool:
    return name.startswith(_SOS_NAMES) and not name.startswith("ip_netns")


def _tables(tree: Tree, directory: Entry) -> list[Entry]:
    """/proc/net/ip_vs, where proc/net leads to proc/self/net and that is missing the one of any process."""
    if table := _file(tree, directory, "proc/net/ip_vs"):
        return [table]
    proc = tree.find("proc", directory)
    processes = tree.entries(proc, lambda name: name[0] in "0123456789") if proc and proc.directory else []
    return list(filter(None, (_file(tree, process, "net/ip_vs") for process in processes)))[:1]


def _file(tree: Tree, start: Entry, path: str) -> Entry | None:
    found = tree.find(path, start)
    return None if found is None or found.directory else found
