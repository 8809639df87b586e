"""A real server sends its replies through the director, which holds the VIP too and drops what comes from it."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    FAR_AWAY,
    Finding,
    Fix,
    Forwarding,
    Lookup,
    Node,
    Severity,
    cite,
    conf_key,
    default_gateways,
    effective,
    forwards,
    is_local,
    passes_on,
    replace_route,
    route_lookup,
    rule,
    set_sysctls,
)

IP_FORWARD = "net.ipv4.ip_forward"


@rule(
    name="director-is-real-servers-gateway",
    code="DR004",
    severity=Severity.ERROR,
    role="real-server",
    needs={"memberships", "addresses", "routes"},
    helps={"policy-rules", "local-routes", "sysctl", "links"},
)
def director_is_real_servers_gateway(node: Node) -> Iterator[Finding]:
    directors = {listing.director.name: listing.director for listing in node.memberships}
    for vip in (vip for vip in node.vips if vip.ip.version == 4):
        way = route_lookup(node, FAR_AWAY, src=vip.ip)
        for director in directors.values():
            for gateway in (held for held in director.addresses if held.ip in way.gateways):
                own = is_local(director, vip.ip)
                passed = passes_on(director, src=vip.ip, dst=FAR_AWAY, arrived_on=gateway.link) if own else None
                if own is None or passed is None or passed:
                    continue
                yield Finding(
                    "{node} answers clients of VIP {vip} through {gateway}, an address of {director}, which holds the "
                    "VIP itself and drops such replies: {why}",
                    about={"vip": vip.ip, "gateway": gateway.ip},
                    director=director.name,
                    why=passed.why,
                    evidence=[
                        cite(vip, "replies have this source"),
                        *way.because,
                        cite(gateway, "{director} is this gateway", director=director.name),
                        *own.because,
                        *passed.because,
                    ],
                    fix=_past_the_director(node, way, director, gateway.link),
                )


def _past_the_director(node: Node, way: Lookup, director: Node, link: str) -> Fix:
    """The director's own router, if the real server has it for a neighbour; else the director has to let replies by."""
    masqueraded = any(listing.forwarding is Forwarding.NAT for listing in node.memberships)  # these need this gateway
    for _, hop in default_gateways(director):
        router = hop.gateway
        if router and way.route and not masqueraded and route_lookup(node, router).onlink:
            dst = "default" if way.route.dst.prefixlen == 0 else str(way.route.dst)
            return replace_route(dst, router, way.route.table)
    wanted: dict[str, int] = {}
    if not effective(director, "accept_local", link):
        wanted[conf_key(link, "accept_local")] = 1
    if effective(director, "rp_filter", link).value == 1:
        wanted[conf_key(link, "rp_filter")] = 2
    if not forwards(director, link):
        everywhere = director.knows_sysctl(IP_FORWARD) and director.sysctl(IP_FORWARD).value
        wanted[conf_key(link, "forwarding") if everywhere else IP_FORWARD] = 1
    better = "# better, where there is another router: make that the real server's gateway; where there is none:"
    return Fix(now=(better,), node=director.name) + set_sysctls(wanted)
