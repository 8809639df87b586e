"""What the commands of a fix change on a node, one noun for each kind of change.

`command` is the line of the fix that does it. A command that touches nothing of the model is Nothing; one that the
model cannot follow is Unknown, and a fix with an Unknown in it is never held for tried.
"""

from dataclasses import dataclass

from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.route import PolicyRule, Route


@dataclass(frozen=True, slots=True)
class SetSysctl:
    """`key` as `sysctl -a` spells it (net.ipv4.conf.eth0/100.arp_ignore for a link with a dot)."""

    command: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class AddAddress:
    """`scope` and `label` are "" where the command leaves them to ip(8) and the kernel. `metric` is its subnet's."""

    command: str
    ip: IP
    prefixlen: int
    link: str
    scope: str = ""
    label: str = ""
    peer: Network | None = None
    broadcast: IP | None = None
    flags: frozenset[str] = frozenset()
    metric: int = 0


@dataclass(frozen=True, slots=True)
class RemoveAddress:
    """`peer` is the far end's prefix that the command names, which a point-to-point address is told by."""

    command: str
    ip: IP
    prefixlen: int
    link: str
    peer: Network | None = None


@dataclass(frozen=True, slots=True)
class SetLink:
    """A link goes up or down."""

    command: str
    link: str
    up: bool


@dataclass(frozen=True, slots=True)
class PutRoute:
    """`ip route add`, or `replace` where `replaces`: the route of the same destination, metric and table makes room."""

    command: str
    route: Route
    replaces: bool


@dataclass(frozen=True, slots=True)
class RemoveRoute:
    """`route` as far as the command names it (type, protocol and scope "", metric 0, no src, no next hop: any); the
    first one that matches goes."""

    command: str
    route: Route


@dataclass(frozen=True, slots=True)
class AddPolicyRule:
    command: str
    rule: PolicyRule


@dataclass(frozen=True, slots=True)
class RemovePolicyRule:
    command: str
    priority: int
    family: int = 4


@dataclass(frozen=True, slots=True)
class PutRealServer:
    """`ipvsadm -a` or `-e`: this real server of this service, with all its options; -e where it `was` there."""

    command: str
    service: VirtualService
    real_server: Destination
    was: bool


@dataclass(frozen=True, slots=True)
class RemoveRealServer:
    command: str
    service: VirtualService
    real_server: Destination


@dataclass(frozen=True, slots=True)
class RemoveNeighbour:
    """An entry of the neighbour table goes; `proxy`: of the table of those it answers for."""

    command: str
    ip: IP
    link: str
    proxy: bool


@dataclass(frozen=True, slots=True)
class PutNeighbour:
    """A permanent or a proxy entry."""

    command: str
    entry: Neighbour


@dataclass(frozen=True, slots=True)
class LoadModule:
    """A module of a kind of tunnel, which brings a link of its own with it; `loads`: else it goes, with that link."""

    command: str
    module: str
    loads: bool = True


@dataclass(frozen=True, slots=True)
class Nothing:
    """Changes no fact of this node: a comment, an announcement, a look around. `manual`: a comment that asks
    for a hand."""

    command: str
    manual: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """What the command does to the node is not known here; `why` in words."""

    command: str
    why: str


Change = (
    SetSysctl
    | AddAddress
    | RemoveAddress
    | SetLink
    | PutRoute
    | RemoveRoute
    | AddPolicyRule
    | RemovePolicyRule
    | PutRealServer
    | RemoveRealServer
    | RemoveNeighbour
    | PutNeighbour
    | LoadModule
    | Nothing
    | Unknown
)
