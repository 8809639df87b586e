"""How a real server's reply gets to the client: the route, the filters, whom it asks by ARP, and by whom it passes."""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.analysis.filters.filter_paths import PROTOCOLS, locality, reply_passed
from lvsdoctor.analysis.nat.counted_replies import contradicting_counters, counted_through
from lvsdoctor.analysis.nat.translation import passes
from lvsdoctor.analysis.walk.attempt import Attempt
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.analysis.walk.director import until_no
from lvsdoctor.analysis.walk.filters import idle, of_connection, of_verdict
from lvsdoctor.analysis.walk.next_hops import next_hop
from lvsdoctor.analysis.walk.redirecting import arrival_link, redirect_sent, redirect_taken
from lvsdoctor.analysis.walk.reply_packet import ReplyPacket
from lvsdoctor.analysis.walk.rerouting import contested, rerouted, sent_on, without_source
from lvsdoctor.analysis.walk.routers import stopped_by
from lvsdoctor.analysis.walk.subnets import own_addresses, refuse_unseen_addresses
from lvsdoctor.analysis.walk.translating import source_rules
from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.kernel.arp_source import arp_sender
from lvsdoctor.kernel.carrier import down_towards, leaves_nowhere
from lvsdoctor.kernel.delivery import dead_end, passes_on
from lvsdoctor.kernel.effective_sysctl import forwards
from lvsdoctor.kernel.packet_filter import SENT
from lvsdoctor.kernel.packet_matching import CLIENT_PORT, Packet
from lvsdoctor.kernel.routing import Lookup, known_route, route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import cite
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decided, Decision, StepVerdict

_ESTABLISHED, _INVALID = frozenset({"ESTABLISHED"}), frozenset({"INVALID"})


def reply_leaves(decider: Decider, reply: ReplyPacket) -> Iterator[StepVerdict]:
    """The steps of the host that replies, up to the first no."""
    yield from until_no(
        lambda: _route(decider, reply),
        lambda: _output(decider, reply),
        lambda: _sender(decider, reply),
        lambda: _next_hop(decider, reply),
    )


def _next_hop(decider: Decider, reply: ReplyPacket) -> StepVerdict | None:
    try:
        lookup = reply.lookup
    except NotCollected:
        return None  # the step of its route says what is lacking
    return next_hop(decider, reply.node, reply.client, lookup, reply.src, known=reply.asked)


def _route(decider: Decider, reply: ReplyPacket) -> StepVerdict:
    def decide() -> Answer | None:
        if reply.of_vip and reply.protocol == "tcp" and (lost := without_source(reply)) is not None:
            return lost
        lookup = reply.lookup
        client = reply.client
        if lookup.type == "local":
            route = lookup.route.dst if lookup.route is not None else ""
            return no("{client} is local here: {route} is a local route", *lookup.because, client=client, route=route)
        if (dead := dead_end(reply.node, lookup)) is not None:
            link = ", ".join(lookup.links)
            return no("the reply leaves by {link}, which leads to no other host", *lookup.because, dead, link=link)
        if (cut := leaves_nowhere(reply.node, lookup)) is not None:
            return no("the reply leaves by no wire: {why}", *cut.because, *lookup.because, why=cut.why)
        if lookup.type == "unicast":
            hop = str(lookup.gateways[0]) if lookup.gateways else ", ".join(lookup.links)
            return yes("the reply leaves by {hop}", *lookup.because, hop=hop)
        if lookup.type == "unreachable":
            down = down_towards(reply.node, client)
            why = (cite(down[0], "this interface is down"),) if down is not None else ()
            return no("{host} has no route to {client}", *why, *lookup.because, host=reply.node.name, client=client)
        return no("the route to {client} is of type {type}", *lookup.because, client=client, type=lookup.type)

    return decider.step(reply.node, Decision.REPLY_ROUTE, f"from {reply.src} to {reply.client}", reply.key, decide)


def _output(decider: Decider, reply: ReplyPacket) -> StepVerdict:
    def decide() -> Answer | None:
        if (free := idle(reply.node, reply.src.version)) is not None:
            return of_verdict(free)
        packet = replace(reply.packet, out_link=_out_link(reply))
        verdict = reply_passed(reply.node, packet, SENT, locality(reply.node, reply.src.version))
        hops = verdict.packet.hop_limit
        if hops is not None and hops < 2 and verdict.lacking is None and reply.lookup.gateways:
            text = "{gateway} drops the reply, as a rule sets the hop limit to {hops}"
            return no(text, *verdict.because, gateway=reply.lookup.gateways[0], hops=hops)
        return of_verdict(verdict)

    subject = f"{reply.protocol} from {reply.src} to {reply.client}"
    return decider.step(reply.node, Decision.OUTPUT_FILTER, subject, reply.key, decide)


def _out_link(reply: ReplyPacket) -> str | None:
    try:
        lookup = reply.lookup
    except NotCollected as unseen:
        reply.node.assuming(unseen)
        return None
    return lookup.links[0] if lookup.type == "unicast" and len(set(lookup.links)) == 1 else None


def _sender(decider: Decider, reply: ReplyPacket) -> StepVerdict | None:
    """Only a source that other hosts have as well moves in their caches: a VIP."""
    if not reply.of_vip:
        return None

    def decide() -> Answer | None:
        lookup = reply.lookup
        link = reply.node.link(lookup.links[0]) if lookup.type == "unicast" and lookup.links else None
        if link is None:
            return None
        hop = next(iter(lookup.gateways), reply.client)
        rows = reply.node.seen_rows("neighbours") if reply.node.has("neighbours") else ()
        permanent = next((row for row in rows if row.ip == hop and row.fixed), None)
        if permanent is not None:
            return yes("the neighbour entry of {hop} is permanent", cite(permanent), hop=hop)
        if reply.src.version == 6:
            return _solicits(reply, link.name, hop)
        sender = arp_sender(reply.node, link, asking_for=hop, packet_source=reply.src)
        if sender.ip == reply.src:
            text = "{host} uses {vip} as sender in requests for {hop}, whose neighbour entry for {vip} moves to {host}"
            return no(text, *sender.because, host=reply.node.name, vip=reply.src, hop=hop)
        return yes("requests for {hop} have {sender} as sender", *sender.because, hop=hop, sender=sender.ip)

    return decider.step(reply.node, Decision.ARP_SENDER, f"from {reply.src} to {reply.client}", reply.key, decide)


def _solicits(reply: ReplyPacket, link: str, hop: IP) -> Answer:
    """net/ipv6/ndisc.c: ndisc_solicit() keeps the source of the waiting packet if the link itself has it."""
    for row in reply.node.holding(reply.src):
        if row.link == link:
            text = "{host} uses {vip} as sender in requests for {hop}, whose neighbour entry for {vip} moves to {host}"
            return no(text, cite(row), host=reply.node.name, vip=reply.src, hop=hop)
    return yes("requests for {hop} have an address of {link} as sender", hop=hop, link=link)


# -- the way back -----------------------------------------------------------------------------------------------------


def reply_through_director(
    decider: Decider, reply: ReplyPacket, director: Node, service: VirtualService, real: Destination, attempt: Attempt
) -> Iterator[StepVerdict]:
    """Masquerading: the reply has to pass the director, which forwards it to the client."""
    yield from until_no(
        lambda: _without_entry(decider, reply, director, service),
        lambda: _comes_back(decider, reply, director, service, real, attempt),
        lambda: _forwarded(decider, reply, director, attempt),
        lambda: redirect_sent(decider, reply, director) if reply.client == attempt.src else None,
        lambda: redirect_taken(decider, reply, director) if reply.client == attempt.src else None,
        lambda: _forward_filter(decider, director, service, real, attempt),
        lambda: rerouted(decider, reply, director, attempt) if reply.client == attempt.src else None,
        lambda: sent_on(decider, reply, director, attempt) if reply.client == attempt.src else None,
        lambda: _onward(decider, reply, director) if reply.client == attempt.src else None,
    )


def _without_entry(
    decider: Decider, reply: ReplyPacket, director: Node, service: VirtualService
) -> StepVerdict | None:  # fmt: skip
    """A one-packet service keeps no entry by which a reply gets the VIP as its source (ip_vs_core.c: ip_vs_schedule(),
    IP_VS_CONN_F_ONE_PACKET)."""
    if reply.protocol != "udp" or "ops" not in service.flags:
        return None
    text = "{director} has no entry for the reply, because the service is one-packet, so the source stays {rip}"
    subject = f"entry of {reply.src} to {reply.client}"
    answer = no(text, cite(service), director=director.name, rip=reply.src)
    return decider.step(director, Decision.RETURN_PATH, subject, service.key, lambda: answer)


def _comes_back(
    decider: Decider, reply: ReplyPacket, director: Node, service: VirtualService, real: Destination, attempt: Attempt
) -> StepVerdict:
    """Where a rule of the director gives requests a source to which replies go elsewhere, that rule is the cause."""
    verdict = _to_director(decider, reply, director)
    lines = source_rules(director, service, real, attempt) if reply.client != attempt.src else ()
    if verdict.decided is not Decided.NO or not lines:
        return verdict
    text = "a rule gives requests the source {source}: {why}"
    answer = no(text, *lines, *verdict.because, source=reply.client, why=verdict.why)
    subject, key = f"replies to {reply.client}", (service.key, real.ip, reply.key)
    return decider.step(director, Decision.RETURN_PATH, subject, key, lambda: answer)


def _to_director(decider: Decider, reply: ReplyPacket, director: Node) -> StepVerdict:
    def decide() -> Answer | None:
        lookup = reply.lookup
        own = own_addresses(director)
        if reply.client in own:
            return yes("the reply goes to {director} itself", *lookup.because, director=director.name)
        if passes(reply.node, lookup, own):
            if (other := contested(reply.node, lookup, director)) is not None:
                return other
            return yes("the reply goes to {director}", *lookup.because, director=director.name)
        refuse_unseen_addresses(director)
        gateway = next((hop for hop in lookup.gateways if hop not in own), None)
        if gateway is None:
            text = "the reply goes straight to {client}, which does not know {rip}"
            return no(text, *lookup.because, client=reply.client, rip=reply.src)
        return _by_router(reply, director, gateway, lookup, own)

    subject = f"from {reply.src} to {reply.client}"
    return decider.step(reply.node, Decision.RETURN_PATH, subject, ("through", id(director), reply.key), decide)


def _by_router(reply: ReplyPacket, director: Node, gateway: IP, lookup: Lookup, own: frozenset[IP]) -> Answer | None:
    """A router that the scan shows is asked for its route; another may lead to a director that is beyond it."""
    for router in reply.node.peers_holding(gateway):
        if router.has("routes"):
            link = next(row.link for row in router.holding(gateway))
            further = route_lookup(router, reply.client, src=reply.src, arrived_on=link)
            if passes(router, further, own):
                packet = Packet(
                    reply.src,
                    reply.client,
                    PROTOCOLS.get(reply.protocol),
                    sport=reply.port or None,
                    dport=CLIENT_PORT,
                    states=_ESTABLISHED,
                )
                if (stop := stopped_by(router, packet, link)) is not None:
                    return stop
                return yes("{router} sends the reply to the director", *further.because, router=router.name)
            break
    else:
        if not route_lookup(director, reply.src).onlink:
            raise NotCollected("routes", str(gateway), f"the route of {gateway} to {reply.client}")
    text = "the reply goes to {gateway} and not to {director}, so the source stays {rip}"
    return no(text, *lookup.because, gateway=gateway, director=director.name, rip=reply.src)


def _forwarded(decider: Decider, reply: ReplyPacket, director: Node, attempt: Attempt) -> StepVerdict | None:
    client = attempt.src
    if reply.client != client:
        return None  # the director hides the client, so the reply is for the director itself

    def decide() -> Answer | None:
        link = arrival_link(director, reply)
        if link is None:
            return None
        version = client.version
        if not forwards(director, link, version) and (real := counted_through(director, link, version)) is not None:
            raise contradicting_counters(director, real, link)
        return passes_on(director, src=reply.src, dst=client, arrived_on=link)

    return decider.step(director, Decision.RETURN_PATH, f"from {reply.src} to {client}", reply.node.name, decide)


def _onward(decider: Decider, reply: ReplyPacket, director: Node) -> StepVerdict | None:
    lookup = known_route(director, reply.client)
    return next_hop(decider, director, reply.client, lookup) if lookup is not None else None


def _forward_filter(
    decider: Decider, director: Node, service: VirtualService, real: Destination, attempt: Attempt
) -> StepVerdict:
    def decide() -> Answer | None:
        return of_connection(director, service, real, attempt, lambda item: item.passage.is_reply)

    subject = f"{attempt.at.protocol} from {real.ip}"
    key = (attempt.src, attempt.link, attempt.at.vip, attempt.at.port, real.port)
    return decider.step(director, Decision.FORWARD_FILTER, subject, key, decide)
