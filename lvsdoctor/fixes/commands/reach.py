"""What brings a director to a real server again, and a real server to its clients, where route or link is missing."""

from collections.abc import Sequence

from lvsdoctor.analysis.reachability import Reachability, reachability
from lvsdoctor.analysis.reply_path import reply_table, routers_beside, rule_that_ends
from lvsdoctor.fixes.commands.addresses import bring_up
from lvsdoctor.fixes.commands.routes import delete_route, delete_rule, replace_route, route_to_subnet
from lvsdoctor.kernel.far_away import far_away
from lvsdoctor.kernel.routing import Lookup, route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Fix
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node


def reach_again(node: Node, rip: IP, path: Reachability, *, direct: bool) -> Fix:
    """The link, the rule or the route that cuts the director off; `direct`: a router is no way there. Reads routes,
    policy-rules, and the other nodes' addresses and routes where collected."""
    if path.links:
        return bring_up(*path.links)
    if ends := rule_that_ends(node, path.lookup):
        return delete_rule(ends)
    route = path.lookup.route
    if route is not None and (path.lookup.type == "unreachable" or _leaves_home(path)) and route.dst.prefixlen:
        return delete_route(route)
    if path.home is not None:
        return route_to_subnet(path.home.network, path.home.link)
    for router in () if direct else routers_beside(node, rip):
        return replace_route("default", router)
    line = f"# give this host an address in the subnet of {rip}: ip addr add DIP/PREFIX dev LINK"
    line += "" if direct else f", or a route: ip route add {rip} via ROUTER"
    return Fix(now=(line,), persist=("# the same in the network configuration of the host",))


def reach_directly(node: Node, rip: IP) -> Fix | None:
    """The way over the director's own interface in the real server's subnet, where it has one and does not use it."""
    path = reachability(node, rip, {Forwarding.DR}) if node.has("routes") else None
    return reach_again(node, rip, path, direct=True) if path is not None and path.cut else None


def reach_clients(node: Node, lookup: Lookup, vip: IP, down: Sequence[Link]) -> Fix:
    """The link, the rule or the default route that a real server's replies from a VIP lack. Reads as reach_again()."""
    if lookup.type == "unicast":
        return bring_up(*(link for link in map(node.link, lookup.links) if link is not None))
    ends = rule_that_ends(node, lookup)
    fix = delete_rule(ends) if ends else bring_up(*down)
    if ends and route_lookup(node, far_away(vip.version)).type == "unicast":
        return fix
    for router in routers_beside(node, vip, down):
        return fix + replace_route("default", router, lookup.route.table if lookup.route else reply_table(node, vip))
    unknown = "# ip route replace default via ROUTER, the router of the subnet of this host"
    return fix + Fix(now=(unknown,), persist=(f"{unknown}, in the network configuration of the host",))


def _leaves_home(path: Reachability) -> bool:
    """Does a route of its own lead away from the subnet that the RIP is in?"""
    route, home = path.lookup.route, path.home
    return home is not None and route is not None and route.dst.prefixlen >= home.network.prefixlen
