"""Routes: rows from rtnetlink messages, the same that the text of `ip route` gives."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address, ip_network

from lvsdoctor.collect.live.netlink_socket import Message
from lvsdoctor.collect.live.words import (
    INET,
    INET6,
    NEXTHOP_FLAGS,
    PROTOCOLS,
    ROUTE_FLAGS,
    ROUTE_TYPES,
    SCOPES,
    table_names,
    word,
    words,
)
from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.route import NextHop, Route
from lvsdoctor.model.seen import Seen

RTM_F_CLONED = 0x200  # a cache entry (an IPv6 exception), not a route that somebody configured


def route_rows(messages: Iterable[Message], names: Mapping[int, str]) -> tuple[Route, ...]:
    """Every route of every table, in the kernel's order."""
    return tuple(
        _route(message, names)
        for message in messages
        if message["family"] in (INET, INET6) and not message["flags"] & RTM_F_CLONED
    )


def _route(message: Message, names: Mapping[int, str]) -> Route:
    dst = prefix(message, message.get_attr("RTA_DST"), message["dst_len"])
    type_, scope = word(message["type"], ROUTE_TYPES), word(message["scope"], SCOPES)
    table = word(message.get_attr("RTA_TABLE", message["table"]), table_names())
    protocol, source = word(message["proto"], PROTOCOLS), message.get_attr("RTA_PREFSRC")
    metric, tos, hops = message.get_attr("RTA_PRIORITY", 0), message["tos"], tuple(_hops(message, names))
    flags = words(message["flags"], ROUTE_FLAGS)
    text = [type_ if type_ != "unicast" else "", "default" if not dst.prefixlen else shown(dst)]
    text += [f"tos 0x{tos:02x}" if tos else "", *(_hop_text(hop, len(hops) > 1) for hop in hops), f"table {table}"]
    text += [f"proto {protocol}", f"scope {scope}", f"src {source}" if source else "", *flags]
    metrics = message.get_attr("RTA_METRICS")
    mtu, advmss = (metrics.get_attr(name, 0) if metrics else 0 for name in ("RTAX_MTU", "RTAX_ADVMSS"))
    text += [f"metric {metric}" if metric else "", f"mtu {mtu}" if mtu else "", f"advmss {advmss}" if advmss else ""]
    return Route(
        dst,
        Seen(f"netlink RTM_NEWROUTE table {table}", None, " ".join(filter(None, text))),
        type=type_,
        table=table,
        nexthops=hops,
        protocol=protocol,
        scope=scope,
        src=ip_address(source) if source else None,
        metric=metric,
        tos=tos,
        flags=frozenset(flags),
        mtu=mtu,
        advmss=advmss,
    )


def _hops(message: Message, names: Mapping[int, str]) -> Iterator[NextHop]:
    if several := message.get_attr("RTA_MULTIPATH"):
        for hop in several:
            yield _hop(hop, hop["oif"], hop["hops"] + 1, names)
    elif (index := message.get_attr("RTA_OIF")) or _gateway(message) is not None:
        yield _hop(message, index, 1, names)


def _hop(message: Message, index: int | None, weight: int, names: Mapping[int, str]) -> NextHop:
    flags = frozenset(words(message["flags"], NEXTHOP_FLAGS))
    return NextHop(word(index, names) if index else None, _gateway(message), weight, flags)


def _gateway(message: Message) -> IP | None:
    """The gateway, which may be of the other family (RTA_VIA)."""
    gateway = message.get_attr("RTA_GATEWAY") or (message.get_attr("RTA_VIA") or {}).get("addr")
    return ip_address(gateway) if gateway else None


def _hop_text(hop: NextHop, several: bool) -> str:
    text = ["nexthop" if several else "", f"via {hop.gateway}" if hop.gateway else ""]
    text += [
        f"dev {hop.link}" if hop.link else "",
        f"weight {hop.weight}" if several else "",
        *(sorted(hop.flags) if several else ()),
    ]
    return " ".join(filter(None, text))


def prefix(message: Message, ip: str | None, length: int) -> Network:
    """The prefix of this address and length; without an address it is everything, of the message's family."""
    return ip_network((ip or ("0.0.0.0" if message["family"] == INET else "::"), length), strict=False)


def shown(prefix: Network) -> str:
    """A prefix as `ip` prints it: a host's without its length."""
    return str(prefix.network_address) if prefix.prefixlen == prefix.max_prefixlen else str(prefix)
