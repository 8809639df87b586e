"""What configures a host's network at boot, and how to tell it from the files that are there."""

from collections.abc import Iterator
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from lvsdoctor.collect.tree import TOP, Entry, Tree


class Network(StrEnum):
    """none: something else (a script, a container's runtime); unknown: nobody said, and no file tells."""

    NETPLAN = "netplan"
    NETWORKD = "networkd"
    NETWORKMANAGER = "networkmanager"
    IFCFG = "ifcfg"
    IFUPDOWN = "ifupdown"
    NONE = "none"
    UNKNOWN = "unknown"


# Where their files are, below the root of the host or of an unpacked sosreport. What writes the files of others stands
# before them: netplan makes files for networkd and NetworkManager, and NetworkManager reads ifcfg files.
_FILES = (
    (Network.NETPLAN, "etc/netplan", "*.yaml"),
    (Network.NETWORKD, "etc/systemd/network", "*.network"),
    (Network.IFCFG, "etc/sysconfig/network-scripts", "ifcfg-*"),
    (Network.NETWORKMANAGER, "etc/NetworkManager/system-connections", "*"),
)
_LARGEST = 1024 * 1024  # of a file with stanzas


def network_of(root: Path, scanned: Path | None = None) -> tuple[Network, str]:
    """The system whose files are there and the file that told, "" if none did. Only looks at names and, for ifupdown,
    for a stanza of a link other than lo: Debian's package brings the file along where nothing uses it.

    `scanned` is the directory that the user named, in which `root` lies: no link of a stranger's leads out of it.
    """
    top = scanned or root
    try:
        with Tree(top) as tree:
            start = TOP if top == root else tree.find(str(root.relative_to(top)))
            return _network(tree, start) if start and start.directory else (Network.UNKNOWN, "")
    except OSError:
        return Network.UNKNOWN, ""


def _network(tree: Tree, root: Entry) -> tuple[Network, str]:
    for system, directory, pattern in _FILES:
        for file in _files(tree, root, directory, pattern):
            if file.name not in ("ifcfg-lo", "ifcfg-lo.rpmsave"):
                return system, f"{directory}/{file.name}"
    main = tree.find("etc/network/interfaces", root)
    for file in (*([main] if main else ()), *_files(tree, root, "etc/network/interfaces.d", "*")):
        if not file.directory and _configures_a_link(tree, file):
            return Network.IFUPDOWN, file.path.removeprefix(root.below(""))
    return Network.UNKNOWN, ""


def _files(tree: Tree, root: Entry, path: str, pattern: str) -> Iterator[Entry]:
    directory = tree.find(path, root)
    if directory is not None and directory.directory:
        wanted = tree.entries(directory, lambda name: fnmatchcase(name, pattern))
        yield from (entry for entry in wanted if not entry.directory)


def _configures_a_link(tree: Tree, file: Entry) -> bool:
    try:
        text = tree.read(file, _LARGEST).decode(errors="replace")
    except OSError:
        return False
    stanzas = (line.split() for line in text.split("\n") if line.lstrip().startswith("iface"))
    return any(len(words) > 1 and words[0] == "iface" and words[1] != "lo" for words in stanzas)
