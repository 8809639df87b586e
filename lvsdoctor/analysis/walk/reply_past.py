"""Direct routing and tunnelling: a real server's reply goes past the director, and who gets it next must pass it on."""

from collections.abc import Sequence

from lvsdoctor.analysis.filters.filter_paths import PROTOCOLS, link_towards
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.analysis.walk.director import is_address_of
from lvsdoctor.analysis.walk.reply_packet import ReplyPacket
from lvsdoctor.analysis.walk.routers import stopped_by, untracked
from lvsdoctor.analysis.walk.subnets import on_other_segment, refuse_unseen_addresses, subnets
from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.kernel.delivery import passes_on
from lvsdoctor.kernel.packet_matching import CLIENT_PORT, NEW, SYN, Packet
from lvsdoctor.kernel.routing import Lookup
from lvsdoctor.kernel.rp_filter import source_ok
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decision, StepVerdict

_ESTABLISHED, _INVALID = frozenset({"ESTABLISHED"}), frozenset({"INVALID"})


def reply_past_director(decider: Decider, reply: ReplyPacket, directors: Sequence[Node]) -> StepVerdict:
    """Direct routing and tunnelling: who gets the reply next must pass it on. A director that has the VIP drops it."""

    def decide() -> Answer | None:
        lookup = reply.lookup
        gateway = next(iter(lookup.gateways), None)
        if gateway is None and (own := _director_at(reply.client, directors)) is not None:
            return _to_own_client(own, reply, lookup)
        if gateway is None and on_other_segment(reply.node, reply.src, lookup, reply.client, directors):
            return None
        if gateway is None and (unasked := _beside_no_subnet(reply, lookup, directors)) is not None:
            return unasked
        if gateway is None:
            return yes("the reply goes straight to {client}", *lookup.because, client=reply.client)
        for director in directors:
            if director is not reply.node:
                refuse_unseen_addresses(director)
        holder = _holder(reply.node, gateway, directors)
        if holder is None:
            return yes("the reply goes to {gateway}, not to a director", *lookup.because, gateway=gateway)
        return _passed_on(holder, gateway, reply, lookup)

    key = (reply.key, tuple(id(node) for node in directors))
    return decider.step(reply.node, Decision.RETURN_PATH, f"from {reply.src} to {reply.client}", key, decide)


def _beside_no_subnet(reply: ReplyPacket, lookup: Lookup, directors: Sequence[Node]) -> Answer | None:
    """A route without a gateway to a client that is in no subnet of the link: only a proxy answers for it. Nothing
    where the client is in one; raises NotCollected where no neighbour entry tells whether there is a proxy."""
    node, client = reply.node, reply.client
    if client.version == 6 or not lookup.links or not (node.has("addresses") and node.has("neighbours")):
        return None
    link = lookup.links[0]
    rows = [row for row in node.addresses_on(link) if row.ip.version == client.version]
    known = [*rows, *(row for director in directors for row in subnets(director))]
    if not rows or any(client in row.network for row in known) or lookup.type != "unicast":
        return None
    others = [
        row for row in node.seen_rows("neighbours")
        if row.link == link and row.ip.version == client.version and not any(row.ip in own.network for own in rows)
    ]  # fmt: skip
    silent = next((row for row in others if row.unresolved), None)
    if any(row.mac for row in others):
        return None
    if silent is None:
        raise NotCollected("neighbours", node.name, f"who answers for {client} on {link}")
    text = "no host on {link} answers for {client}, which is in no subnet of {link}"
    return no(text, *lookup.because, cite(silent, "another client without an answer"), link=link, client=client)


def _director_at(client: IP, directors: Sequence[Node]) -> Node | None:
    return next((node for node in directors if is_address_of(node, client)), None)


def _to_own_client(director: Node, reply: ReplyPacket, lookup: Lookup) -> Answer | None:
    """A client on a director that has the VIP gets a reply from an address of its own host."""
    link = next(row.link for row in director.holding(reply.client))
    if reply.src.version == 6:
        return None
    answer = source_ok(director, reply.src, reply.client, arrived_on=link)
    if answer:
        return yes("{host} takes the reply", *answer.because, host=director.name)
    return no("{host} drops the reply: {why}", *answer.because, *lookup.because, host=director.name, why=answer.why)


def _holder(node: Node, gateway: IP, directors: Sequence[Node]) -> Node | None:
    for director in directors:
        if director is not node and director.has("addresses") and director.holding(gateway):
            return director
    return next(node.peers_holding(gateway), None)


def _passed_on(holder: Node, gateway: IP, reply: ReplyPacket, lookup: Lookup) -> Answer | None:
    link = next(row.link for row in holder.holding(gateway))
    if not holder.has("sysctl"):
        raise NotCollected("sysctl", holder.name)
    answer = passes_on(holder, src=reply.src, dst=reply.client, arrived_on=link)
    if answer:
        number, port = PROTOCOLS.get(reply.protocol), reply.port or None
        packet = Packet(reply.src, reply.client, number, port, CLIENT_PORT, states=_states(holder, reply))
        if (stop := stopped_by(holder, packet, link)) is not None:
            return stop
        return yes("{host} passes the reply on", *answer.because, host=holder.name)
    return no("{host} drops the reply: {why}", *answer.because, *lookup.because, host=holder.name, why=answer.why)


def _states(router: Node, reply: ReplyPacket) -> frozenset[str]:
    """What the reply is to a router's connection tracking, which may have no entry of the request."""
    flags = SYN if reply.protocol == "tcp" else None
    request = Packet(
        reply.client, reply.src, PROTOCOLS.get(reply.protocol), CLIENT_PORT, reply.port or None, states=NEW,
        tcp_flags=flags,
    )  # fmt: skip
    if not reply.straight and not untracked(router, request, link_towards(router, reply.client) or ""):
        return _ESTABLISHED
    # nf_conntrack_proto_tcp.c: tcp_new(): what begins with SYN and ACK is INVALID.
    return _INVALID if reply.protocol == "tcp" else NEW
