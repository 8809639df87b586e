"""What configures a host's network at boot, and how to tell it from the files that are there."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path


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


def network_of(root: Path) -> tuple[Network, str]:
    """The system whose files are there and the file that told, "" if none did. Only looks at names and, for ifupdown,
    for a stanza of a link other than lo: Debian's package brings the file along where nothing uses it."""
    for system, directory, pattern in _FILES:
        for path in _files(root / directory, pattern):
            if path.name not in ("ifcfg-lo", "ifcfg-lo.rpmsave"):
                return system, str(path.relative_to(root))
    interfaces = root / "etc/network"
    for path in (*_files(interfaces, "interfaces"), *_files(interfaces / "interfaces.d", "*")):
        if _configures_a_link(path):
            return Network.IFUPDOWN, str(path.relative_to(root))
    return Network.UNKNOWN, ""


def _files(directory: Path, pattern: str) -> Iterator[Path]:
    try:
        yield from sorted(path for path in directory.glob(pattern) if path.is_file())  # no pipe of a stranger's
    except OSError:
        return


def _configures_a_link(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            stanzas = [line.split() for line in file if line.lstrip().startswith("iface")]
    except OSError:
        return False
    return any(len(words) > 1 and words[0] == "iface" and words[1] != "lo" for words in stanzas)
