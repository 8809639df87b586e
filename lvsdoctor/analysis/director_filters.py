"""Do a director's packet filters pass what IPVS needs: the requests, what IPVS sends, and the replies of NAT?"""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.analysis.filter_paths import (
    OUTER_PROTOCOLS,
    PROTOCOLS,
    FilteredPacket,
    any_client,
    arrival_links,
    drops_for_state,
    filter_fact,
    link_towards,
    locality,
    marked_requests,
    of_all,
    passed,
)
from lvsdoctor.kernel.ipvs_packets import Passage, ipvs_passages
from lvsdoctor.kernel.packet_filter import DELIVERED, SENT
from lvsdoctor.kernel.packet_matching import Packet
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.kernel.source_address import own_source
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.sanitize import command

CONNTRACK, LOOSE = "net.ipv4.vs.conntrack", "net.netfilter.nf_conntrack_tcp_loose"
_SEEN_BOTH = frozenset({"ESTABLISHED", "INVALID"})


def at_director(director: Node, service: VirtualService, *, conntrack: bool | None = None) -> Iterator[FilteredPacket]:
    """What the director's filters do to each packet of a service's connections; each line of the table by itself.

    `conntrack` supposes a value of vs.conntrack. Where a setting or the link is not known, all of its values are tried.
    Raises NotCollected where the filters were not collected, or which packets a firewall mark is for is not known.
    Reads addresses, the filters, and sysctl, links, routes, local-routes, policy-rules where collected.
    """
    fact = filter_fact(service.family if service.vip is None else service.vip.version)
    if not director.has(fact):
        raise NotCollected(fact, director.name)
    known: set[tuple[Packet, tuple[object, ...]]] = set()
    for request in requests_of(director, service):
        for real in service.destinations:
            if real.ip is None or real.weight == 0 or real.forwarding not in _SENDING:
                continue
            for item in _of_real_server(director, service, real, request, conntrack):
                key = (item.passage.packet, item.passage.hooks)
                if key not in known:
                    known.add(key)
                    yield item


_SENDING = frozenset({Forwarding.DR, Forwarding.TUN, Forwarding.NAT, Forwarding.LOCAL})


def requests_of(director: Node, service: VirtualService) -> Iterator[Packet]:
    """The requests of a service as they come in; of a firewall mark those that rules of the director give the mark.

    Raises NotCollected where no rule tells for which address and port the mark is.
    """
    version = service.family if service.vip is None else service.vip.version
    src = any_client(director, version)
    if service.fwmark is None:
        if service.vip is not None:
            yield Packet(src, service.vip, PROTOCOLS.get(service.protocol), dport=service.port or None)
        return
    marked = [packet for packet in marked_requests(director, service.fwmark, version) if packet.dst is not None]
    if not marked:
        wanted = f"which packets get the mark {service.fwmark}"
        raise NotCollected(filter_fact(version), director.name, wanted)
    for packet in marked:
        yield replace(packet, src=src)


def _of_real_server(
    director: Node, service: VirtualService, real: Destination, request: Packet, conntrack: bool | None
) -> Iterator[FilteredPacket]:
    assert request.dst is not None
    assert real.ip is not None
    own = real.forwarding is Forwarding.LOCAL or is_local(director, real.ip) is not None
    links = (request.in_link,) if request.in_link else arrival_links(director, request.dst)
    settings = _settings(director, conntrack)
    tries = [
        [_passages(director, replace(request, in_link=link), real, own, tracked, loose) for link in links]
        for tracked, loose, _ in settings
    ]
    where = NotCollected("addresses", director.name, f"the link on which requests for {request.dst} arrive")
    lacking = next((absent for *_, absent in settings if absent is not None), where)
    for number, passage in enumerate(tries[0][0]):
        host = locality(director, passage.packet.version)
        verdicts = []
        for by_link in tries:
            same = [passages[number] for passages in by_link]
            verdicts.append(of_all([passed(director, item.packet, item.hooks, host) for item in same], where))
        verdict = of_all(verdicts, lacking)
        yield FilteredPacket(service, real, passage, verdict, drops_for_state(director, passage, verdict, host))


def _settings(director: Node, conntrack: bool | None) -> list[tuple[bool, bool, NotCollected | None]]:
    """The pairs of vs.conntrack and nf_conntrack_tcp_loose that may hold, with what would tell."""
    tracked, absent = ([conntrack], None) if conntrack is not None else _values(director, CONNTRACK)
    loose, unseen = _values(director, LOOSE)
    return [(first, second, absent or unseen) for first in tracked for second in loose]


def _values(director: Node, key: str) -> tuple[list[bool], NotCollected | None]:
    if director.has("sysctl") and director.knows_sysctl(key):
        return [director.sysctl(key).value != 0], None
    return [False, True], NotCollected("sysctl", director.name, key, command("sysctl", key))


def _passages(
    director: Node, request: Packet, real: Destination, own: bool, tracked: bool, loose: bool
) -> tuple[Passage, ...]:
    assert real.ip is not None
    # A connection to the director's own address is seen in both directions.
    how = Forwarding.NAT if own else real.forwarding
    assert how is not None
    passages = ipvs_passages(request, real.ip, real.port or request.dport, how, tracked=tracked, loose=loose)
    if own:
        return tuple(item for item in passages if item.hooks == DELIVERED)
    return tuple(_completed(director, item, request, real, how, tracked) for item in passages)


def _completed(
    director: Node, item: Passage, request: Packet, real: Destination, how: Forwarding, tracked: bool
) -> Passage:
    """With the links and addresses that the director's routes tell."""
    assert real.ip is not None
    packet = item.packet
    if item.hooks == SENT:
        packet = replace(packet, out_link=link_towards(director, real.ip))
        if how is Forwarding.TUN:
            protocol = OUTER_PROTOCOLS.get(real.tunnel_type, (None, None))[request.version == 6]
            src, port = outer_source(director, real.ip), real.tunnel_port or None
            packet = replace(packet, src=src, protocol=protocol, dport=port)
    elif item.part == "reply":
        packet = replace(packet, in_link=link_towards(director, real.ip), out_link=request.in_link)
    half_seen = tracked and how is not Forwarding.NAT and "INVALID" in packet.states
    if half_seen and any(True for _ in _through_here(director)):
        # Where the real server's replies come by, connection tracking sees both directions.
        packet = replace(packet, states=_SEEN_BOTH)
    return replace(item, packet=packet)


def _through_here(director: Node) -> Iterator[Node]:
    if any(peer.has("routes") for peer in director.peers_with("routes")):
        yield from director.peers_with_gateway_at(director)


def outer_source(director: Node, rip: IP) -> IP | None:
    """The source of what a director tunnels to a real server; None where the evidence does not tell."""
    if rip.version != 4 or not (director.has("routes") and director.has("addresses") and director.has("links")):
        return None
    try:
        return own_source(director, rip).ip
    except NotCollected:
        return None
