"""A real server sends its replies through the director, which drops packets with its own VIP as source."""

from collections.abc import Iterator, Sequence

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Fix,
    Forwarding,
    Lookup,
    Node,
    Severity,
    assume,
    cite,
    conf_key,
    default_gateways,
    effective,
    forwards,
    is_local,
    passes_reply,
    replace_route,
    reply_paths,
    route_lookup,
    rule,
    set_sysctls,
)

ALL, PART = "Clients get no reply. ", "Clients whose replies this route sends to {director} get no reply. "
IP_FORWARD = "net.ipv4.ip_forward"
BETTER = "# better, with another router: make this router the gateway of the real server; without another router:"


@rule(
    name="director-is-real-servers-gateway", code="DR004", severity=Severity.ERROR, explains=Decision.RETURN_PATH,
    role="real-server", needs={"memberships", "addresses", "routes"},
    helps={"policy-rules", "local-routes", "sysctl", "links", "log"}, harmless_at_weight_0=True,
)  # fmt: skip
def director_is_real_servers_gateway(node: Node) -> Iterator[Finding]:
    for vip in sorted(node.vips, key=lambda vip: vip.ip.version):
        ways = list(reply_paths(node, vip.ip))
        gateways = {hop for _, way in ways for hop in way.gateways}
        for director in {listing.director.name: listing.director for listing in node.memberships}.values():
            own = is_local(director, vip.ip)
            for gateway in director.addresses if own and any(map(director.holding, gateways)) else ():
                lost = [
                    (way, passed)
                    for client, way in ways
                    if gateway.ip in way.gateways
                    and not (passed := passes_reply(director, src=vip.ip, dst=client, arrived_on=gateway.link))
                ]
                if not lost or own is None:
                    continue
                subnets = [str(way.route.dst) for way, _ in lost if way.route and way.route.dst.prefixlen]
                some, who = len(subnets) == len(lost), f"the VIP has clients in {', '.join(subnets)}"
                shared = all(len(p.gateways) > 1 and not all(map(director.holding, p.gateways)) for p, _ in lost)
                yield Finding(
                    "{node} sends replies for VIP {vip} "
                    + ("to {subnets} " if some else "")
                    + "to gateway {gateway}, an address of director {director}",
                    clients=(PART if shared else "Clients in {subnets} get no reply. " if some else ALL)
                    + "{director} drops packets with its own VIP as source ({why}).",
                    about={"vip": vip.ip, "gateway": gateway.ip},
                    subnets=", ".join(subnets),
                    director=director.name,
                    why=lost[0][1].why,
                    evidence=[
                        cite(vip, "replies have this source"),
                        *(line for way, _ in lost for line in way.because),
                        cite(gateway, "{director} is this gateway", director=director.name),
                        *(*own.because, *lost[0][1].because),
                        *([assume("ipvs", who, settle="ipvsadm -Lnc  # on the director")] if some else []),
                    ],
                    decided_by=next((way.route for way, _ in lost if way.route), None),
                    severity=Severity.WARNING if some or shared else None,
                    fix=_past_the_director(node, [way for way, _ in lost], director, gateway.link),
                )


def _past_the_director(node: Node, lookups: Sequence[Lookup], director: Node, link: str) -> Fix:
    """The director's own router, if the real server has it for a neighbour; else the director has to let replies by."""
    masqueraded = any(listing.forwarding is Forwarding.NAT for listing in node.memberships)  # these need this gateway
    family = next(hop.version for way in lookups for hop in way.gateways)
    for router in () if director.planned else [hop.gateway for _, hop in default_gateways(director, family)]:
        if router and not router.is_link_local and not masqueraded and route_lookup(node, router).onlink:
            places = [(str(r.dst) if r.dst.prefixlen else "default", r.table) for way in lookups if (r := way.route)]
            return sum((replace_route(dst, router, table) for dst, table in places), Fix())
    wanted: dict[str, int] = {conf_key("all", "forwarding", 6): 1} if family == 6 else {}
    known = family == 4 and director.has("sysctl")
    if known and not effective(director, "accept_local", link):
        wanted[conf_key(link, "accept_local")] = 1
    if known and effective(director, "rp_filter", link).value == 1:
        wanted[conf_key(link, "rp_filter")] = 2
    if known and not forwards(director, link):
        everywhere = director.knows_sysctl(IP_FORWARD) and director.sysctl(IP_FORWARD).value
        wanted[conf_key(link, "forwarding") if everywhere else IP_FORWARD] = 1
    return Fix(now=(BETTER,), node=director.name) + set_sysctls(wanted)
