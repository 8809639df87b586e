"""Directory layouts: which directories are hosts, and those that other tools made."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lvsdoctor.collect.any_tree import AnyTree, Entry, once
from lvsdoctor.collect.archives.names import stem_of
from lvsdoctor.collect.archives.wanted import COMMAND_NAMES
from lvsdoctor.collect.documents import NodeDump
from lvsdoctor.collect.file_names import PARTS, ROOTS, looks_like_a_host, names_a_dump
from lvsdoctor.collect.host_names import several_hosts
from lvsdoctor.collect.sysctl_files import SYSCTL_FILES

# In the directory of sosreport 3, and of sosreport 4 in namespaces/NAME.
_IN_NAMESPACE = re.compile(
    r"ip_netns_exec_(?P<name>.+?)_(?:ip_(?:-|a|r|n)|sysctl|ss_|ipvsadm|arptables|netstat_-W_-neopa|ip6?tables-save)"
)
_LOGS = ("messages", "syslog", "kern.log", "daemon.log", "keepalived", "ldirectord")

# Directories whose directories are hosts, whatever these are called.
OF_HOSTS = frozenset({"hosts", "nodes", "machines"})
# What a host's root has, and two of which no host has.
_IN_A_ROOT = ("etc/", "usr/lib/sysctl.d/", "sysctl.d/")


def may_be_a_host_s(name: str, *, beside_dumps: bool) -> bool:
    """May a directory of this name be a host's, and not a part of one, or the same dump of several (sysctl/rs1.txt)?

    Beside dumps it is one only if it has a host's name.
    """
    name = stem_of(name)
    named = looks_like_a_host(name) or name in OF_HOSTS
    return not (name in PARTS or names_a_dump(name)) and (not beside_dumps or named)


def by_directory(dumps: Sequence[NodeDump]) -> Iterator[NodeDump]:
    """The dumps of a directory; those of its directories that are evidently of several hosts are given to these.

    So dc1/rs1/ip-addr.txt and dc1/rs2/ip-addr.txt are of rs1 and rs2, and rs1/net/ip-addr.txt is of rs1.
    """
    own: list[NodeDump] = []
    below: dict[str, list[NodeDump]] = {}
    for mine in dumps:
        name, slash, _ = mine.inside.partition("/")
        (below.setdefault(name, []) if slash else own).append(mine)
    told = any(mine.piece.dump.facts for mine in own)
    hosts = {name: group for name, group in below.items() if may_be_a_host_s(name, beside_dumps=told)}
    if (hosts and dumps[0].node in OF_HOSTS) or (len(hosts) > 1 and all(map(_is_a_root, hosts.values()))):
        pass
    elif len(hosts) == 1 and not told:
        (name,) = hosts
        inner = list(by_directory(_below(name, hosts[name])))
        further = any(mine.place != f"{dumps[0].place}/{name}" for mine in inner)
        hosts = hosts if further or _is_the_host(name, dumps[0].node, hosts[name]) else {}
    elif not several_hosts(hosts):
        hosts = {}
    yield from own
    for name, group in below.items():
        yield from by_directory(_below(name, group)) if name in hosts or _of_hosts(name, group) else group


def _of_hosts(name: str, dumps: Sequence[NodeDump]) -> bool:
    """Is it a directory of hosts, wherever it lies? (nodes/ of a must-gather)"""
    return name in OF_HOSTS and all(mine.inside.count("/") > 1 for mine in dumps)


def _is_the_host(name: str, above: str, dumps: Sequence[NodeDump]) -> bool:
    """Is this the host, and the directory above it a group of hosts? (prod/lb01/etc, but not rs1/host/etc)"""
    if looks_like_a_host(above):
        return looks_like_a_host(name) and any(map(str.isdigit, name)) and _is_a_root(dumps)
    return looks_like_a_host(name) or (name.lower() not in ROOTS and _is_a_root(dumps))


def _is_a_root(dumps: Sequence[NodeDump]) -> bool:
    return any(mine.inside.partition("/")[2].startswith(_IN_A_ROOT) for mine in dumps)


def _below(name: str, dumps: Sequence[NodeDump]) -> list[NodeDump]:
    """The same dumps as those of a directory of this name."""
    return [
        replace(
            mine,
            node=stem_of(name),
            source=f"{mine.source}/{name}",
            place=f"{mine.place}/{name}",
            inside=mine.inside.partition("/")[2],
        )
        for mine in dumps
    ]


def sosreport_files(tree: AnyTree, directory: Entry) -> list[Entry]:
    """The files of a sosreport, or of what insights-client sends, that tell of the host itself; [] if it is none.

    `ip_netns_exec_*` are other network namespaces (`namespace_files`), which must not be taken for the host's; a link
    could call them otherwise, and what a link leads to is there under its own name.
    """
    root, names = directory, _commands(tree, directory)
    if names is None and (data := tree.find("data", directory)) is not None and data.directory:
        root, names = data, _commands(tree, data)
    if names is None:
        return []
    files = (*names, *_configured(tree, root), *_tables(tree, root), *_logs(tree, root))
    return list(once([file for file in files if not file.link]))


def namespace_files(tree: AnyTree, directory: Entry) -> dict[str, list[Entry]]:
    """The files of a sosreport that tell of its host's other network namespaces, by their names."""
    networking = tree.find("sos_commands/networking", directory)
    if networking is None or not networking.directory:
        return {}
    entries = tree.entries(networking)
    inner = [entry for entry in entries if entry.directory and entry.name == "namespaces"]
    groups = [group for below in inner for group in tree.entries(below) if group.directory]
    files: dict[str, list[Entry]] = {}
    for file in (*entries, *(file for group in groups for file in tree.entries(group))):
        if not file.directory and not file.link and (named := _IN_NAMESPACE.match(file.name)):
            files.setdefault(named["name"].replace(".", "-"), []).append(file)
    return files


def _commands(tree: AnyTree, directory: Entry) -> list[Entry] | None:
    """The answers of commands that tell of the host; None where no collector left any."""
    if (commands := tree.find("sos_commands", directory)) is not None and commands.directory:
        groups = [entry for entry in tree.entries(commands) if entry.directory]
    elif (commands := tree.find("insights_commands", directory)) is not None and commands.directory:
        groups = [commands]
    else:
        return None
    return [file for group in groups for file in tree.entries(group) if not file.directory and _of_the_host(file.name)]


def _logs(tree: AnyTree, directory: Entry) -> list[Entry]:
    """The logs of the kernel and of daemons."""
    logs = tree.find("var/log", directory)
    if logs is None or not logs.directory:
        return []
    return [file for file in tree.entries(logs, lambda name: name.startswith(_LOGS)) if not file.directory]


def _configured(tree: AnyTree, directory: Entry) -> list[Entry]:
    """sysctl.conf, the files of sysctl.d, those of keepalived and os-release, which are facts of their own."""
    roots = [
        entry
        for path in (*SYSCTL_FILES, "etc/keepalived", "etc/os-release", "usr/lib/os-release")
        if (entry := tree.find(path, directory)) is not None and not entry.linked
    ]
    files = [file for root in roots for file in (tree.entries(root) if root.directory else [root])]
    return [file for file in files if not file.directory]


def _of_the_host(name: str) -> bool:
    return name.startswith(COMMAND_NAMES) and not name.startswith("ip_netns")


def _tables(tree: AnyTree, directory: Entry) -> list[Entry]:
    """/proc/net/ip_vs, where proc/net leads to proc/self/net and that is missing the one of any process."""
    if table := _file(tree, directory, "proc/net/ip_vs"):
        return [table]
    proc = tree.find("proc", directory)
    processes = tree.entries(proc, lambda name: name[0] in "0123456789") if proc and proc.directory else []
    return list(filter(None, (_file(tree, process, "net/ip_vs") for process in processes)))[:1]


def _file(tree: AnyTree, start: Entry, path: str) -> Entry | None:
    found = tree.find(path, start)
    return None if found is None or found.directory else found
