"""A director has no route to a real server, or the link to it is down: its share of the connections is lost."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    Destination,
    Finding,
    Fix,
    Forwarding,
    Node,
    Reachability,
    Severity,
    VirtualService,
    bring_up,
    cite,
    delete_route,
    delete_rule,
    find_stray,
    reachability,
    replace_route,
    route_to_subnet,
    routers_beside,
    rule,
    rule_that_ends,
    stray,
)

CUT = "{node} does not reach real server {rip}: {why}, and its share of {services} is lost"
LATER = CUT + " once its weight is more than 0 again"


@rule(
    name="real-server-unreachable",
    code="CL003",
    severity=Severity.ERROR,
    role="director",
    needs={"ipvs", "addresses", "routes"},
    helps={"links", "local-routes", "neighbours", "policy-rules"},
    instead_of={"real-server-behind-gateway"},
)
def real_server_unreachable(node: Node) -> Iterator[Finding]:
    listed: dict[IP, list[tuple[VirtualService, Destination]]] = {}
    for service in node.services:
        for real in service.destinations:
            if real.ip is not None and not real.ip.is_loopback:
                listed.setdefault(real.ip, []).append((service, real))
    for rip, places in listed.items():
        how = {real.forwarding for _, real in places}
        path = reachability(node, rip, how)
        lost = None if path.cut else stray(node, rip)
        if not path.cut and lost is None:
            continue
        idle = all(real.weight == 0 for _, real in places)
        yield Finding(
            LATER if idle else CUT,
            about={"rip": rip},
            why=lost.why if lost else path.cut.why,
            services=", ".join(str(service) for service, _ in places),
            severity=Severity.WARNING if idle or path.unsure or (lost and lost.of_a_moment) else None,
            evidence=[*(cite(real, "listed as a real server") for _, real in places), *(lost or path.cut).because],
            fix=find_stray(rip, lost) if lost else _fix(node, rip, path, Forwarding.DR in how),
        )


def _fix(node: Node, rip: IP, path: Reachability, direct: bool) -> Fix:
    if path.links:
        return bring_up(*path.links)
    if ends := rule_that_ends(node, path.lookup):
        return delete_rule(ends)
    if path.lookup.type == "unreachable" and path.lookup.route is not None and path.lookup.route.dst.prefixlen:
        return delete_route(path.lookup.route)
    if path.home is not None:
        return route_to_subnet(path.home.network, path.home.link)
    for router in () if direct else routers_beside(node, rip):
        return replace_route("default", router)
    line = f"# give this host an address in the subnet of {rip}: ip addr add DIP/PREFIX dev LINK"
    line += "" if direct else f", or a route: ip route add {rip} via ROUTER"
    return Fix(now=(line,), persist=("# the same in the network configuration of the host",))
