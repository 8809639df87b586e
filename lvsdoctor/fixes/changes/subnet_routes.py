"""The routes that the kernel makes for addresses, and those that need a link or an address that goes.

net/ipv4/fib_frontend.c: fib_add_ifaddr(), fib_del_ifaddr(); net/ipv4/fib_semantics.c: fib_sync_down_dev(),
fib_sync_down_addr(), fib_sync_up(); net/ipv6/addrconf.c: inet6_addr_add(), inet6_addr_del().
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_network

from lvsdoctor.fixes.changes.rows import fact_of, link_of, routes_in, unseen, with_routes, with_rows
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import NextHop, Route
from lvsdoctor.model.seen import Seen


def brought(addresses: Sequence[Address], link: Link | None, seen: Seen | None = None) -> Iterator[Route]:
    """The routes that these addresses of one link bring, in the kernel's order; `link` None: one that is up."""
    loopback = link.loopback if link is not None else addresses[:1] and addresses[0].link == "lo"
    up = link is None or link.up
    for address in addresses:
        row = seen or address.seen
        if address.ip.version == 6:
            yield from _of_ipv6(address, row, up=up)
            continue
        # A secondary's routes have its primary for their source (fib_add_ifaddr(): prim).
        primaries = (a for a in addresses if not a.secondary and a.network == address.network)
        prim = next(primaries, address) if address.secondary else address
        yield from _of_ipv4(address, prim, row, up=up, loopback=bool(loopback))


def _of_ipv4(address: Address, prim: Address, seen: Seen, *, up: bool, loopback: bool) -> Iterator[Route]:
    hop, src, network = (NextHop(address.link),), prim.ip, address.network
    yield Route(ip_network(address.ip), seen, "local", "local", hop, "kernel", "host", src)
    if not up:
        return
    if address.broadcast is not None:
        yield Route(ip_network(address.broadcast), seen, "broadcast", "local", hop, "kernel", "link", src)
    alone = address.peer is None and network.prefixlen == address.ip.max_prefixlen
    if address.secondary or alone or int(network.network_address) == 0:
        return
    if "noprefixroute" not in address.flags:
        if loopback:
            yield Route(network, seen, "local", "local", hop, "kernel", "host", src)
        else:
            yield Route(network, seen, "unicast", "main", hop, "kernel", "link", src)
    if network.prefixlen < 31:
        last = ip_network(network.broadcast_address)
        yield Route(last, seen, "broadcast", "local", hop, "kernel", "link", src)


def _of_ipv6(address: Address, seen: Seen, *, up: bool) -> Iterator[Route]:
    hop = (NextHop(address.link),)
    if up:
        yield Route(ip_network(address.ip), seen, "local", "local", hop, "kernel", "global")
        if "noprefixroute" not in address.flags:
            yield Route(address.network, seen, "unicast", "main", hop, "kernel", "global", metric=256)


def with_brought(node: Node, came: Iterable[Route]) -> Node:
    """The node with these routes of its addresses, but for those that are there (fib_magic(): NLM_F_APPEND)."""
    for route in came:
        rows = routes_in(node, fact_of(route))
        if not any(_made_by(row, route) for row in rows):
            node = with_rows(node, fact_of(route), (*rows, route))
    return node


def readdressed(
    node: Node, link: str, before: Sequence[Address], after: Sequence[Address], seen: Seen, metric: int
) -> Node:
    """The node with the routes that differ when `link` has other addresses of one family. `metric` is that of a new
    address; one that takes another's place keeps the one of its subnet."""
    at = link_of(node, link)
    near_before, near_after = _around_the_change(before, after)
    had, has = tuple(brought(near_before, at)), tuple(brought(near_after, at, seen))
    gone = _without(had, has)
    # Up to Linux 5.13 a subnet's first address was a broadcast, too.
    gone += [_first(route) for route in gone if route.type == "unicast" and route.dst.version == 4]
    rows = routes_in(node, "routes")
    metrics = {row.dst: row.metric for row in rows if any(_made_by(row, route) for route in gone)}
    node = with_routes(node, lambda row: None if any(_made_by(row, route) for route in gone) else row)
    return with_brought(node, [_with_metric(route, metrics.get(route.dst, metric)) for route in _without(has, had)])


def _around_the_change(before: Sequence[Address], after: Sequence[Address]) -> tuple[list[Address], list[Address]]:
    """Those of both whose routes may differ: of an address or a subnet that changes. (A link may hold hundreds.)"""
    same = set(map(id, before)) & set(map(id, after))
    changed = [address for address in (*before, *after) if id(address) not in same]
    ips = {address.ip for address in changed}
    # A whole subnet, for the routes of its secondaries are told by their primary.
    networks = {address.network for address in (*before, *after) if address.ip in ips}
    return [a for a in before if a.network in networks], [a for a in after if a.network in networks]


def _without(routes: Iterable[Route], others: Iterable[Route]) -> list[Route]:
    known = set(map(unseen, others))
    return [route for route in routes if unseen(route) not in known]


def _with_metric(route: Route, metric: int) -> Route:
    subnet = route.type == "unicast" and route.dst.version == 4
    return replace(route, metric=metric) if subnet and metric else route


def _first(route: Route) -> Route:
    return replace(route, dst=ip_network(route.dst.network_address), type="broadcast", table="local")


def _made_by(row: Route, route: Route) -> bool:
    """Is the row this route, as the kernel made it? (`route -n` shows neither source nor protocol.)"""
    return (
        row.dst == route.dst and row.type == route.type and row.table == route.table and row.links == route.links
        and not row.gateways and row.protocol in ("kernel", "") and (row.src in (None, route.src) or route.src is None)
    )  # fmt: skip


# -- what goes and comes with an address or a link --------------------------------------------------------------------


def without_source(node: Node, ip: IP) -> Node:
    """fib_sync_down_addr(): routes of table main that name an address as their source go with it."""
    return with_routes(node, lambda row: None if row.src == ip and row.table == "main" else row)


def without_link(node: Node, link: str, family: int, *, local_too: bool = True) -> Node:
    """fib_sync_down_dev(): every route over a link goes; of several next hops one is dead. `local_too`: also what the
    host has for itself, which only goes with the link's last address."""

    def becomes(row: Route) -> Route | None:
        if row.dst.version != family or link not in row.links or (row.type == "local" and not local_too):
            return row
        dead = {"dead", "linkdown"}
        hops = [replace(hop, flags=hop.flags | dead) if hop.link == link else hop for hop in row.nexthops]
        return None if all("dead" in hop.flags for hop in hops) else replace(row, nexthops=tuple(hops))

    return with_routes(node, becomes)


def revived(node: Node, link: str) -> Node:
    """fib_sync_up(): next hops over a link that has come up live again."""
    dead = {"dead", "linkdown"}

    def becomes(row: Route) -> Route:
        if not any(hop.link == link and hop.flags & dead for hop in row.nexthops):
            return row
        hops = [replace(hop, flags=hop.flags - dead) if hop.link == link else hop for hop in row.nexthops]
        return replace(row, nexthops=tuple(hops))

    return with_routes(node, becomes)
