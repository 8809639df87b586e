"""Routes and policy rules: rows from rtnetlink messages, the same that the text of `ip route` and `ip rule` gives."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_address, ip_network

from lvsdoctor.collect.netlink_socket import Message
from lvsdoctor.collect.words import (
    INET,
    INET6,
    NEXTHOP_FLAGS,
    PROTOCOLS,
    ROUTE_FLAGS,
    ROUTE_TYPES,
    RULE_ACTIONS,
    SCOPES,
    TRANSPORTS,
    table_names,
    word,
    words,
)
from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.route import NextHop, PolicyRule, Route
from lvsdoctor.model.seen import Seen

RTM_F_CLONED = 0x200  # a cache entry (an IPv6 exception), not a route that somebody configured
FIB_RULE_INVERT = 0x2
NONE = 0xFFFFFFFF


def route_rows(messages: Iterable[Message], names: Mapping[int, str]) -> tuple[Route, ...]:
    """Every route of every table, in the kernel's order."""
    return tuple(
        _route(message, names)
        for message in messages
        if message["family"] in (INET, INET6) and not message["flags"] & RTM_F_CLONED
    )


def _route(message: Message, names: Mapping[int, str]) -> Route:
    dst = _prefix(message, message.get_attr("RTA_DST"), message["dst_len"])
    type_, scope = word(message["type"], ROUTE_TYPES), word(message["scope"], SCOPES)
    table = word(message.get_attr("RTA_TABLE", message["table"]), table_names())
    protocol, source = word(message["proto"], PROTOCOLS), message.get_attr("RTA_PREFSRC")
    metric, tos, hops = message.get_attr("RTA_PRIORITY", 0), message["tos"], tuple(_hops(message, names))
    flags = words(message["flags"], ROUTE_FLAGS)
    text = [type_ if type_ != "unicast" else "", "default" if not dst.prefixlen else _shown(dst)]
    text += [f"tos 0x{tos:02x}" if tos else "", *(_hop_text(hop, len(hops) > 1) for hop in hops), f"table {table}"]
    text += [f"proto {protocol}", f"scope {scope}", f"src {source}" if source else "", *flags]
    text += [f"metric {metric}" if metric else ""]
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


def _prefix(message: Message, ip: str | None, length: int) -> Network:
    return ip_network((ip or ("0.0.0.0" if message["family"] == INET else "::"), length), strict=False)


def _shown(prefix: Network) -> str:
    return str(prefix.network_address) if prefix.prefixlen == prefix.max_prefixlen else str(prefix)


def rule_rows(messages: Iterable[Message]) -> tuple[PolicyRule, ...]:
    """Policy rules in the order in which the kernel asks them, IPv4's first."""
    return tuple(_rule(message) for message in messages if message["family"] in (INET, INET6))


def _rule(message: Message) -> PolicyRule:
    family, get = (4 if message["family"] == INET else 6), message.get_attr
    src = _prefix(message, get("FRA_SRC"), message["src_len"]) if message["src_len"] else None
    dst = _prefix(message, get("FRA_DST"), message["dst_len"]) if message["dst_len"] else None
    fwmask = get("FRA_FWMASK")
    fwmark = get("FRA_FWMARK", 0 if fwmask else None)
    suppressed = get("FRA_SUPPRESS_PREFIXLEN", NONE)
    action = word(message["action"], RULE_ACTIONS)
    number, l3mdev = get("FRA_TABLE", message["table"]), bool(get("FRA_L3MDEV", 0))
    table = word(number, table_names()) if action == "lookup" and number else ""
    rule = PolicyRule(
        get("FRA_PRIORITY", 0),
        Seen("", None, ""),
        family=family,
        action=action,
        table=table,
        target=get("FRA_GOTO"),
        negated=bool(message["flags"] & FIB_RULE_INVERT),
        src=src,
        dst=dst,
        iif=get("FRA_IIFNAME"),
        oif=get("FRA_OIFNAME"),
        fwmark=fwmark,
        fwmask=0xFFFFFFFF if fwmask is None else fwmask,
        tos=message["tos"],
        l3mdev=l3mdev,
        suppress_prefixlength=None if suppressed == NONE else suppressed,
        other=tuple(_other(message)),
    )
    return replace(rule, seen=Seen("netlink RTM_NEWRULE", None, _rule_text(rule)))


def _other(message: Message) -> Iterator[str]:
    """Selectors that look at more than addresses, links and marks, as `ip rule` prints them."""
    get = message.get_attr
    if users := get("FRA_UID_RANGE"):
        yield "uidrange " + users.replace(":", "-")
    if transport := get("FRA_IP_PROTO"):
        yield f"ipproto {word(transport, TRANSPORTS)}"
    for name in ("sport", "dport"):
        if ports := get(f"FRA_{name.upper()}_RANGE"):
            first, _, last = ports.partition(":")
            yield f"{name} {first}" if first == last else f"{name} {first}-{last}"
    if identifier := get("FRA_TUN_ID"):
        yield f"tun_id {identifier}"
    for name in ("dscp", "flowlabel"):
        if (value := get(f"FRA_{name.upper()}")) is not None:
            yield f"{name} {value:#x}"
    if (group := get("FRA_SUPPRESS_IFGROUP", NONE)) != NONE:
        yield f"suppress_ifgroup {group or 'default'}"


def _rule_text(rule: PolicyRule) -> str:
    text = ["not" if rule.negated else "", f"from {_shown(rule.src) if rule.src else 'all'}"]
    text += [f"to {_shown(rule.dst)}" if rule.dst else "", f"tos 0x{rule.tos:02x}" if rule.tos else ""]
    if rule.fwmark is not None:
        text.append(f"fwmark {rule.fwmark:#x}" + (f"/{rule.fwmask:#x}" if rule.fwmask != 0xFFFFFFFF else ""))
    text += [f"iif {rule.iif}" if rule.iif else "", f"oif {rule.oif}" if rule.oif else "", *rule.other]
    if rule.action == "lookup":
        text.append("lookup " + ("[l3mdev-table]" if rule.l3mdev else rule.table))
    else:
        text.append(rule.action + (f" {rule.target}" if rule.target else ""))
    if rule.suppress_prefixlength is not None:
        text.append(f"suppress_prefixlength {rule.suppress_prefixlength}")
    return f"{rule.priority}: " + " ".join(filter(None, text))
