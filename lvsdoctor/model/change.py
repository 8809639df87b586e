"""What the commands of a fix change on a node, a noun for each kind of change, and the command that knows its changes.

A command that touches nothing of the model is Nothing; one that the model cannot follow is Unknown, and a fix with an
Unknown in it is never held for tried.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.route import PolicyRule, Route
from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`seen` is what every row that the change makes quotes: the command, or the line of a file that is deployed.

    `fails_twice`: the command would fail where it was run before. `of_network`: the host's network configuration must
    know of it, or it is gone after a reboot.
    """

    fails_twice: ClassVar[bool] = False
    of_network: ClassVar[bool] = False
    seen: Seen = field(default=Seen("fix", None, ""), compare=False)

    @property
    def command(self) -> str:
        return self.seen.text


class Command(str):
    """A line of a fix that knows what it changes; anybody else's line is only text, and has to be parsed."""

    __slots__ = ("changes",)
    changes: tuple[Change, ...]

    def __new__(cls, text: str, changes: Iterable[Change] = ()) -> "Command":
        line = super().__new__(cls, text)
        line.changes = tuple(replace(change, seen=Seen("fix", None, text)) for change in changes)
        return line


@dataclass(frozen=True, slots=True)
class SetSysctl(Change):
    """`key` as `sysctl -a` spells it (net.ipv4.conf.eth0/100.arp_ignore for a link with a dot)."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class AddAddress(Change):
    """`scope` and `label` are "" where the command leaves them to ip(8) and the kernel. `metric` is its subnet's."""

    fails_twice = True
    of_network = True
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
class RemoveAddress(Change):
    """`peer` is the far end's prefix that the command names, which a point-to-point address is told by."""

    fails_twice = True
    of_network = True
    ip: IP
    prefixlen: int
    link: str
    peer: Network | None = None


@dataclass(frozen=True, slots=True)
class SetPreferred(Change):
    """An IPv6 address is preferred as a source, or deprecated. `nodad`: the flag that it has, and keeps."""

    ip: IP
    prefixlen: int
    link: str
    preferred: bool
    nodad: bool = False


@dataclass(frozen=True, slots=True)
class SetLink(Change):
    """A link goes up or down."""

    of_network = True
    link: str
    up: bool


@dataclass(frozen=True, slots=True)
class PutRoute(Change):
    """`ip route add`, or `replace` where `replaces`: the route of the same destination, metric and table makes room.

    Its scope is "" where the command leaves it to ip(8).
    """

    of_network = True
    route: Route
    replaces: bool


@dataclass(frozen=True, slots=True)
class RemoveRoute(Change):
    """`route` as far as the command names it (type, protocol and scope "", metric 0, no src, no next hop: any); the
    first one that matches goes."""

    fails_twice = True
    of_network = True
    route: Route


@dataclass(frozen=True, slots=True)
class AddPolicyRule(Change):
    of_network = True
    rule: PolicyRule


@dataclass(frozen=True, slots=True)
class RemovePolicyRule(Change):
    fails_twice = True
    of_network = True
    priority: int
    family: int = 4


@dataclass(frozen=True, slots=True)
class PutRealServer(Change):
    """`ipvsadm -a` or `-e`: this real server of this service, with all its options; -e where it `was` there."""

    fails_twice = True
    service: VirtualService
    real_server: Destination
    was: bool


@dataclass(frozen=True, slots=True)
class RemoveRealServer(Change):
    fails_twice = True
    service: VirtualService
    real_server: Destination


@dataclass(frozen=True, slots=True)
class RemoveNeighbour(Change):
    """An entry of the neighbour table goes; `proxy`: of the table of those it answers for. `learned`: only if it was
    learned, which `ip neigh flush` asks."""

    fails_twice = True
    ip: IP
    link: str
    proxy: bool = False
    learned: bool = False


@dataclass(frozen=True, slots=True)
class PutNeighbour(Change):
    """A permanent or a proxy entry."""

    entry: Neighbour


@dataclass(frozen=True, slots=True)
class LoadModule(Change):
    """A module of a kind of tunnel, which brings a link of its own with it; `loads`: else it goes, with that link."""

    module: str
    loads: bool = True


@dataclass(frozen=True, slots=True)
class PutFilterRule(Change):
    """A rule comes into a chain of iptables (of ip6tables, `version` 6): before the one that has this `number`, from 1
    on, or at the end for 0. `rule` are its words as iptables-save prints them behind the chain."""

    version: int
    table: str
    chain: str
    rule: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class RemoveFilterRule(Change):
    """The first rule of a chain that says the same goes."""

    fails_twice = True
    version: int
    table: str
    chain: str
    rule: str


@dataclass(frozen=True, slots=True)
class PutNftRule(Change):
    """A rule comes into a chain of nftables: before the one with the handle `before`, else at the chain's beginning
    (`first`) or its end. `rule` are its words as nft(8) takes them."""

    family: str
    table: str
    chain: str
    rule: str
    first: bool = True
    before: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveNftRule(Change):
    """The rule with this handle goes."""

    fails_twice = True
    family: str
    table: str
    chain: str
    handle: int


@dataclass(frozen=True, slots=True)
class Nothing(Change):
    """Changes no fact of this node: a comment, an announcement, a look around. `manual`: a comment that asks
    for a hand."""

    manual: bool = False


@dataclass(frozen=True, slots=True)
class Unknown(Change):
    """What the command does to the node is not known here; `why` in words."""

    why: str
