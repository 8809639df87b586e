"""Of which families table main was seen: `ip route` shows IPv4 alone, `ip -6 route` IPv6 alone."""

from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node

_COMMANDS = {4: "ip route show table all", 6: "ip -6 route show table all"}


def shows_routes(node: Node, family: int) -> bool:
    """Were the routes of this family shown, so that there is none where none is seen? Reads routes, local-routes.

    Every host with IPv6 on a link has a route to fe80::/64 in table main. Table main of IPv4 may be empty.
    """
    return node.has("routes") and node.derived(("routes shown", family), lambda host: _shows(host, family))


def _shows(node: Node, family: int) -> bool:
    rows = node.seen_rows("routes")
    if any(route.dst.version == family for route in rows):
        return True
    return family == 4 and (not rows or shows_local_routes(node, 4))


def of_ipv6_alone(node: Node) -> bool:
    """Were routes shown, and none of IPv4? Those of IPv4 were not collected then. Reads as shows_routes()."""
    return node.has("routes") and shows_routes(node, 6) and not shows_routes(node, 4)


def shows_local_routes(node: Node, family: int) -> bool:
    """Was table local of this family shown? It is never without 127.0.0.0/8, or ::1. Reads local-routes."""
    return node.has("local-routes") and any(route.dst.version == family for route in node.seen_rows("local-routes"))


def routes_unseen(node: Node, dst: IP) -> NotCollected:
    """What to raise where only routes that were not shown could tell."""
    return NotCollected("routes", node.name, f"the route to {dst}", _COMMANDS[dst.version])
