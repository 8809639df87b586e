"""Do a director's packet filters pass what IPVS needs: the requests, what IPVS sends, and the replies of NAT?"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from lvsdoctor.analysis.filters.filter_paths import (
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
    undecided,
)
from lvsdoctor.kernel.ipvs_packets import Passage, ipvs_passages
from lvsdoctor.kernel.own_address import own_address
from lvsdoctor.kernel.packet_filter import DELIVERED, SENT, FilterOutcome, FilterVerdict, deciding
from lvsdoctor.kernel.packet_matching import CLIENT_PORT, Packet
from lvsdoctor.kernel.source_address import outer_source as of_tunnel
from lvsdoctor.model.address import IP
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Hook
from lvsdoctor.sanitize import command

CONNTRACK, LOOSE = "net.ipv4.vs.conntrack", "net.netfilter.nf_conntrack_tcp_loose"
_TPROXY = "whether a transparent socket takes what TPROXY gives it"
_SEEN_BOTH = frozenset({"ESTABLISHED", "INVALID"})


def at_director(director: Node, service: VirtualService, *, conntrack: bool | None = None) -> Iterator[FilteredPacket]:
    """What the director's filters do to each packet of a service's connections; each line of the table by itself.

    `conntrack` supposes a value of vs.conntrack. Where a setting or the link is not known, all of its values are tried.
    Raises NotCollected where the filters were not collected, or which packets a firewall mark is for is not known.
    Reads addresses, the filters, and sysctl, links, routes, local-routes, policy-rules where collected.
    """
    fact = filter_fact(service.version)
    if not director.has(fact):
        raise NotCollected(fact, director.name)
    known: set[tuple[Packet, tuple[Hook, ...]]] = set()
    verdicts: _Verdicts = {}
    for request in requests_of(director, service):
        for real in service.destinations:
            if real.ip is None or real.weight == 0 or real.forwarding not in _SENDING:
                continue
            for item in _of_real_server(director, service, real, request, conntrack, verdicts):
                key = (item.passage.packet, item.passage.hooks)
                if key not in known:
                    known.add(key)
                    yield item


_Verdicts = dict[tuple[Packet, tuple[Hook, ...]], FilterVerdict]
_SENDING = frozenset({Forwarding.DR, Forwarding.TUN, Forwarding.NAT, Forwarding.LOCAL})


def at_director_of_all(
    director: Node, *how: Forwarding
) -> tuple[list[tuple[VirtualService, tuple[FilteredPacket, ...]]], NotCollected | None]:
    """at_director() for each service of which it can be told, and what the others lack. `how`: of those alone that have
    real servers of these methods. Reads ipvs, and as that does."""
    known, absent = [], None
    for service in director.services:
        if how and not any(real.forwarding in how for real in service.destinations):
            continue
        try:
            known.append((service, tuple(at_director(director, service))))
        except NotCollected as lacking:
            absent = absent or lacking.anew()
    return known, absent


def requests_dropped(items: Iterable[FilteredPacket]) -> list[FilteredPacket]:
    """The requests, as they come or as IPVS sends them, that are dropped whatever connection tracking says of them."""
    return [item for item in items if item.dropped and not item.stateful and not item.passage.is_reply]


def replies_dropped(items: Iterable[FilteredPacket]) -> list[FilteredPacket]:
    """The replies of NAT that are dropped whatever connection tracking says of them."""
    return [item for item in items if item.dropped and not item.stateful and item.passage.is_reply]


def dropped_for_state(items: Iterable[FilteredPacket]) -> list[FilteredPacket]:
    """What is dropped for the state that connection tracking gives it, and is not lost anyway on the same way."""
    items = list(items)
    lost = {item.passage.hooks for item in items if item.dropped and not item.stateful}
    return [item for item in items if item.dropped and item.stateful and item.passage.hooks not in lost]


def conntrack_line(director: Node) -> tuple[Citation, ...]:
    """The setting that tells how connection tracking sees what IPVS handles. Reads sysctl where collected."""
    if not (director.has("sysctl") and director.knows_sysctl(CONNTRACK)):
        return ()
    return (cite(director.sysctl(CONNTRACK), "how connection tracking sees the packets of IPVS"),)


def requests_of(director: Node, service: VirtualService) -> Iterator[Packet]:
    """The requests of a service as they come in; of a firewall mark those that rules of the director give the mark.

    Raises NotCollected where no rule tells for which address and port the mark is.
    """
    version = service.version
    src = any_client(director, version)
    if service.fwmark is None:
        if service.vip is not None:
            yield Packet(src, service.vip, PROTOCOLS.get(service.protocol), CLIENT_PORT, service.port or None)
        return
    marked = [packet for packet in marked_requests(director, service.fwmark, version) if packet.dst is not None]
    if not marked:
        wanted = f"which packets get the mark {service.fwmark}"
        raise undecided(director, filter_fact(version), wanted)
    for packet in marked:
        yield replace(packet, src=src, sport=CLIENT_PORT)


def connection_at_director(
    director: Node, service: VirtualService, real: Destination, request: Packet
) -> Iterator[FilteredPacket]:
    """What the filters do to each packet of the connection that begins with `request`. Reads as at_director()."""
    return _of_real_server(director, service, real, request, None, {})


def _of_real_server(
    director: Node, service: VirtualService, real: Destination, request: Packet, conntrack: bool | None,
    known: _Verdicts,
) -> Iterator[FilteredPacket]:  # fmt: skip
    assert request.dst is not None
    assert real.ip is not None
    own = real.forwarding is Forwarding.LOCAL or own_address(director, real.ip) is not None
    links = (request.in_link,) if request.in_link else arrival_links(director, request.dst)
    settings = _settings(director, conntrack)
    tries = [
        [_passages(director, replace(request, in_link=link), real, own, tracked, loose) for link in links]
        for tracked, loose, _ in settings
    ]
    where = NotCollected("addresses", director.name, f"the interface on which requests for {request.dst} arrive")
    lacking = next((absent for *_, absent in settings if absent is not None), where)
    for number, passage in enumerate(tries[0][0]):
        host = locality(director, passage.packet.version)
        verdicts = []
        for by_link in tries:
            same = [passages[number] for passages in by_link]
            for item in same:
                key = item.packet, item.hooks
                if key not in known:
                    known[key] = _past_tproxy(director, passed(director, item.packet, item.hooks, host))
            verdicts.append(of_all([known[item.packet, item.hooks] for item in same], where))
        verdict = of_all(verdicts, lacking)
        yield FilteredPacket(service, real, passage, verdict, drops_for_state(director, passage, verdict, host))


def _past_tproxy(director: Node, verdict: FilterVerdict) -> FilterVerdict:
    """TPROXY drops what no transparent socket takes (net/netfilter/xt_TPROXY.c: tproxy_tg4()); IPVS gets the rest."""
    if verdict.packet.tproxy is None or verdict.outcome is not FilterOutcome.ACCEPTED:
        return verdict
    why = Partial(_TPROXY, deciding(verdict))
    lacking = NotCollected("sockets", director.name, _TPROXY, partial=why)
    return replace(verdict, outcome=FilterOutcome.UNKNOWN, reason=_TPROXY, lacking=lacking)


def sent_by_nat(director: Node, service: VirtualService, real: Destination, client: IP) -> FilterVerdict | None:
    """What becomes of a client's first request on its way from IPVS to a real server behind NAT, where connection
    tracking sees it (vs.conntrack=1): the source that it has then. None for a firewall mark of several VIPs or ports,
    or of which it is not known."""
    if real.ip is None:
        return None
    request = Packet(client, service.vip, PROTOCOLS.get(service.protocol), CLIENT_PORT, service.port or None)
    if service.vip is None:
        marked = list(requests_of(director, service)) if service.marked else []
        if len(marked) != 1:
            return None
        request = replace(marked[0], src=client)
    passages = _passages(director, request, real, own=False, tracked=True, loose=True)
    sent = next(item for item in passages if item.hooks == SENT)
    return passed(director, sent.packet, sent.hooks, locality(director, request.version))


def _settings(director: Node, conntrack: bool | None) -> list[tuple[bool, bool, NotCollected | None]]:
    """The pairs of vs.conntrack and nf_conntrack_tcp_loose that may hold, with what would tell."""
    tracked, absent = ([conntrack], None) if conntrack is not None else values_of(director, CONNTRACK)
    loose, unseen = values_of(director, LOOSE)
    return [(first, second, absent or unseen) for first in tracked for second in loose]


def values_of(director: Node, key: str) -> tuple[list[bool], NotCollected | None]:
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
    elif item.is_reply:
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
    if not (director.has("routes") and director.has("addresses") and director.has("links")):
        return None
    try:
        return of_tunnel(director, rip).ip
    except NotCollected:
        return None
