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
    local = node.seen_rows("local-routes") if node.has("local-routes") else ()
    return family == 4 and (not rows or any(route.dst.version == 4 for route in local))


def routes_unseen(node: Node, dst: IP) -> NotCollected:
    """What to raise where only routes that were not shown could tell."""
    return NotCollected("routes", node.name, f"the route to {dst}", _COMMANDS[dst.version])
