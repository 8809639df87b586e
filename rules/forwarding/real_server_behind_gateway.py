"""A real server of direct routing is behind a router, which sends the requests back to whoever holds the VIP."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    SAVE_TABLE,
    Citation,
    Destination,
    Finding,
    Fix,
    Forwarding,
    Lookup,
    Node,
    Severity,
    VirtualService,
    assume,
    change_real_server,
    cite,
    real_server,
    route_lookup,
    rule,
)


@rule(
    name="real-server-behind-gateway",
    code="DR005",
    severity=Severity.ERROR,
    role="director",
    needs={"ipvs", "addresses"},
    helps={"routes", "local-routes", "policy-rules", "links"},
)
def real_server_behind_gateway(node: Node) -> Iterator[Finding]:
    listed: dict[IP, list[tuple[VirtualService, Destination]]] = {}
    for service in node.services:
        for real in service.destinations:
            if real.forwarding is Forwarding.DR and real.ip is not None:
                listed.setdefault(real.ip, []).append((service, real))
    for rip, places in listed.items():
        way = route_lookup(node, rip)
        strangers = [hop for hop in way.gateways if not _same_host(node, hop, rip)]
        if way.type == "unicast" and strangers:
            others = "" if len(places) == 1 else " and {others} more services"
            yield Finding(
                "{node} reaches {rip} of {service}" + others + " through {gateway}: direct routing hands the request "
                "to that router, with the VIP still as its destination, and not to the real server",
                about={"rip": rip},
                service=places[0][0],
                others=len(places) - 1,
                gateway=", ".join(map(str, strangers)),
                evidence=[
                    cite(places[0][1], "direct routing: only the MAC address is changed"),
                    *way.because,
                    *_taken_for_a_router(way),
                ],
                fix=sum((_tunnel_instead(*place) for place in places), Fix()),
            )


def _same_host(node: Node, gateway: IP, rip: IP) -> bool:
    """A host route may lead to a real server's loopback address through its own address on the wire."""
    server = real_server(node, rip)
    return gateway == rip or (server is not None and bool(server.holding(gateway)))


def _taken_for_a_router(way: Lookup) -> list[Citation]:
    if way.route is None or way.route.dst.prefixlen < way.route.dst.max_prefixlen:
        return []
    return [
        assume("addresses", "the gateway is not the real server itself", settle="ip addr show  # on the real server")
    ]


def _tunnel_instead(service: VirtualService, real: Destination) -> Fix:
    return Fix(
        now=(change_real_server("-e", service, real, how="-i"),),
        persist=(f"{SAVE_TABLE} {real.ip} by tunnelling (-i, lvs_method TUN)",),
        warning="Tunnelling needs the real server's part as well: tunl0 up, rp_filter off or loose on it, and the VIP. "
        "The other way is a link of the director's own in the real server's subnet.",
    )
