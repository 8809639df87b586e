"""A real server has no route by which its replies, sent from the VIP, would get to the clients."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    Decision,
    Finding,
    Node,
    Severity,
    answered_by_gateway,
    answered_neighbours,
    answering_for,
    cite,
    clients_beyond,
    far_away,
    leaves_nowhere,
    links_down,
    nat_memberships,
    reach_clients,
    reply_path,
    restore_ipv6,
    route_lookup,
    rule,
    wires_without,
)

NO_ROUTE = "{node} has no route for its replies from VIP {vip}"
NO_WIRE = "{node} sends its replies from VIP {vip} by {link}, which is down or has no carrier"
BEYOND = "{node} has no route for its replies from VIP {vip} beyond {near}"
EVERY, OTHERS = "Clients get no reply from {node}.", "Other clients get no reply from {node}."


@rule(
    name="no-route-back-to-clients", code="DR006", severity=Severity.ERROR, explains=Decision.REPLY_ROUTE,
    needs={"addresses", "routes"}, helps={"memberships", "ipvs", "local-routes", "policy-rules", "links", "sysctl"},
    harmless_at_weight_0=True,
)  # fmt: skip
def no_route_back_to_clients(node: Node) -> Iterator[Finding]:
    for vip, told in answering_for(node).items():
        way = reply_path(node, vip)
        cut = leaves_nowhere(node, way)
        # A failing route to a part of the world is somebody's wish. Without a way for masqueraded replies see NAT001.
        failing = way.type == "unreachable" and not (way.route and way.route.dst.prefixlen)
        if not (cut or failing) or _masqueraded_neither(node, vip):
            continue
        down = [] if cut or way.because else [link for link, row in links_down(node) if row.ip.version == vip.version]
        near = answered_neighbours(node, vip)
        some = answered_by_gateway(node, vip)
        off = [] if cut or way.because or down or near or some else list(wires_without(node, vip))
        beyond = clients_beyond(node, vip) if near and not some else []
        yield Finding(
            NO_WIRE if cut else BEYOND if near or some else NO_ROUTE,
            clients=OTHERS if near or some else EVERY,
            about={"vip": vip},
            near=", ".join(map(str, [*near, *(some or ())[:1]])),
            severity=None if beyond or not (near or some) else Severity.NOTE,
            evidence=[
                cite(told, "replies leave from {vip}", vip=vip),
                *(cut.because if cut else ()),
                *way.because,
                *(cite(link, "this interface is down, and its routes are gone") for link in down),
                *(line for _, line in off),
                *(cite(found.route, "these are answered") for found in near.values() if found.route),
                *(some[1].because if some else beyond),
            ],
            fix=restore_ipv6(node, [link for link, _ in off], vip) + reach_clients(node, way, vip, down),
            link=", ".join(way.links),
            decided_by=cut.because[0] if cut else down[0] if down else off[0][1] if off else None,
        )


def _masqueraded_neither(node: Node, vip: IP) -> bool:
    rips = nat_memberships(node, vip.version) if node.has("memberships") else {}
    return any(route_lookup(node, far_away(vip.version), src=rip).type == "unreachable" for rip in rips)
