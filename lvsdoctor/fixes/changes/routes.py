"""What becomes of routes when one is put or removed, or when a link or an address that they need goes.

net/ipv4/fib_trie.c: fib_table_insert(), fib_table_delete(), fib_table_flush(); net/ipv4/fib_semantics.c:
fib_create_info(), fib_sync_down_dev(), fib_sync_down_addr(), fib_sync_up().
"""

from dataclasses import replace

from lvsdoctor.fixes.changes.rows import fact_of, routes_in, with_routes, with_rows
from lvsdoctor.kernel.routing import is_local, route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.change import PutRoute, RemoveRoute
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import NextHop, Route


def put_route(node: Node, change: PutRoute) -> Node:
    """The node with the route; unchanged where the kernel refuses it or where no routes were collected."""
    fact = fact_of(change.route)
    route = _completed(node, change.route)
    if route is None or not node.has(fact):
        return node
    rows = routes_in(node, fact)
    place = next((at for at, row in enumerate(rows) if _key(row) == _key(route)), None)
    if place is None:
        return with_rows(node, fact, (*rows, route))
    return with_rows(node, fact, (*rows[:place], route, *rows[place + 1 :])) if change.replaces else node


def remove_route(node: Node, change: RemoveRoute) -> Node:
    """The node without the first route that the command names."""
    row = named(node, change)
    if row is None:
        return node
    fact = fact_of(change.route)
    return with_rows(node, fact, tuple(route for route in routes_in(node, fact) if route is not row))


def named(node: Node, change: RemoveRoute) -> Route | None:
    """The route that goes: what the command does not say may be anything (fib_table_delete())."""
    said = change.route
    for row in routes_in(node, fact_of(said)):
        told = (
            (said.type, row.type), (said.protocol, row.protocol), (said.scope, row.scope), (said.src, row.src),
            (said.metric, row.metric),
        )  # fmt: skip
        hops = not said.nexthops or [_way(hop) for hop in said.nexthops] == [_way(hop) for hop in row.nexthops]
        named_hop = len(said.nexthops) == 1 and len(row.nexthops) == 1 and _fits(said.nexthops[0], row.nexthops[0])
        there = row.dst == said.dst and row.table == said.table and row.tos == said.tos
        if there and (hops or named_hop) and all(not word or word == has for word, has in told):
            return row
    return None


def without_source(node: Node, ip: IP) -> Node:
    """fib_sync_down_addr(): routes of table main that name an address as their source go with it."""
    return with_routes(node, lambda row: None if row.src == ip and row.table == "main" else row)


def without_link(node: Node, link: str, family: int, *, local_too: bool = True) -> Node:
    """fib_sync_down_dev(): every route over a link goes; of several next hops one is dead. `local_too`: also what the
    host has for itself, which only goes with the link's last address."""

    def becomes(row: Route) -> Route | None:
        if row.dst.version != family or link not in row.links or (row.type == "local" and not local_too):
            return row
        hops = tuple(_dead(hop) if hop.link == link else hop for hop in row.nexthops)
        return None if all("dead" in hop.flags for hop in hops) else replace(row, nexthops=hops)

    return with_routes(node, becomes)


def revived(node: Node, link: str) -> Node:
    """fib_sync_up(): next hops over a link that has come up live again."""

    def becomes(row: Route) -> Route:
        if not any(hop.link == link and hop.flags & {"dead", "linkdown"} for hop in row.nexthops):
            return row
        hops = [
            replace(hop, flags=hop.flags - {"dead", "linkdown"}) if hop.link == link else hop for hop in row.nexthops
        ]
        return replace(row, nexthops=tuple(hops))

    return with_routes(node, becomes)


def _dead(hop: NextHop) -> NextHop:
    return replace(hop, flags=hop.flags | {"dead", "linkdown"})


def _key(route: Route) -> tuple[object, ...]:
    """What makes two routes one another's rivals (fib_table_insert(): NLM_F_EXCL, NLM_F_REPLACE)."""
    return route.dst, route.table, route.tos, route.metric


def _way(hop: NextHop) -> tuple[object, ...]:
    return hop.link, hop.gateway


def _fits(said: NextHop, has: NextHop) -> bool:
    """fib_nh_match(): a link or a gateway that is not said may be any."""
    return said.link in (None, has.link) and said.gateway in (None, has.gateway)


def _completed(node: Node, route: Route) -> Route | None:
    """The route with the links that the kernel finds for its gateways; None where it refuses the route."""
    if route.dst.version == 6 and not route.metric:
        route = replace(route, metric=1024)  # net/ipv6/route.c: ip6_route_info_create(), IP6_RT_PRIO_USER
    hops = []
    for hop in route.nexthops:
        found = _reachable(node, hop)
        if found is None:
            return None
        hops.append(found)
    tells = node.has("addresses") or node.has("local-routes")
    if route.src is not None and tells and is_local(node, route.src) is None:  # fib_valid_prefsrc()
        return None
    return replace(route, nexthops=tuple(hops))


def _reachable(node: Node, hop: NextHop) -> NextHop | None:
    """fib_check_nh(): its gateway must be a neighbour, and its link up."""
    if hop.gateway is not None and "onlink" not in hop.flags and not hop.gateway.is_link_local:
        try:
            way = route_lookup(node, hop.gateway, oif=hop.link)
        except NotCollected:
            return hop
        # fib_check_nh_v4_gw() takes a gateway that is local for a neighbour (a prefix on lo), too.
        if way.type not in ("unicast", "local") or way.gateways:
            return None
        hop = replace(hop, link=hop.link or next(iter(way.links), None))
    link = node.link(hop.link) if hop.link and node.has("links") else None
    down = hop.link and node.has("links") and (link is None or not link.up)
    return None if down else hop
