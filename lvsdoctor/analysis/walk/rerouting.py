"""Where a reply cannot leave, or a masqueraded one goes astray beside its director: another host has the gateway's
address as well, or the director finds no route with the VIP as source."""

from lvsdoctor.analysis.arp.owners import arp_owners
from lvsdoctor.analysis.filters.filter_paths import PROTOCOLS, locality, passed
from lvsdoctor.analysis.walk.attempt import Attempt
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.analysis.walk.filters import idle, of_verdict
from lvsdoctor.analysis.walk.reply_packet import ReplyPacket
from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.kernel.delivery import delivered
from lvsdoctor.kernel.packet_matching import ANY_STATE, CLIENT_PORT, NEW, Packet
from lvsdoctor.kernel.routing import Lookup, captured_by_mark, is_local, known_route
from lvsdoctor.kernel.sockets import no_transparent_proxy
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Hook
from lvsdoctor.model.walk import Decision, StepVerdict
from lvsdoctor.sanitize import command

_REROUTE = "net.ipv4.vs.snat_reroute"


def without_source(reply: ReplyPacket) -> Answer | None:
    """net/ipv4/route.c: ip_route_output_key_hash_rcu() takes no source that the table local does not have, though a
    policy rule may deliver requests to it. Nothing where the source is one."""
    node, src = reply.node, reply.src
    if is_local(node, src) is not None or captured_by_mark(node, src) is not None:
        return None
    if not (taken := delivered(node, src)):
        return None
    text = "{src} is local here by a policy rule alone, so no reply leaves from {src}"
    return no(text, *taken.because, no_transparent_proxy(node, src), src=src)


def contested(node: Node, lookup: Lookup, director: Node) -> Answer | None:
    """Another scanned host that answers ARP for the gateway, too, and has the packet by the neighbour entry of the real
    server. Raises NotCollected where both answer and no entry tells whose answer counts."""
    for gateway in lookup.gateways[:1]:
        if gateway.version == 6 or not arp_owners(director, gateway):
            return None
        rivals = [peer for peer in director.peers_holding(gateway) if peer is not node and arp_owners(peer, gateway)]
        rows = [row for row in (node.seen_rows("neighbours") if node.has("neighbours") else ()) if row.ip == gateway]
        for rival in rivals:
            entry = next((row for row in rows if row.mac and rival.links_with_mac(row.mac)), None)
            if entry is not None:
                text = "{gateway} is an address of {host} as well, and {host} gets the reply"
                lines = (*map(cite, rival.holding(gateway)), cite(entry), *lookup.because)
                return no(text, *lines, gateway=gateway, host=rival.name)
        known = any(row.mac and director.links_with_mac(row.mac) for row in rows)
        if rivals and not known:
            raise NotCollected("neighbours", node.name, f"whose MAC {gateway} is")
    return None


def sent_on(decider: Decider, reply: ReplyPacket, director: Node, attempt: Attempt) -> StepVerdict | None:
    """POSTROUTING sees a masqueraded reply with the VIP as its source. Nothing where it passes."""
    at, client = attempt.at, reply.client

    def work_out() -> Answer | None:
        try:
            if idle(director, client.version) is not None:
                return None
            lookup = known_route(director, client)
            links = lookup.links if lookup is not None and lookup.type == "unicast" else ()
            packet = Packet(
                at.vip, client, PROTOCOLS.get(at.protocol), at.port or None, CLIENT_PORT, ipvs=True,
                out_link=links[0] if len(set(links)) == 1 else None, states=ANY_STATE - NEW,
            )  # fmt: skip
            verdict = passed(director, packet, (Hook.POSTROUTING,), locality(director, client.version))
        except NotCollected:
            return None
        if verdict.lacking is not None or lookup is None:
            return None
        hops = verdict.packet.hop_limit
        if hops is not None and hops < 2 and lookup.gateways:
            text = "{gateway} drops the reply, as a rule sets the hop limit to {hops}"
            return no(text, *verdict.because, gateway=lookup.gateways[0], hops=hops)
        answer = of_verdict(verdict)
        return answer if answer is not None and not answer else None

    key = ("sent on", id(director), at.vip, at.port, at.protocol, client)
    answer = decider.once(key, work_out)
    if answer is None:
        return None
    # Nobody sets a hop limit to keep clients out.
    decision = Decision.RETURN_PATH if "hops" in answer.fields else Decision.OUTPUT_FILTER
    return decider.step(director, decision, f"from {at.vip} to {client}", key, lambda: answer)


def rerouted(decider: Decider, reply: ReplyPacket, director: Node, attempt: Attempt) -> StepVerdict | None:
    """With the VIP as source, the director looks for the route of a reply again, unless vs.snat_reroute is 0
    (net/netfilter/ipvs/ip_vs_core.c: ip_vs_route_me_harder()). Nothing where that changes nothing."""
    vip = attempt.at.vip
    lookup = known_route(director, reply.client, src=vip)
    if lookup is None or lookup.type == "unicast":
        return None

    def decide() -> Answer | None:
        setting = director.sysctl(_REROUTE) if director.has("sysctl") and director.knows_sysctl(_REROUTE) else None
        if setting is None:
            raise NotCollected("sysctl", director.name, _REROUTE, command("sysctl", _REROUTE))
        if not setting.value:
            return yes("the reply keeps its route", cite(setting))
        text = "{host} has no route from {vip} to {client}"
        return no(text, *lookup.because, cite(setting), host=director.name, vip=vip, client=reply.client)

    return decider.step(director, Decision.RETURN_PATH, f"from {vip} to {reply.client}", reply.node.name, decide)
