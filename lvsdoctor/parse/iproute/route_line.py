"""One route as `ip route` prints it, word by word, with the next hops of the lines below it."""

from dataclasses import dataclass, field, replace

from lvsdoctor.model.route import FAILING_TYPES, NextHop, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iproute.ip_command import table_name
from lvsdoctor.parse.words import (
    EVERYWHERE,
    read_ip,
    read_link_name,
    read_network,
    read_number,
    split_options,
    word_set,
)

ROUTE_TYPES = word_set("unicast local broadcast anycast multicast blackhole unreachable prohibit throw nat xresolve")
# What follows each of these is its value (iproute2 ip/iproute.c: print_route(), print_rta_metrics()).
_VALUED = word_set(
    "via dev table proto scope src metric tos dsfield from nhid weight mtu advmss window rtt rttvar ssthresh cwnd"
    " initcwnd initrwnd features quickack congctl rto_min hoplimit reordering fastopen_no_cookie realm realms expires"
    " error pref mark uid age users used iif oif ttl-propagate encap"
)
_LOCKED = word_set("mtu advmss window rtt rttvar ssthresh cwnd initcwnd initrwnd rto_min hoplimit reordering")
_HOP_FLAGS = word_set("dead onlink pervasive offload trap notify linkdown unresolved")
_FLAGS = _HOP_FLAGS | word_set("rt_offload rt_trap rt_offload_failed cloned")
_ONLY_IPV6 = ("pref", "expires", "hoplimit", "error")


def read_hop(options: dict[str, str], flags: frozenset[str]) -> NextHop | None:
    """The next hop that these words make, or None if they do not hang together."""
    link, via = options.get("dev"), options.get("via")
    gateway = read_ip(via) if via is not None else None
    weight = read_number(options.get("weight", "1"), most=256)
    bad_link = link is not None and read_link_name(link) is None
    if bad_link or weight is None or (via is not None and gateway is None) or (link is None and via is None):
        return None
    return NextHop(link, gateway, weight, flags & _HOP_FLAGS)


@dataclass(slots=True)
class RouteLine:
    """A route being read: its own line, then `nexthop` lines. `strange` are words that mean nothing to this parser.

    `crossed`: its gateway is of the other family, which `via inet6` says (RTA_VIA; only IPv4 routes have it).
    """

    type: str
    dst: str
    seen: Seen
    options: dict[str, str]
    flags: frozenset[str]
    strange: tuple[str, ...] = ()
    hops: list[NextHop] = field(default_factory=list)
    crossed: bool = False
    broken: bool = False

    @classmethod
    def of(cls, words: list[str], seen: Seen) -> "RouteLine | None":
        """The route that these words begin; None if they are not a route's: no type, `default` or prefix in front."""
        has_type = words[0] in ROUTE_TYPES and len(words) > 1
        dst = words[1] if has_type else words[0]
        if dst != "default" and read_network(dst) is None:
            return None
        words = [
            word for word, before in zip(words, ["", *words], strict=False) if word != "lock" or before not in _LOCKED
        ]
        options, bare = split_options(words[2 if has_type else 1 :], _VALUED)
        strange = tuple(word for word in bare if word not in _FLAGS)
        line = cls(words[0] if has_type else "unicast", dst, seen, options, _FLAGS.intersection(bare), strange)
        line.crossed = "inet6" in words
        if "dev" in options or "via" in options:
            hop = read_hop(options, line.flags)
            line.broken = hop is None
            line.hops = [hop] if hop else []
        return line

    @property
    def certain(self) -> bool:
        """Is every word of the line one of `ip route`, with something that only a route has?"""
        enough = bool(self.options) or self.type in FAILING_TYPES or self.type == "throw"
        return enough and not (self.strange or self.broken or "" in self.options.values())

    def take_hop(self, words: list[str]) -> bool:
        """`nexthop via 192.0.2.1 dev eth0 weight 1`, its first word left out."""
        options, bare = split_options(words, _VALUED)
        hop = read_hop(options, frozenset(bare))
        self.crossed = self.crossed or "inet6" in words
        if hop is not None:
            self.hops.append(hop)
        return hop is not None

    def family(self, command_family: int | None) -> int:
        """Only `default` leaves the family open; the addresses, or words of only one family, close it."""
        for text in (self.options.get("src", ""), self.options.get("from", "").partition("/")[0]):
            if (ip := read_ip(text)) is not None:
                return ip.version
        if self.crossed:
            return 4
        if any(word in self.options for word in _ONLY_IPV6):
            return 6
        gateway = next((hop.gateway for hop in self.hops if hop.gateway is not None), None)
        return gateway.version if gateway is not None else command_family or 4

    def route(self, command_family: int | None, command_link: str = "") -> Route | None:
        """The row, its table "" where the line does not say; None if something that matters cannot be read."""
        options = self.options
        dst = EVERYWHERE[self.family(command_family)] if self.dst == "default" else read_network(self.dst)
        metric = read_number(options.get("metric", "0"), most=2**32 - 1)
        tos = read_number(options.get("tos", options.get("dsfield", "0")), most=255)
        src = read_ip(options.get("src", ""))
        hops = self.hops
        if command_link:  # `ip route show dev eth0` does not repeat the link
            hops = [replace(hop, link=hop.link or command_link) for hop in hops] or [NextHop(command_link)]
        unread_src = "src" in options and src is None
        if command_link and read_link_name(command_link) is None:
            return None
        if self.broken or "" in options.values() or dst is None or metric is None or tos is None or unread_src:
            return None
        # `ip route get` tells a uid: an answer about one packet is no row of a table.
        if (not hops and self.type == "unicast") or "uid" in options:
            return None
        return Route(
            dst=dst,
            seen=self.seen,
            type=self.type,
            table=table_name(options.get("table", "")),
            nexthops=tuple(hops),
            # `ip route` leaves these two out where they have the usual value, unless asked for details.
            protocol=options.get("proto", "boot"),
            scope=options.get("scope", "global"),
            src=src,
            metric=metric,
            tos=tos,
            flags=self.flags,
            mtu=read_number(options.get("mtu", "0"), most=2**32 - 1) or 0,
            advmss=read_number(options.get("advmss", "0"), most=2**32 - 1) or 0,
        )
