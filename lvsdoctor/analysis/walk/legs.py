"""The legs of a walk after a host has the client's packet: by a director, or straight to a real server."""

from collections.abc import Iterator

from lvsdoctor.analysis.arp.rip_neighbours import misled_to
from lvsdoctor.analysis.walk.arrivals import comes_straight
from lvsdoctor.analysis.walk.attempt import Attempt
from lvsdoctor.analysis.walk.checking import unscanned
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.analysis.walk.director import at_director, chosen, is_address_of, is_own, no_real_server
from lvsdoctor.analysis.walk.frames import mac_from, request_at
from lvsdoctor.analysis.walk.receiving import Arrival, at_local_node, at_real_server, home_of, unpacked
from lvsdoctor.analysis.walk.reply_packet import ReplyPacket
from lvsdoctor.analysis.walk.reply_past import reply_past_director
from lvsdoctor.analysis.walk.replying import reply_leaves, reply_through_director
from lvsdoctor.analysis.walk.sending import to_real_server
from lvsdoctor.analysis.walk.translating import source_of_direct_routing, source_seen
from lvsdoctor.kernel.delivery import home_link
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import cite
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Membership
from lvsdoctor.model.walk import HARMLESS, Decided, Decision, Step, StepVerdict


def by_director(
    decider: Decider, director: Node, service: VirtualService, real: Destination | None, share: float, attempt: Attempt
) -> Iterator[StepVerdict]:
    """The steps after the director has got the client's packet, up to the first no."""
    for verdict in _by_director(decider, director, service, real, share, attempt):
        yield verdict
        if verdict.decided is Decided.NO and verdict.step.decision not in HARMLESS:
            return


def _by_director(
    decider: Decider, director: Node, service: VirtualService, real: Destination | None, share: float, attempt: Attempt
) -> Iterator[StepVerdict]:
    if real is None:
        yield no_real_server(decider, director, service)
        return
    yield from at_director(decider, director, service, real, attempt)
    yield chosen(decider, director, service, real, share)
    if real.ip is None or real.forwarding not in _KNOWN:
        yield unscanned(real.ip or real.shown or "?")
        return
    if is_own(director, real):
        yield from _served_here(decider, director, real, attempt)
        return
    server, link = attempt.at.real_servers.get(real.ip), None
    if real.forwarding is Forwarding.DR and (other := _misled(director, real.ip)) is not None:
        server, link = other
    yield from to_real_server(decider, director, service, real, attempt, server)
    if server is None:
        yield unscanned(real.ip)
    elif real.forwarding is Forwarding.NAT:
        yield from _masqueraded(decider, director, service, real, attempt, server)
    else:
        yield from _kept(decider, director, service, real, attempt, server, link)


_KNOWN = frozenset({Forwarding.DR, Forwarding.TUN, Forwarding.NAT, Forwarding.LOCAL})


def _misled(director: Node, rip: IP) -> tuple[Node, str] | None:
    """Another real server that gets the frames for this one, and takes requests for the VIP as its own."""
    try:
        other = misled_to(director, rip)
    except NotCollected:
        return None
    return (other[0], other[1].name) if other is not None else None


def _kept(
    decider: Decider, director: Node, service: VirtualService, real: Destination, attempt: Attempt, server: Node,
    link: str | None,
) -> Iterator[StepVerdict]:  # fmt: skip
    """Direct routing and tunnelling: the request keeps its destination, and the reply goes past the director."""
    assert real.ip is not None
    at = attempt.at
    link, client = link or home_of(server, real.ip), attempt.src
    mac: str | None = ""
    if real.forwarding is Forwarding.TUN:
        link, verdicts = unpacked(decider, server, Membership(service, real, director))
        yield from verdicts
    else:
        mac = mac_from(director, real.ip)
        client, doubt = source_of_direct_routing(decider, director, service, real, attempt)
        if doubt is not None:
            yield doubt
    yield from at_real_server(decider, server, arrival := Arrival(client, at.vip, at.port, at.protocol, link, mac))
    straight = comes_straight(director, attempt)
    reply = ReplyPacket(server, at.vip, at.port, at.protocol, client, straight=straight, request=arrival.packet)
    yield from reply_leaves(decider, reply)
    yield reply_past_director(decider, reply, at.directors)


def _masqueraded(
    decider: Decider, director: Node, service: VirtualService, real: Destination, attempt: Attempt, server: Node
) -> Iterator[StepVerdict]:
    """Masquerading: the request is for the RIP, and the reply comes back through the director."""
    assert real.ip is not None
    at, port = attempt.at, real.port or attempt.at.port
    client, doubt = source_seen(decider, director, service, real, attempt)
    if doubt is not None:
        yield doubt
    link = home_of(server, real.ip)
    arrival = Arrival(client, real.ip, port, at.protocol, link, mac_from(director, real.ip))
    yield from at_real_server(decider, server, arrival)
    reply = ReplyPacket(server, real.ip, port, at.protocol, client, of_vip=False, request=arrival.packet)
    yield from reply_leaves(decider, reply)
    yield from reply_through_director(decider, reply, director, service, real, attempt)


def _served_here(decider: Decider, director: Node, real: Destination, attempt: Attempt) -> Iterator[StepVerdict]:
    """LocalNode: IPVS hands the request to the director itself."""
    at = attempt.at
    nat = real.forwarding is Forwarding.NAT
    if nat and real.ip is not None and real.ip.is_loopback:
        # ip_vs_xmit.c: ip_vs_nat_xmit(): "stopping DNAT to loopback address".
        step = Step(director.name, Decision.ROUTE, f"to {real.ip}")
        yield StepVerdict(step, Decided.NO, "IPVS masquerades to no loopback address", (cite(real),))
        return
    dst, port = (real.ip, real.port or at.port) if nat else (at.vip, at.port)
    assert dst is not None
    link, mac = attempt.link or _home_link(director, dst), request_at(director, attempt).mac
    arrival = Arrival(attempt.src, dst, port, at.protocol, link, mac)
    yield from at_local_node(decider, director, arrival) if nat else at_real_server(decider, director, arrival)
    asked = comes_straight(director, attempt)
    reply = ReplyPacket(director, dst, port, at.protocol, attempt.src, request=arrival.packet, asked=asked)
    yield from reply_leaves(decider, reply)


def _home_link(director: Node, ip: IP) -> str | None:
    try:
        return home_link(director, ip) if director.has("addresses") else None
    except NotCollected:
        return None


def without_director(decider: Decider, server: Node, attempt: Attempt) -> Iterator[StepVerdict]:
    """The steps of a real server that gets the client's packet itself: it serves the client, or drops it."""
    at = attempt.at
    if is_address_of(server, attempt.src):
        # Its own connection to itself: no packet leaves the host.
        yield from at_real_server(decider, server, Arrival(at.vip, at.vip, at.port, at.protocol, "lo"))
        return
    mac = request_at(server, attempt).mac
    arrival = Arrival(attempt.src, at.vip, at.port, at.protocol, attempt.link, mac)
    asked = comes_straight(server, attempt)
    reply = ReplyPacket(server, at.vip, at.port, at.protocol, attempt.src, request=arrival.packet, asked=asked)
    for verdict in (
        *at_real_server(decider, server, arrival),
        *reply_leaves(decider, reply),
        reply_past_director(decider, reply, at.directors),
    ):
        yield verdict
        if verdict.decided is Decided.NO and verdict.step.decision not in HARMLESS:
            return
