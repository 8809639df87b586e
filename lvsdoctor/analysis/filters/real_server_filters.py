"""Do a real server's packet filters pass the requests that a director sends it, and its replies?"""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.analysis.filters.changed_sources import source_sent
from lvsdoctor.analysis.filters.director_filters import outer_source, requests_of
from lvsdoctor.analysis.filters.filter_paths import (
    CHECK,
    CHECK_REPLY,
    OUTER_PROTOCOLS,
    PROTOCOLS,
    TUNNELLED,
    FilteredPacket,
    any_client,
    filter_fact,
    link_towards,
    locality,
    of_all,
    passed,
    reply_passed,
    undecided,
)
from lvsdoctor.analysis.nat.translation import no_source_nat
from lvsdoctor.analysis.request_path import tunnel_for
from lvsdoctor.kernel.delivery import delivered
from lvsdoctor.kernel.ipvs_packets import Passage
from lvsdoctor.kernel.packet_filter import DELIVERED, SENT, FilterOutcome, FilterVerdict
from lvsdoctor.kernel.packet_matching import CLIENT_PORT, NEW, SYN, TCP, Packet
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import AddressRange, Effect, Hook, Match
from lvsdoctor.model.standing import Membership

REQUEST, REPLY = "request", "reply"
_ESTABLISHED = frozenset({"ESTABLISHED"})
_TAKING = frozenset({Effect.REDIRECT, Effect.DNAT, Effect.TPROXY})


def at_real_server(node: Node, listing: Membership) -> Iterator[FilteredPacket]:
    """What the filters of a real server do to the packets of a connection that this director sends it; and, where they
    pass a request to the VIP, to a health check of the RIP by this director.

    Raises NotCollected where the filters were not collected. Reads addresses, the filters, and links, routes,
    local-routes, policy-rules, of the director too, where collected.
    """
    service, rip = listing.service, listing.destination.ip
    if rip is None or listing.forwarding not in (Forwarding.DR, Forwarding.TUN, Forwarding.NAT):
        return
    version = service.version
    for fact in dict.fromkeys((filter_fact(version), filter_fact(rip.version))):
        if not node.has(fact):
            raise NotCollected(fact, node.name)
    ports: dict[int, None] = {}
    for passage in _passages(node, service, listing.destination, listing.director):
        host = locality(node, passage.packet.version)
        judged = reply_passed if passage.part == REPLY else passed
        verdict = judged(node, passage.packet, passage.hooks, host)
        if passage.part == REQUEST and not _is_delivered(node, passage.packet, verdict):
            continue
        yield FilteredPacket(service, listing.destination, passage, verdict)
        if passage.part == REQUEST and verdict.outcome is FilterOutcome.ACCEPTED and verdict.packet.protocol == TCP:
            port = verdict.packet.dport if verdict.packet.changed else listing.destination.port or verdict.packet.dport
            ports |= {port: None} if port else {}
    for port in ports:
        yield from _health_check(node, listing, rip, port)


def _health_check(node: Node, listing: Membership, rip: IP, port: int) -> Iterator[FilteredPacket]:
    """A connection of the director itself to the port at which a process gets the requests. With masquerading only its
    source differs from theirs, so it is told of where it is dropped.

    Where a filter asks for the source and no route of the director tells it, its address beside the RIP stands in.
    """
    director = listing.director
    if director.name == node.name:
        return
    items = list(_checked(node, listing, rip, port, outer_source(director, rip)))
    beside = _beside(director, rip)
    if beside is not None and any(item.verdict.lacking and item.passage.packet.src is None for item in items):
        lacking = next((fact for fact in ("routes", "links") if not director.has(fact)), "routes")
        director.assuming(NotCollected(lacking, director.name, f"the source of its packets to {rip}"))
        items = list(_checked(node, listing, rip, port, beside))
    yield from (item for item in items if item.dropped or listing.forwarding is not Forwarding.NAT)


def _beside(director: Node, rip: IP) -> IP | None:
    """The address of a director in the subnet of a real server."""
    rows = director.known_rows("addresses") if director.has("addresses") else ()
    return next((row.ip for row in rows if rip in row.network and not row.host_only), None)


def _checked(node: Node, listing: Membership, rip: IP, port: int, src: IP | None) -> Iterator[FilteredPacket]:
    for passage in _check(node, rip, port, src):
        judged = reply_passed if passage.part == CHECK_REPLY else passed
        verdict = judged(node, passage.packet, passage.hooks, locality(node, rip.version))
        yield FilteredPacket(listing.service, listing.destination, passage, verdict)


def _check(node: Node, rip: IP, port: int, src: IP | None) -> Iterator[Passage]:
    link = next((row.link for row in node.holding(rip)), None)
    yield Passage(CHECK, Packet(src, rip, TCP, CLIENT_PORT, port, in_link=link, states=NEW, tcp_flags=SYN), DELIVERED)
    out = link_towards(node, src) if src is not None else None
    yield Passage(CHECK_REPLY, Packet(rip, src, TCP, port, CLIENT_PORT, out_link=out, states=_ESTABLISHED), SENT)


def may_be_checked(listing: Membership) -> bool:
    """Does the director check the real server? No dump of what runs tells that; of a director of which files alone
    tell, those of its health checker do. Reads health-checks of the director."""
    return listing.director.has("health-checks") or not listing.director.planned


def at_real_server_of_all(
    node: Node, *how: Forwarding
) -> tuple[list[tuple[Membership, tuple[FilteredPacket, ...]]], NotCollected | None]:
    """at_real_server() for each listing of which it can be told, and what the others lack. `how`: of those of these
    methods alone. Reads memberships, and as that does."""
    known, absent = [], None
    for listing in node.memberships:
        if how and listing.forwarding not in how:
            continue
        try:
            known.append((listing, tuple(at_real_server(node, listing))))
        except NotCollected as lacking:
            absent = absent or lacking.anew()
    return known, absent or node.unseen("memberships")


def _is_delivered(node: Node, packet: Packet, verdict: FilterVerdict) -> bool:
    """Does the packet come to INPUT at all? What the host drops for want of the VIP is another trouble."""
    return packet.dst is not None and (verdict.packet.changed or delivered(node, packet.dst).yes)


def _passages(node: Node, service: VirtualService, real: Destination, director: Node | None) -> Iterator[Passage]:
    rip, version = real.ip, service.version
    assert rip is not None
    link = next((row.link for row in node.holding(rip)), None)
    src = any_client(node, version)
    if real.forwarding is Forwarding.NAT and director is not None and _asks_for_a_source(node, version):
        src = source_sent(director, service, real, src)
    if real.forwarding is Forwarding.TUN:
        protocol = OUTER_PROTOCOLS.get(real.tunnel_type, (None, None))[version == 6]
        outer = outer_source(director, rip) if director is not None else None
        port = real.tunnel_port or None
        yield Passage(TUNNELLED, Packet(outer, rip, protocol, dport=port, in_link=link, states=NEW), DELIVERED)
        link = _tunnel(node, service, real, director)
    for request in _requests(node, service, real, director):
        flags = SYN if request.protocol == TCP else None if request.protocol is None else frozenset[str]()
        yield Passage(REQUEST, replace(request, src=src, in_link=link, states=NEW, tcp_flags=flags), DELIVERED)
        out = link_towards(node, src) if src is not None else None
        reply = Packet(
            request.dst, src, request.protocol, request.dport, CLIENT_PORT, out_link=out, states=_ESTABLISHED
        )  # fmt: skip
        yield Passage(REPLY, reply, SENT)


def _asks_for_a_source(node: Node, version: int) -> bool:
    tables = node.packet_filter(filter_fact(version)) if node.has(filter_fact(version)) else ()
    return any(item.match is Match.SOURCE for table in tables for row in table.rules for item in row.conditions)


def sources_kept(node: Node, listing: Membership) -> tuple[Citation, ...]:
    """What tells, where a rule of a real server asks for the source of masqueraded requests, that these have that of
    their clients. Reads the filters, and as no_source_nat() of the director."""
    version = listing.service.version
    if listing.forwarding is not Forwarding.NAT or not _asks_for_a_source(node, version):
        return ()
    kept = no_source_nat(listing.director, listing.service, listing.destination, family=version)
    return () if kept is None else (kept,)


def _requests(node: Node, service: VirtualService, real: Destination, director: Node | None) -> Iterator[Packet]:
    """Its requests as they arrive. Those of a firewall mark are the ones that the director marks: raises NotCollected
    where that is not known."""
    if service.fwmark is None:
        protocol = PROTOCOLS.get(service.protocol)
        if real.forwarding is Forwarding.NAT:
            yield Packet(None, real.ip, protocol, CLIENT_PORT, real.port or service.port or None)
        elif service.vip is not None:
            yield Packet(None, service.vip, protocol, CLIENT_PORT, service.port or None)
    elif director is not None:
        for packet in requests_of(director, service):
            nat = real.forwarding is Forwarding.NAT
            dst, port = (real.ip, real.port or packet.dport) if nat else (packet.dst, packet.dport)
            yield Packet(None, dst, packet.protocol, CLIENT_PORT, port)


def _tunnel(node: Node, service: VirtualService, real: Destination, director: Node | None) -> str | None:
    both_four = real.ip is not None and real.ip.version == 4 and (service.vip is None or service.vip.version == 4)
    if director is None or not both_four or not node.has("links"):
        return None
    tunnel = tunnel_for(node, Membership(service, real, director))
    return tunnel.name if tunnel is not None else None


def comes_in(verdict: FilterVerdict) -> bool:
    """Does a rule give the packet an address of this host, so that it comes to INPUT, whatever happens there?"""
    dropped_there = verdict.outcome is FilterOutcome.DROPPED and verdict.hook is Hook.INPUT
    return verdict.packet.changed and (verdict.outcome is FilterOutcome.ACCEPTED or dropped_there)


def taken_in(node: Node, vip: IP) -> FilterVerdict:
    """What the filters of a real server do to requests for a VIP, whatever the port: REDIRECT, DNAT to its own address
    and TPROXY take them in without the VIP.

    Of what the director sends, where it lists the node, and else of any packet to the VIP.
    """
    passages = [
        item
        for listing in (node.memberships if node.has("memberships") else ())
        if listing.service.serves(vip) and listing.destination.ip and listing.forwarding is not Forwarding.NAT
        for item in _passages(node, listing.service, listing.destination, listing.director)
        if item.part == REQUEST
    ] or [Passage(REQUEST, Packet(any_client(node, vip.version), vip, None, states=NEW), DELIVERED)]
    host = locality(node, vip.version)
    verdicts = [passed(node, item.packet, item.hooks, host) for item in passages]
    return of_all(verdicts, undecided(node, filter_fact(vip.version), f"what takes requests for {vip} in"))


def takes_without_vip(node: Node, vip: IP) -> bool:
    """Does a rule hand the requests for a VIP to a process of this host, though the VIP is no address of the host?

    Raises NotCollected where that is not known: where a rule may do so, a transparent socket would have to take them,
    or they are sent on to another address. Reads as taken_in().
    """
    verdict = taken_in(node, vip)
    fact = filter_fact(vip.version)
    if verdict.lacking is not None:
        raise verdict.lacking
    if verdict.packet.tproxy is not None:
        raise NotCollected("sockets", node.name, "whether a transparent socket takes what TPROXY gives it")
    if verdict.outcome is FilterOutcome.REWRITTEN:
        raise undecided(node, fact, f"what becomes of requests for {vip} at their new destination")
    if comes_in(verdict):
        return True
    if verdict.assumed:
        raise NotCollected(fact, node.name, partial=node.partial(fact))
    return False


def passed_by(node: Node, vip: IP) -> Iterator[Citation]:
    """The rules that give packets for the VIP another destination, on a host where they do not take these requests: of
    another port, client or interface, or behind a rule that ends the chain. Reads the filter where collected."""
    fact = filter_fact(vip.version)
    for table in node.seen_rows(fact) if node.has(fact) else ():
        for row in (row for chain in table.chains for row in chain.rules):
            destined = (item for item in row.conditions if item.match is Match.DESTINATION and not item.negated)
            names_vip = any(isinstance(value, AddressRange) and vip in value for c in destined for value in c.values)
            if names_vip and any(action.effect in _TAKING for action in row.actions):
                yield cite(row, "this rule does not take these requests")


def port_at(node: Node, service: VirtualService, real: Destination) -> int | None:
    """The port that a request for a service has when a process of the real server gets it, after REDIRECT and DNAT.

    Raises NotCollected where a rule may change it. Reads addresses, the filters, and links, local-routes, policy-rules,
    routes where collected.
    """
    for item in _passages(node, service, real, None):
        if item.part == REQUEST:
            verdict = passed(node, item.packet, item.hooks, locality(node, item.packet.version))
            if verdict.lacking is not None:
                raise verdict.lacking
            return verdict.packet.dport
    return None
