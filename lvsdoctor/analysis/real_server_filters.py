"""Do a real server's packet filters pass the requests that a director sends it, and its replies?"""

from collections.abc import Iterator

from lvsdoctor.analysis.director_filters import outer_source
from lvsdoctor.analysis.filter_paths import (
    OUTER_PROTOCOLS,
    PROTOCOLS,
    FilteredPacket,
    any_client,
    filter_fact,
    link_towards,
    locality,
    of_all,
    passed,
)
from lvsdoctor.analysis.request_path import tunnel_for
from lvsdoctor.kernel.ipvs_packets import Passage
from lvsdoctor.kernel.packet_filter import DELIVERED, SENT, FilterOutcome, FilterVerdict
from lvsdoctor.kernel.packet_matching import NEW, SYN, TCP, Packet
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Membership

TUNNELLED, REQUEST, REPLY = "tunnelled request", "request", "reply"
_ESTABLISHED = frozenset({"ESTABLISHED"})


def at_real_server(node: Node, listing: Membership) -> Iterator[FilteredPacket]:
    """What a real server's filters do to the packets of a connection that this director sends it.

    Raises NotCollected where the filters were not collected. Reads addresses, the filters, and links, routes,
    local-routes, policy-rules, of the director too, where collected.
    """
    service, rip = listing.service, listing.destination.ip
    if rip is None or listing.forwarding not in (Forwarding.DR, Forwarding.TUN, Forwarding.NAT):
        return
    version = service.family if service.vip is None else service.vip.version
    for fact in dict.fromkeys((filter_fact(version), filter_fact(rip.version))):
        if not node.has(fact):
            raise NotCollected(fact, node.name)
    for passage in _passages(node, listing, rip, version):
        host = locality(node, passage.packet.version)
        yield FilteredPacket(service, listing.destination, passage, passed(node, passage.packet, passage.hooks, host))


def _passages(node: Node, listing: Membership, rip: IP, version: int) -> Iterator[Passage]:
    service, real = listing.service, listing.destination
    link = next((row.link for row in node.holding(rip)), None)
    src = any_client(node, version)
    if listing.forwarding is Forwarding.TUN:
        protocol = OUTER_PROTOCOLS.get(real.tunnel_type, (None, None))[version == 6]
        outer = Packet(
            outer_source(listing.director, rip), rip, protocol, dport=real.tunnel_port or None, in_link=link, states=NEW
        )
        yield Passage(TUNNELLED, outer, DELIVERED)
        tunnel = tunnel_for(node, listing) if version == rip.version == 4 and node.has("links") else None
        link = tunnel.name if tunnel is not None else None
    if listing.forwarding is Forwarding.NAT:
        places = [(rip, real.port)]
    elif service.fwmark is not None:
        places = [(vip.ip, None) for vip in node.vips if vip.ip.version == version]
    else:
        places = [(service.vip, service.port)] if service.vip is not None else []
    protocol = None if service.fwmark is not None else PROTOCOLS.get(service.protocol)
    for ip, port in places:
        flags = SYN if protocol == TCP else None if protocol is None else frozenset[str]()
        request = Packet(src, ip, protocol, dport=port or None, in_link=link, states=NEW, tcp_flags=flags)
        yield Passage(REQUEST, request, DELIVERED)
        out = link_towards(node, src) if src is not None else None
        yield Passage(
            REPLY,
            Packet(ip, src, protocol, sport=port or None, out_link=out, states=_ESTABLISHED, tcp_flags=None),
            SENT,
        )


def taken_in(node: Node, vip: IP) -> FilterVerdict:
    """What the filters of a real server do to requests for a VIP, whatever the port: REDIRECT, DNAT to its own address
    and TPROXY take them in without the VIP.

    Of what the director sends, where it lists the node, and else of any packet to the VIP.
    """
    listings = [m for m in (node.memberships if node.has("memberships") else ()) if m.service.vip == vip]
    passages = [
        item
        for listing in listings
        if listing.destination.ip is not None and listing.forwarding is not Forwarding.NAT
        for item in _passages(node, listing, listing.destination.ip, vip.version)
        if item.part == REQUEST
    ] or [Passage(REQUEST, Packet(any_client(node, vip.version), vip, None, states=NEW), DELIVERED)]
    host = locality(node, vip.version)
    verdicts = [passed(node, item.packet, item.hooks, host) for item in passages]
    return of_all(verdicts, NotCollected(filter_fact(vip.version), node.name, f"what takes requests for {vip} in"))


def takes_without_vip(verdict: FilterVerdict) -> bool:
    """Does a rule hand the packet to a process of this host, though its destination is no address of the host?"""
    packet = verdict.packet
    return verdict.outcome is FilterOutcome.ACCEPTED and (packet.changed or packet.tproxy is not None)
