"""A route that is put or removed (ip-route(8)).

net/ipv4/fib_trie.c: fib_table_insert(), fib_table_delete(); net/ipv4/fib_semantics.c: fib_create_info().
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from lvsdoctor.fixes.changes.difference import lost_routes, new_routes
from lvsdoctor.fixes.changes.kind import Phase, Readers, spelled
from lvsdoctor.fixes.changes.line import Line, NotFollowed
from lvsdoctor.fixes.changes.rows import fact_of, routes_in, same, with_rows
from lvsdoctor.kernel.routing import is_local, route_lookup
from lvsdoctor.kernel.vrf import link_within
from lvsdoctor.model.change import Change, Command, PutRoute, RemoveRoute
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import FAILING_TYPES, NextHop, Route
from lvsdoctor.parse.iproute.ip_command import table_name
from lvsdoctor.parse.iproute.route_line import ROUTE_TYPES, RouteLine
from lvsdoctor.parse.words import EVERYWHERE, read_ip, read_network, read_number, word_set
from lvsdoctor.sanitize import command

NOUNS = (PutRoute, RemoveRoute)

# A route of one of these types goes to table local unless told otherwise (iproute2 ip/iproute.c: iproute_modify()).
_OF_TABLE_LOCAL = word_set("local broadcast anycast nat")
_TO = "the route to {dst}"
_TO_IN = "the route to {dst} in table {table}"
_NOT_ITS_OWN = "Packets to {dst} are no longer this host's own"
_ANOTHER_ROUTE = "Packets to {dst} take another route at once, or have no route"
_NEW_ROUTE = "Packets to {dst} take the new route at once; connections through the old route may break"


def _route_line(line: Line) -> tuple[RouteLine, bool]:
    """The route that the line names, and whether it names its type."""
    words = [word for word in line.words if word != "to"]
    first = words.index("nexthop") if "nexthop" in words else len(words)
    typed = bool(words) and words[0] in ROUTE_TYPES
    route = RouteLine.of(words[:first], line.seen) if first > typed else None
    if route is None or route.strange or "" in route.options.values() or route.broken:
        raise NotFollowed("the route cannot be read")
    hops = " ".join(words[first:]).split("nexthop ")[1:]
    if not all(route.take_hop(hop.split()) for hop in hops):
        raise NotFollowed("the route cannot be read")
    return route, typed


def _read_put(line: Line) -> tuple[PutRoute]:
    parsed, _ = _route_line(line)
    route = parsed.route(line.family)
    if route is None:
        raise NotFollowed("the route cannot be read")
    table = table_name(parsed.options.get("table", "local" if parsed.type in _OF_TABLE_LOCAL else "main"))
    route = replace(route, table=table, scope=parsed.options.get("scope", ""))
    return (PutRoute(route, replaces=line.key[-1] == "replace"),)


def _read_delete(line: Line) -> tuple[RemoveRoute]:
    parsed, typed = _route_line(line)
    options = parsed.options
    dst = EVERYWHERE[parsed.family(line.family)] if parsed.dst == "default" else read_network(parsed.dst)
    metric = read_number(options.get("metric", "0"))
    if dst is None or metric is None:
        raise NotFollowed("the route cannot be read")
    table = table_name(options.get("table", "local" if typed and parsed.type in _OF_TABLE_LOCAL else "main"))
    src, type_ = read_ip(options.get("src", "")), parsed.type if typed else ""
    hops, protocol, scope = tuple(parsed.hops), options.get("proto", ""), options.get("scope", "")
    return (RemoveRoute(Route(dst, line.seen, type_, table, hops, protocol, scope, src, metric)),)


def _read_flush(line: Line) -> tuple[Change, ...]:
    if line.words != ("cache",):
        raise NotFollowed("of ip route flush only the cache is followed here")
    return ()


READERS: Readers = {
    ("ip", "route", "add"): _read_put,
    ("ip", "route", "replace"): _read_put,
    ("ip", "route", "delete"): _read_delete,
    ("ip", "route", "flush"): _read_flush,
}


def spell(change: PutRoute | RemoveRoute) -> Command:
    """`default` and a type say no family, so IPv6 is said."""
    verb = "del" if isinstance(change, RemoveRoute) else "replace" if change.replaces else "add"
    family = ["-6"] if change.route.dst.version == 6 else []
    return spelled(change, "ip", *family, "route", verb, *words(change.route))


def words(route: Route) -> list[object]:
    """The route as `ip route` takes it, as `ip route show` shows it."""
    told: list[object] = [route.type] if route.type not in ("", "unicast") else []
    told += [_destination(route)]
    if len(route.nexthops) == 1:
        told += _hop(route.nexthops[0])
    told += ["table", route.table] if route.table != "main" else []
    told += ["proto", route.protocol] if route.protocol not in ("", "boot") else []
    told += ["scope", route.scope] if route.dst.version == 4 and route.scope not in ("", _usual_scope(route)) else []
    told += ["src", route.src] if route.src is not None else []
    told += ["metric", route.metric] if route.metric else []
    told += ["tos", route.tos] if route.tos else []
    told += [*(["mtu", route.mtu] if route.mtu else []), *(["advmss", route.advmss] if route.advmss else [])]
    for hop in route.nexthops if len(route.nexthops) > 1 else ():
        told += ["nexthop", *_hop(hop), "weight", hop.weight]
    return told


def _destination(route: Route) -> str:
    return str(route.dst) if route.dst.prefixlen else "default"


def _hop(hop: NextHop) -> list[object]:
    via = ["via", hop.gateway] if hop.gateway is not None else []
    return [*via, *(["dev", hop.link] if hop.link else []), *(["onlink"] if "onlink" in hop.flags else [])]


def _usual_scope(route: Route) -> str:
    """What ip(8) sets where the command does not say it (iproute2 ip/iproute.c: iproute_modify())."""
    if route.dst.version == 6 or route.type in FAILING_TYPES or route.type == "throw":
        return "global"
    if route.type in ("local", "nat"):
        return "host"
    beside = route.type in ("broadcast", "multicast", "anycast")
    return "link" if beside or not route.gateways else "global"


def phase(change: PutRoute | RemoveRoute) -> Phase:
    return Phase.ROUTE


def apply(node: Node, change: PutRoute | RemoveRoute) -> Node:
    fact = fact_of(change.route)
    rows = routes_in(node, fact)
    if isinstance(change, RemoveRoute):
        gone = next((row for row in rows if _is_meant(row, change.route)), None)
        return with_rows(node, fact, tuple(row for row in rows if row is not gone))
    route = _completed(node, change) if node.has(fact) else None
    if route is None:
        return node
    place = next((at for at, row in enumerate(rows) if _key(row) == _key(route)), None)
    if place is None:
        return with_rows(node, fact, (*rows, route))
    if not change.replaces or same(route, rows[place]):
        return node  # EEXIST
    return with_rows(node, fact, (*rows[:place], route, *rows[place + 1 :]))


def _key(route: Route) -> tuple[object, ...]:
    """What makes two routes one another's rivals (fib_table_insert(): NLM_F_EXCL, NLM_F_REPLACE)."""
    return route.dst, route.table, route.tos, route.metric


def _is_meant(row: Route, named: Route) -> bool:
    """What the command does not name may be anything (fib_table_delete(), fib_nh_match())."""
    pairs = (
        (named.type, row.type), (named.protocol, row.protocol), (named.scope, row.scope), (named.src, row.src),
        (named.metric, row.metric),
    )  # fmt: skip
    if (row.dst, row.table, row.tos) != (named.dst, named.table, named.tos):
        return False
    if any(word and word != has for word, has in pairs):
        return False
    if len(named.nexthops) == 1 and len(row.nexthops) == 1:
        (hop,), (has,) = named.nexthops, row.nexthops
        return hop.link in (None, has.link) and hop.gateway in (None, has.gateway)
    hops = [[(hop.link, hop.gateway) for hop in route.nexthops] for route in (named, row)]
    return not named.nexthops or hops[0] == hops[1]


def _completed(node: Node, change: PutRoute) -> Route | None:
    """The route with the links that the kernel finds for its gateways; None where it refuses the route."""
    route = replace(change.route, seen=change.seen, scope=change.route.scope or _usual_scope(change.route))
    if route.dst.version == 6 and not route.metric:
        route = replace(route, metric=1024)  # net/ipv6/route.c: ip6_route_info_create(), IP6_RT_PRIO_USER
    within = link_within(node, route.table)
    hops = [_reachable(node, hop, within) for hop in route.nexthops]
    tells = node.has("addresses") or node.has("local-routes")
    if route.src is not None and tells and is_local(node, route.src) is None:  # fib_valid_prefsrc()
        return None
    return None if None in hops else replace(route, nexthops=tuple(hop for hop in hops if hop is not None))


def _reachable(node: Node, hop: NextHop, within: str | None) -> NextHop | None:
    """fib_check_nh(): its gateway must be a neighbour, and its link up."""
    if hop.gateway is not None and "onlink" not in hop.flags and not hop.gateway.is_link_local:
        try:
            beyond = route_lookup(node, hop.gateway, oif=hop.link, within=within)
        except NotCollected:
            return hop
        # fib_check_nh_v4_gw() takes a gateway that is local for a neighbour (a prefix on lo), too.
        if beyond.type not in ("unicast", "local") or beyond.gateways:
            return None
        hop = replace(hop, link=hop.link or next(iter(beyond.links), None))
    link = node.link(hop.link) if hop.link and node.has("links") else None
    down = hop.link and node.has("links") and (link is None or not link.up)
    return None if down else hop


def describe(change: PutRoute | RemoveRoute, before: Node, after: Node) -> str:
    lost = next(iter(lost_routes(before, after)), None)
    if isinstance(change, RemoveRoute):
        return f"a route goes: {command(*words(lost or change.route))}"
    if lost is None:
        return f"a route comes: {command(*words(change.route))}"
    new = next(iter(new_routes(before, after)), change.route)
    text = (_TO if new.table == "main" else _TO_IN).format(dst=_destination(new), table=new.table)
    return f"{text} from {_hops(lost)} to {_hops(new)}"


def _hops(route: Route) -> str:
    """Where the route leads, in the words of `ip route`: `via 192.0.2.1 dev eth0`, `unreachable`."""
    hops = [command(*_hop(hop)) for hop in route.nexthops]
    return " and ".join(hops) if route.type == "unicast" and hops else " ".join([route.type, *hops])


def impact(change: PutRoute | RemoveRoute, before: Node, after: Node) -> str:
    lost = next(iter(lost_routes(before, after)), None)
    texts: Mapping[str, str] = {
        "unicast": _ANOTHER_ROUTE if isinstance(change, RemoveRoute) else _NEW_ROUTE,
        "local": _NOT_ITS_OWN,
    }
    return "" if lost is None else texts.get(lost.type, "").format(dst=_destination(lost))


def undo(change: PutRoute | RemoveRoute, before: Node, after: Node) -> Iterable[Command]:
    """What is missing comes back by itself."""
    if isinstance(change, RemoveRoute):
        return []
    lost = [spell(PutRoute(row, replaces=True)) for row in lost_routes(before, after)]
    return lost or [spell(RemoveRoute(row)) for row in new_routes(before, after)]
