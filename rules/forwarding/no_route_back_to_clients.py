"""A real server has no route by which its replies, sent from the VIP, would get to the clients."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    Decision,
    Finding,
    Fix,
    Lookup,
    Node,
    Severity,
    answered_by_gateway,
    answered_neighbours,
    answering_for,
    cite,
    clients_beyond,
    delete_rule,
    far_away,
    nat_memberships,
    replace_route,
    reply_path,
    reply_table,
    route_lookup,
    routers_beside,
    rule,
    rule_that_ends,
)

NO_ROUTE = "{node} has no route for its replies from VIP {vip}"
BEYOND = "{node} has no route for its replies from VIP {vip} beyond {near}"
EVERY, OTHERS = "Clients get no reply from {node}.", "Other clients get no reply from {node}."


@rule(
    name="no-route-back-to-clients", code="DR006", severity=Severity.ERROR, explains=Decision.REPLY_ROUTE,
    needs={"addresses", "routes"}, helps={"memberships", "ipvs", "local-routes", "policy-rules", "links"},
    harmless_at_weight_0=True,
)  # fmt: skip
def no_route_back_to_clients(node: Node) -> Iterator[Finding]:
    for vip, told in answering_for(node).items():
        way = reply_path(node, vip)
        # A failing route to a part of the world is somebody's wish. Without a way for masqueraded replies see NAT001.
        if way.type != "unreachable" or (way.route and way.route.dst.prefixlen) or _masqueraded_neither(node, vip):
            continue
        near = answered_neighbours(node, vip)
        some = answered_by_gateway(node, vip)
        beyond = clients_beyond(node, vip) if near and not some else []
        yield Finding(
            BEYOND if near or some else NO_ROUTE,
            clients=OTHERS if near or some else EVERY,
            about={"vip": vip},
            near=", ".join(map(str, [*near, *(some or ())[:1]])),
            severity=None if beyond or not (near or some) else Severity.NOTE,
            evidence=[
                cite(told, "replies leave from {vip}", vip=vip),
                *way.because,
                *(cite(found.route, "these are answered") for found in near.values() if found.route),
                *(some[1].because if some else beyond),
            ],
            fix=_fix(node, way, vip),
        )


def _masqueraded_neither(node: Node, vip: IP) -> bool:
    rips = nat_memberships(node, vip.version) if node.has("memberships") else {}
    return any(route_lookup(node, far_away(vip.version), src=rip).type == "unreachable" for rip in rips)


def _fix(node: Node, lookup: Lookup, vip: IP) -> Fix:
    ends = rule_that_ends(node, lookup)
    fix = delete_rule(ends) if ends else Fix()
    if ends and route_lookup(node, far_away(vip.version)).type == "unicast":
        return fix
    for router in routers_beside(node, vip):
        return fix + replace_route("default", router, lookup.route.table if lookup.route else reply_table(node, vip))
    unknown = "# ip route replace default via ROUTER, the router of the subnet of this host"
    return fix + Fix(now=(unknown,), persist=(f"{unknown}, in the network configuration of the host",))
