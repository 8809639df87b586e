"""How a director's packet gets to a real server: its filter, the route, the neighbour, and what fits into a tunnel."""

from collections.abc import Iterator

from lvsdoctor.analysis.arp.rip_neighbours import Stray, misled_to, stray
from lvsdoctor.analysis.filters.director_filters import outer_source
from lvsdoctor.analysis.filters.filter_paths import OUTER_PROTOCOLS, PROTOCOLS
from lvsdoctor.analysis.named_segments import named_apart
from lvsdoctor.analysis.reachability import reachability
from lvsdoctor.analysis.tunnel_room import tunnel_room
from lvsdoctor.analysis.walk.asking import finds
from lvsdoctor.analysis.walk.attempt import Attempt
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.analysis.walk.director import first_packet, until_no
from lvsdoctor.analysis.walk.filters import of_connection
from lvsdoctor.analysis.walk.next_hops import NAMED_APART
from lvsdoctor.analysis.walk.receiving import home_of
from lvsdoctor.analysis.walk.routers import stopped_on_path
from lvsdoctor.analysis.walk.subnets import own_addresses
from lvsdoctor.kernel.answer import Answer, assume_without, no, yes
from lvsdoctor.kernel.arp import arp_reply
from lvsdoctor.kernel.arp_source import arp_sender
from lvsdoctor.kernel.delivery import dead_end, passes_on
from lvsdoctor.kernel.ndp import ndp_reply
from lvsdoctor.kernel.packet_filter import SENT
from lvsdoctor.kernel.packet_matching import CLIENT_PORT, NEW, Packet
from lvsdoctor.kernel.routing import Lookup, route_lookup
from lvsdoctor.kernel.source_address import own_source
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decision, StepVerdict
from lvsdoctor.sanitize import command


def to_real_server(
    decider: Decider,
    director: Node,
    service: VirtualService,
    real: Destination,
    attempt: Attempt,
    server: Node | None,
) -> Iterator[StepVerdict]:
    """The steps between a director and a real server, up to the first no."""
    assert real.ip is not None
    yield from until_no(
        lambda: reached(decider, director, real.ip, real.forwarding),  # type: ignore[arg-type]
        lambda: _hops(decider, director, real, attempt),
        lambda: _output(decider, director, service, real, attempt),
        lambda: neighbour(decider, director, real.ip, server, attempt.src, real.forwarding),  # type: ignore[arg-type]
        lambda: _mtu(decider, director, real) if real.forwarding is Forwarding.TUN else None,
        lambda: _routers(decider, director, real, attempt),
    )


def _hops(decider: Decider, director: Node, real: Destination, attempt: Attempt) -> StepVerdict | None:
    """A request that a rule has given a hop limit of 1 or 0 leaves no director
    (net/netfilter/ipvs/ip_vs_xmit.c: decrement_ttl())."""
    try:
        verdict = first_packet(director, attempt)
    except NotCollected:
        return None
    hops = verdict.packet.hop_limit
    if hops is None or hops > 1 or verdict.lacking is not None:
        return None
    answer = no("IPVS drops the request, as a rule sets the hop limit to {hops}", *verdict.because, hops=hops)
    key = ("hops", attempt.src, attempt.link, attempt.at.subject)
    return decider.step(director, Decision.ROUTE, f"to {real.ip} by hops", key, lambda: answer)


def _routers(decider: Decider, director: Node, real: Destination, attempt: Attempt) -> StepVerdict | None:
    """Direct routing has no router between a director and a real server."""
    rip = real.ip
    if rip is None or real.forwarding is Forwarding.DR:
        return None
    if real.forwarding is Forwarding.TUN:
        protocol = OUTER_PROTOCOLS.get(real.tunnel_type, (None, None))[attempt.at.vip.version == 6]
        try:
            packet = Packet(outer_source(director, rip), rip, protocol, dport=real.tunnel_port or None, states=NEW)
        except NotCollected:
            return None
    else:
        number, port = PROTOCOLS.get(attempt.at.protocol), real.port or attempt.at.port
        packet = Packet(attempt.src, rip, number, CLIENT_PORT, port or None, states=NEW)
    return by_routers(decider, director, rip, packet)


def by_routers(
    decider: Decider, director: Node, target: IP, packet: Packet, lookup: Lookup | None = None
) -> StepVerdict | None:  # fmt: skip
    """Where a scanned router on the path from a director does not pass a packet on."""

    def work_out() -> Answer | None:
        try:
            return stopped_on_path(director, lookup or route_lookup(director, target), packet)
        except NotCollected:
            return None

    key = ("by routers", id(director), target, packet)
    answer = decider.once(key, work_out)
    return (
        decider.step(director, Decision.ROUTE, f"to {target} by routers", key, lambda: answer)
        if answer is not None
        else None
    )


def reached(decider: Decider, director: Node, rip: IP, forwarding: Forwarding | None) -> StepVerdict:
    """Has a director a route to a real server by which its packets get there?"""

    def decide() -> Answer | None:
        reach = reachability(director, rip, {forwarding})
        if reach.unsure:
            return _detour(director, reach.lookup.gateways[0], rip) if reach.lookup.gateways else None
        cut, lookup, gateways = reach.cut, reach.lookup, reach.lookup.gateways
        if cut:
            return no(cut.reason, *cut.because, **cut.fields)
        if lookup.type != "unicast":
            return None
        if (dead := dead_end(director, lookup)) is not None:
            return no("the route leads to {link}, where no other host is", *lookup.because, dead, link=lookup.links[0])
        through = [hop for hop in gateways if hop != rip and not any(True for _ in _holding_both(director, hop, rip))]
        if forwarding is Forwarding.DR and through:
            # ip_vs_dr_xmit(): the frame goes to the gateway, which routes the VIP and not the RIP.
            text = "direct routing sends the request to gateway {gateway}, which does not have {rip}"
            return no(text, *lookup.because, gateway=through[0], rip=rip)
        if reach.home is not None and gateways and through:
            return _detour(director, through[0], rip)
        return yes("the route leads to {hop}", *lookup.because, hop=_hop(gateways, lookup.links))

    return decider.step(director, Decision.ROUTE, f"to {rip}", forwarding, decide)


def _detour(director: Node, gateway: IP, rip: IP) -> Answer | None:
    """A gateway to a real server of the director's own subnet: does it pass packets on there?"""
    source = own_source(director, rip).ip
    for router in director.peers_holding(gateway):
        link = next(row.link for row in router.holding(gateway))
        return passes_on(router, src=source, dst=rip, arrived_on=link) if source is not None else None
    raise NotCollected("routes", str(gateway), f"the route of gateway {gateway} to {rip}", f"# scan {gateway} as well")


def _hop(gateways: tuple[IP, ...], links: tuple[str, ...]) -> str:
    return str(gateways[0]) if gateways else links[0] if links else "?"


def _holding_both(director: Node, gateway: IP, rip: IP) -> Iterator[Node]:
    return (peer for peer in director.peers_holding(gateway) if peer.holding(rip))


def _output(
    decider: Decider, director: Node, service: VirtualService, real: Destination, attempt: Attempt
) -> StepVerdict:
    def decide() -> Answer | None:
        return of_connection(director, service, real, attempt, lambda item: item.passage.hooks == SENT)

    subject = f"{attempt.at.protocol} to {real.ip}"
    key = (attempt.src, attempt.link, attempt.at.vip, attempt.at.port, real.port, real.forwarding)
    return decider.step(director, Decision.OUTPUT_FILTER, subject, key, decide)


def neighbour(
    decider: Decider, director: Node, rip: IP, server: Node | None, packet_source: IP | None,
    forwarding: Forwarding | None = None,
) -> StepVerdict | None:  # fmt: skip
    """Does the neighbour cache of a director lead to the real server, and would that answer a request of it? None
    where a gateway is between them."""

    def decide() -> Answer | None:
        lookup = route_lookup(director, rip)
        if not lookup.onlink:
            lost = stray(director, rip)
            if lost is not None and (lost.unlisted or not lost.of_a_moment):
                return no("{why}", *lost.because, why=lost.why)
            return yes("{rip} is not a neighbour", *lookup.because, rip=rip)
        if (
            server is not None
            and lookup.links
            and (apart := named_apart(director, lookup.links[0], rip, [server])) is not None
        ):
            return no(NAMED_APART, *lookup.because, hop=rip, host=apart.name, link=lookup.links[0])
        if forwarding is Forwarding.DR and (other := misled_to(director, rip)) is not None:
            text = "a permanent neighbour entry has a MAC of {host}, which gets the request"
            return yes(text, cite(other[2]), cite(other[1]), host=other[0].name)
        astray = stray(director, rip)
        if astray is not None and not (astray.twice or (astray.of_a_moment and not astray.unlisted)):
            return no("{why}", *astray.because, why=astray.why)
        if server is None:
            return _by_cache(director, rip)
        if astray is not None and astray.twice:
            return _by_cache(director, rip, server)
        link = director.link(lookup.links[0]) if lookup.links else None
        answer = _asked(director, rip, server, link, packet_source) if link is not None else None
        if answer and link is not None and (unfound := finds(director, rip, link.name, packet_source)) is not None:
            return unfound
        if astray is not None and answer is not None and answer:
            return _unanswered(rip, astray)
        return answer

    return decider.step(director, Decision.NEIGHBOUR, f"{rip}", (_kind(director, packet_source), forwarding), decide)


def _unanswered(rip: IP, astray: Stray) -> Answer | None:
    """The settings let the real server answer, and the cache shows that it has not. Where the director gave up, some
    thing between them or in it keeps the answer back."""
    if astray.entry is None or astray.entry.state != "FAILED":
        return None
    ask = command(*(("ping", "-6") if rip.version == 6 else ("arping",)), "-c", "3", rip)
    still = assume_without("", f"{rip} still does not answer", ask)
    return no("{why}", *astray.because, still, why=astray.why)


def _kind(director: Node, packet_source: IP | None) -> object:
    """A source that is not the director's own is never the sender of its requests: all of them are alike."""
    return packet_source if packet_source in own_addresses(director) else None


def _by_cache(director: Node, rip: IP, server: Node | None = None) -> Answer | None:
    """The director's neighbour entry has the MAC of that real server, or of some host."""
    rows = director.neighbours if director.has("neighbours") else ()
    for row in rows:
        if row.ip == rip and row.mac and (server is None or server.links_with_mac(row.mac)):
            return yes("a neighbour entry has its MAC", cite(row))
    return None


def _asked(director: Node, rip: IP, server: Node, link: Link, packet_source: IP | None) -> Answer | None:
    """Would the real server answer the director's own request for it?"""
    permanent = _permanent(director, rip)
    if permanent is not None:
        return yes("a permanent neighbour entry has its MAC", permanent)
    home = home_of(server, rip)
    its = server.link(home) if home is not None else None
    if its is None:
        return None
    if rip.version == 6:
        return ndp_reply(server, rip, arrived_on=its)
    sender = arp_sender(director, link, asking_for=rip, packet_source=packet_source)
    if sender.ip is None:
        return no("{director} sends no ARP request", *sender.because, director=director.name)
    reply = arp_reply(server, rip, arrived_on=its, sender=sender.ip)
    if reply:
        return yes("{rip} answers {sender}", *reply.because, rip=rip, sender=sender.ip)
    text = "{rip} does not answer {sender}: {why}"
    return no(text, *reply.because, *sender.because, rip=rip, sender=sender.ip, why=reply.why)


def _permanent(director: Node, rip: IP) -> Citation | None:
    rows = director.seen_rows("neighbours") if director.has("neighbours") else ()
    entry = next((row for row in rows if row.ip == rip and row.fixed), None)
    return cite(entry, "a permanent entry needs no request") if entry is not None else None


def _mtu(decider: Decider, director: Node, real: Destination) -> StepVerdict:
    rip = real.ip
    assert rip is not None

    def decide() -> Answer | None:
        room = tunnel_room(director, real)
        if room is None:
            return None
        # ip_vs_xmit.c: ensure_mtu_is_adequate() asks senders of larger packets to send smaller ones, by ICMP.
        return yes("requests of at most {room} bytes fit", *room.because, room=room.bytes)

    return decider.step(director, Decision.MTU, f"to {rip}", real.tunnel_type, decide)
