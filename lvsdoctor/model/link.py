"""Links: what the kernel calls network devices."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lvsdoctor.model.seen import Seen
from lvsdoctor.sanitize import command

# A port of one of these hands its frames to the master before IP sees them, so the port's own IPv4 settings are
# never read. A VRF port stays an IP interface of its own (net/core/dev.c: __netif_receive_skb_core()).
ENSLAVING_KINDS = frozenset({"bridge", "bond", "team", "openvswitch", "ovs"})

# On a host of which files alone tell: whatever interfaces it has that no file names.
EVERY_INTERFACE = "every interface"

# Networks of containers on the host itself.
CONTAINER_LINKS = ("docker", "cni", "virbr", "lxcbr", "flannel", "cilium", "kube-", "nodelocaldns")

VRRP_MACS = ("00:00:5e:00:01:", "00:00:5e:00:02:")  # RFC 9568, 7.3: a virtual router's own, for IPv4 and IPv6


@dataclass(frozen=True, slots=True)
class Link:
    """One network interface (`ip link`, RTM_NEWLINK).

    `flags` are the kernel's words (UP, LOOPBACK, NOARP, BROADCAST, ...). `kind` is the driver's word of
    `ip -d link` (vlan, bridge, bond, dummy, ipip, ...), "" for a plain interface and None where the dump did not
    tell (no -d). `kind_of_port` is what the master makes of it (bridge, bond, vrf, ...). `type` is the word after
    `link/` (ether, loopback, ipip, ...). `detail` holds what `-d` said besides, such as a tunnel's local and remote.
    """

    name: str
    seen: Seen
    index: int | None = None
    flags: frozenset[str] = frozenset()
    mtu: int | None = None
    state: str = ""
    type: str = ""
    mac: str = ""
    master: str | None = None
    parent: str | None = None
    kind: str | None = None
    kind_of_port: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)

    @property
    def up(self) -> bool:
        return "UP" in self.flags

    @property
    def own_mac(self) -> str:
        """Its MAC; "" where it has none (lo shows zeros)."""
        return self.mac if self.mac.strip("0:") else ""

    @property
    def loopback(self) -> bool:
        return "LOOPBACK" in self.flags

    @property
    def arp(self) -> bool:
        """Can this kind of link speak ARP at all (up or not)? net/ipv4/arp.c: arp_rcv(), arp_constructor()."""
        return not self.loopback and "NOARP" not in self.flags and self.type in ("", "ether", "infiniband")


@dataclass(frozen=True, slots=True)
class BridgePort:
    """A port of a bridge (`bridge -d link`). `neigh_suppress` is None where -d was not given, else `switches` is the
    line that tells."""

    name: str
    bridge: str
    seen: Seen
    neigh_suppress: bool | None = None
    switches: Seen | None = None


def set_link(link: str, state: str) -> str:
    """`ip link set`; a name without a digit, or with a sign, could be one of its own words (`group`, `-rf`)."""
    plain = link == "lo" or (link.isalnum() and not link.isalpha())
    return command("ip", "link", "set", *([] if plain else ["dev"]), link, state)
