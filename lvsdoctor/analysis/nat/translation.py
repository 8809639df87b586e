"""Masquerading (NAT) by a director: whose replies it has to see again, and what decides whether it does.

net/netfilter/ipvs/ip_vs_xmit.c: ip_vs_nat_xmit() rewrites the destination of a request and nothing else;
net/netfilter/ipvs/ip_vs_core.c: ip_vs_out_hook() rewrites the source of a reply, at FORWARD, if the reply comes by.
"""

from collections.abc import Collection, Iterator, Sequence

from lvsdoctor.analysis.filters.director_filters import sent_by_nat
from lvsdoctor.analysis.filters.filter_paths import filter_fact, filters_seen, undecided
from lvsdoctor.analysis.kube.addresses import KUBE_LINK
from lvsdoctor.kernel.answer import assume, assume_without
from lvsdoctor.kernel.delivery import delivered
from lvsdoctor.kernel.far_away import far_away
from lvsdoctor.kernel.own_address import own_address
from lvsdoctor.kernel.route_families import shows_routes
from lvsdoctor.kernel.routing import FAR_AWAY, Lookup, is_local, route_lookup
from lvsdoctor.model.address import IP, Address, Network
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Hook
from lvsdoctor.model.route import NextHop, Route
from lvsdoctor.model.standing import Membership
from lvsdoctor.sanitize import command

_CONNTRACK = "net.ipv4.vs.conntrack"


def nat_pairs(director: Node, family: int = 4) -> Iterator[tuple[VirtualService, Destination, IP]]:
    """Each service with each real server (and its RIP) that this node masquerades to, its own addresses left out.

    Reads ipvs, addresses, local-routes.
    """
    for service in director.services:
        for real in service.destinations:
            if real.ip is None or real.ip.version != family or real.forwarding is not Forwarding.NAT:
                continue
            if own_address(director, real.ip) is None:
                yield service, real, real.ip


def replies_pass(director: Node, real: Destination) -> bool:
    """Has a masqueraded real server's reply come through? Its packets out are counted where the director rewrites them,
    and a connection is active only after the reply to its first packet (ip_vs_proto_tcp.c: tcp_states). Reads
    ipvs-stats where collected. Raises NotCollected where a part of the counters was seen, and not this one's."""
    rows = (
        [row for service in director.evidence["ipvs-stats"] for row in service.destinations]
        if director.has("ipvs-stats")
        else []
    )
    counted = [real, *(row for row in rows if (row.ip, row.port) == (real.ip, real.port))]
    if real.active or any(row.counters is not None and row.counters.packets_out for row in counted):
        return True
    if director.has("ipvs-stats") and (absent := director.unseen("ipvs-stats")) is not None:
        raise absent
    return False


def nat_memberships(node: Node, family: int = 4) -> dict[IP, tuple[Membership, ...]]:
    """Who masquerades to this node, by RIP; not a director to itself. One that holds the RIP keeps that
    share itself; where that is the active director, nobody masquerades.

    Reads memberships, addresses, links, local-routes, policy-rules, routes. Raises NotCollected for a table that does
    not tell the forwarding (--stats).
    """
    found: dict[IP, tuple[Membership, ...]] = {}
    for listing in node.memberships:
        rip = listing.destination.ip
        if listing.forwarding is None and not listing.destination.method:
            raise NotCollected("ipvs", listing.director.name, f"how {rip} is forwarded to")
        if rip is None or rip.version != family or listing.forwarding is not Forwarding.NAT:
            continue
        found[rip] = (*found.get(rip, ()), listing)
    return {rip: sent for rip, listings in found.items() if (sent := _sent_here(node, rip, listings))}


def _sent_here(node: Node, rip: IP, listings: Sequence[Membership]) -> tuple[Membership, ...]:
    sent = tuple(listing for listing in listings if not _has(listing.director, rip))
    if len(sent) == len(listings):
        return sent
    own = any(listing.director.name == node.name for listing in listings)
    active_keeps_it = all(_has(listing.director, rip) for listing in taking_requests(listings))
    return () if own or active_keeps_it else sent


def _has(director: Node, rip: IP) -> bool:
    """Of a director whose addresses were not seen whole, by those that its files give it."""
    return any(row.ip == rip for row in director.known_rows("addresses"))


def taking_requests(listings: Sequence[Membership]) -> tuple[Membership, ...]:
    """Without those of a director that stands by: another has their VIP, so it has no connection whose NAT to undo.

    Reads addresses, links, local-routes, policy-rules, routes.
    """
    taken = {vip for listing in listings if _has_vip(listing) for vip, _ in listing.service.vips}
    return tuple(
        listing for listing in listings if _has_vip(listing) or not any(vip in taken for vip, _ in listing.service.vips)
    )


def _has_vip(listing: Membership) -> bool:
    return any(is_local(listing.director, vip) for vip, _ in listing.service.vips)


def real_server(director: Node, rip: IP) -> Node | None:
    """The node of this scan that holds a RIP. Reads addresses."""
    return next(director.peers_holding(rip), None)


def known_real_server(director: Node, rip: IP) -> Node | None:
    """The same; None as well where the addresses of another node were seen in part. Reads addresses."""
    try:
        return real_server(director, rip)
    except NotCollected:
        return None


def no_source_nat(
    director: Node,
    service: VirtualService | None = None,
    real: Destination | None = None,
    client: IP | None = None,
    *,
    family: int = 4,
) -> Citation | None:
    """What tells that the director leaves the clients' addresses alone. None: a rule changes them.

    With vs.conntrack=0 no rule of the nat table sees a packet of IPVS (ip_vs_xmit.c: ip_vs_nat_send_or_cont() calls
    ip_vs_notrack()); with 1 it takes the rules. Where these were collected they are asked for what `client` sends to
    `real`; raises NotCollected where a rule may match. Reads addresses, sysctl, and iptables, ip6tables, links, routes,
    local-routes, policy-rules where collected.
    """
    if any(address.link == KUBE_LINK for address in director.seen_rows("addresses")):
        return None
    known = director.has("sysctl") and director.knows_sysctl(_CONNTRACK)
    if known and (setting := director.sysctl(_CONNTRACK)).value == 0:
        return Citation(setting.seen, "no SNAT rule ever sees what IPVS forwards")
    fact = filter_fact(family)
    if service is not None and real is not None and filters_seen(director, family):
        client = client or far_away(family)
        verdict = sent_by_nat(director, service, real, client)
        if verdict is not None and verdict.lacking is not None:
            raise verdict.lacking
        if verdict is not None and verdict.packet.src != client:
            if not verdict.packet.changed:
                raise undecided(director, fact, "whether a rule changes the source of what IPVS forwards")
            if not known:
                raise NotCollected("sysctl", director.name, _CONNTRACK, command("sysctl", _CONNTRACK))
            return None
        tables = director.packet_filter(fact)
        line = next((c for t in tables if t.nat for c in t.chains if c.hook is Hook.POSTROUTING), None)
        if verdict is not None and line is not None:
            return Citation(line.seen, "no rule of this chain changes the source of what IPVS forwards")
    text = "no iptables or nftables rule changes the source of what IPVS forwards"
    save = "iptables-save -t nat" if family == 4 else "ip6tables-save -t nat"
    return assume_without("packets", text, save, of=director, note="not in the evidence of {node}")


def taken_for_active(node: Node, taking: Sequence[Membership]) -> list[Citation]:
    """What is taken for granted where no scanned director has the VIP, or the links that could be tunnels to it are not
    known. Reads links, and of the directors addresses, local-routes, policy-rules, routes."""
    lines = []
    if not any(delivered(listing.director, vip) for listing in taking for vip, _ in listing.service.vips):
        text = "the director that has the VIP is not behind that route"
        lines.append(assume("addresses", text, settle="# scan the directors together", others=True))
    if not node.has("links"):
        lines.append(assume("links", "no tunnel to the director on that route"))
    return lines


def passes(node: Node, lookup: Lookup, addresses: Collection[IP]) -> bool:
    """Do all next hops of a route of this node lead to the host that has these addresses?

    A hop without a gateway does if its link speaks no ARP and one of the addresses is at the far end. Reads links.
    """
    if lookup.route is None or lookup.type == "unreachable":  # such a route of IPv6 names lo
        return False
    hops = [hop for hop in lookup.route.nexthops if "dead" not in hop.flags]
    return bool(hops) and all(_leads_to(node, hop, addresses) for hop in hops)


def _leads_to(node: Node, hop: NextHop, addresses: Collection[IP]) -> bool:
    if hop.gateway is not None:
        return hop.gateway in addresses
    link = node.link(hop.link) if hop.link is not None and node.has("links") else None
    if link is None or link.arp:
        return False
    return any(ip in end.network for end in node.addresses_on(link.name) for ip in addresses)


def client_in(subnet: Network, *nodes: Node) -> IP | None:
    """A host of the subnet that is none of these nodes: it stands for the clients there."""
    taken = {address.ip for node in nodes for address in node.seen_rows("addresses")}
    return next((ip for ip in subnet.hosts() if ip not in taken), None)


def passes_for_some(node: Node, addresses: Collection[IP]) -> Route | None:
    """A route to the host with these addresses that only some packets take: to a few hosts, or of a table that a policy
    rule chooses by what no lookup here knows (a mark, a port).

    Reads routes, policy-rules.
    """
    routes: Sequence[Route] = node.known_rows("routes")
    tables = {route.table for route in routes}
    if node.has("policy-rules"):
        tables = {rule.table for rule in node.policy_rules if rule.fwmark or rule.other or rule.tos} | {"main"}
    for route in routes:
        for_all = route.table == "main" and not route.dst.prefixlen
        if not for_all and route.table in tables and any(gateway in addresses for gateway in route.gateways):
            return route
    return None


def replying_through(director: Node, rip: IP) -> Iterator[tuple[IP, tuple[Citation, ...]]]:
    """Clients that a real server answers through its NAT director, and what tells so: some host far away, and one for
    each route to the director that the real server has.

    Reads addresses, routes, policy-rules, local-routes, links of the real server.
    """
    peer = real_server(director, rip)
    pairs = ((service, real) for service, real, ip in nat_pairs(director) if ip == rip)
    service, real = next(pairs, (None, None))
    if peer is None or not shows_routes(peer, 4):
        if (kept := no_source_nat(director, service, real)) is not None:
            yield FAR_AWAY, (kept,)
        return
    own = {address.ip for address in director.addresses}
    nets = [r.dst for r in peer.routes if r.dst.version == 4 and r.dst.prefixlen and own.intersection(r.gateways)]
    for client in (FAR_AWAY, *(client_in(net, director, peer) for net in nets)):
        way = route_lookup(peer, client, src=rip) if client is not None else None
        if client is None or way is None or not passes(peer, way, own):
            continue
        # To a source that a rule changes the real server replies as to a neighbour of its own.
        if filters_seen(director, 4) and no_source_nat(director, service, real, client) is None:
            continue
        yield client, way.because


def neighbours_through(director: Node, rip: IP) -> Iterator[tuple[IP, tuple[Citation, ...]]]:
    """Hosts of this scan in a subnet of a real server's own, which it answers through its NAT director all the same.

    Reads addresses, routes, policy-rules, local-routes, links of the real server, addresses of the others.
    """
    peer = real_server(director, rip)
    if peer is None or not shows_routes(peer, 4):
        return
    own = {address.ip for address in director.addresses}
    subnets = [address.network for address in peer.addresses if address.ip.version == 4 and not address.host_only]
    # Mostly all hosts of a subnet are answered straight: then one of them tells, however many the scan has.
    subnets = [subnet for subnet in subnets if not _straight(director, peer, subnet, rip)]
    others = (other for other in director.peers_with("addresses") if subnets and other is not peer)
    for ip in (address.ip for other in others for address in other.addresses):
        if ip not in own and not ip.is_loopback and any(ip in subnet for subnet in subnets):
            way = route_lookup(peer, ip, src=rip)
            if passes(peer, way, own):
                yield ip, way.because


def _straight(director: Node, peer: Node, subnet: Network, rip: IP) -> bool:
    """Does a real server answer all hosts of a subnet past its director, there being no route or rule for some?"""
    told = [route.dst for route in peer.routes]
    told += [rule.dst for rule in peer.policy_rules if rule.dst] if peer.has("policy-rules") else []
    if any(dst.prefixlen > subnet.prefixlen and dst.network_address in subnet for dst in told):
        return False
    nearby = client_in(subnet, director, peer)
    own = {address.ip for address in director.addresses}
    return nearby is not None and not passes(peer, route_lookup(peer, nearby, src=rip), own)


def gateway_to_director(node: Node, listings: Sequence[Membership]) -> Address | None:
    """The address that a real server should send its replies to: one of its directors', on a subnet of its own.

    No VIP if there is another; of several directors one that moves between them, or else one of the director that has
    the VIP. Reads what taking_requests() does.
    """
    families = {listing.destination.ip.version for listing in listings if listing.destination.ip is not None}
    own = [
        a
        for a in node.known_rows("addresses")
        if a.ip.version in families and not (a.ip.is_loopback or a.ip.is_link_local)
    ]
    subnets = [address.network for address in own if not address.host_only]
    vips = {vip for listing in listings for vip, _ in listing.service.vips}
    several = len({listing.director.name for listing in listings}) > 1
    active_first = sorted(listings, key=lambda listing: not _has_vip(listing))
    beside = [
        a for m in active_first for a in m.director.known_rows("addresses") if any(a.ip in subnet for subnet in subnets)
    ]
    return min(beside, key=lambda a: (a.ip in vips, (a.host_only or a.secondary) != several), default=None)
