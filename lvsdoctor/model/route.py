"""Routes and the policy rules that choose among their tables."""

from dataclasses import dataclass

from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.seen import Seen

# Route types of which a lookup's result is an error (net/ipv4/fib_semantics.c: fib_props).
FAILING_TYPES = frozenset({"unreachable", "blackhole", "prohibit"})


@dataclass(frozen=True, slots=True)
class NextHop:
    """One way of a route: over `link`, through `gateway` if it has one. `flags`: onlink, dead, linkdown, ..."""

    link: str | None
    gateway: IP | None = None
    weight: int = 1
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """One route (`ip route`, RTM_NEWROUTE).

    `type` is unicast, local, broadcast, unreachable, blackhole, prohibit, throw, ...; `table` the name that iproute2
    shows (main, local, default, or the number as text); `src` the preferred source. `mtu` and `advmss` are bytes, 0
    where the route has none of its own (net/ipv4/fib_semantics.c: ip_metrics_convert()).
    """

    dst: Network
    seen: Seen
    type: str = "unicast"
    table: str = "main"
    nexthops: tuple[NextHop, ...] = ()
    protocol: str = ""
    scope: str = "global"
    src: IP | None = None
    metric: int = 0
    tos: int = 0
    flags: frozenset[str] = frozenset()
    mtu: int = 0
    advmss: int = 0

    @property
    def links(self) -> tuple[str, ...]:
        return tuple(hop.link for hop in self.nexthops if hop.link)

    @property
    def gateways(self) -> tuple[IP, ...]:
        return tuple(hop.gateway for hop in self.nexthops if hop.gateway is not None)


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One policy rule (`ip rule`, RTM_NEWRULE). Selectors that are None match everything.

    `action`: lookup (of `table`), goto (`target`), nop, blackhole, prohibit, unreachable. `other` holds selectors that
    are about the packet's transport header (ipproto, sport, dport, uidrange, tun_id), as the dump spells them.
    """

    priority: int
    seen: Seen
    family: int = 4
    action: str = "lookup"
    table: str = ""
    target: int | None = None
    negated: bool = False
    src: Network | None = None
    dst: Network | None = None
    iif: str | None = None
    oif: str | None = None
    fwmark: int | None = None
    fwmask: int = 0xFFFFFFFF
    tos: int = 0
    l3mdev: bool = False
    suppress_prefixlength: int | None = None
    other: tuple[str, ...] = ()
