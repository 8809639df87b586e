"""The gateways of a host's default routes."""

from lvsdoctor.model.node import Node
from lvsdoctor.model.route import NextHop, Route


def default_gateways(node: Node, family: int = 4) -> tuple[tuple[Route, NextHop], ...]:
    """The gateways of the default routes of table main, best metric first."""
    return node.derived(("default gateways", family), lambda host: _default_gateways(host, family))


def _default_gateways(node: Node, family: int) -> tuple[tuple[Route, NextHop], ...]:
    routes = [r for r in node.routes if r.table == "main" and r.dst.version == family and r.dst.prefixlen == 0]
    routes.sort(key=lambda route: route.metric)
    return tuple((route, hop) for route in routes for hop in route.nexthops if hop.gateway is not None)
