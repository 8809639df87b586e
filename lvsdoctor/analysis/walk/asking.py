"""Does a host answer those that ask for an address by ARP or neighbour discovery, and do filters let both pass?"""

from lvsdoctor.analysis.arp.owners import hearing_too
from lvsdoctor.analysis.filters.ndp_filters import drops_advertisements, drops_solicitations
from lvsdoctor.kernel.answer import Answer, no
from lvsdoctor.kernel.arp import arp_reply
from lvsdoctor.kernel.carrier import no_frame
from lvsdoctor.kernel.ndp import ndp_proxied, ndp_reply
from lvsdoctor.kernel.routing import Lookup, route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node


def reply_on_segment(node: Node, vip: IP, link: Link, asker: IP | None) -> Answer:
    """On the link, or on one with a MAC of its own there."""
    answer = reply_on(node, vip, link, asker)
    others = (other for other in hearing_too(node, link.name) if other is not link and not answer)
    return next((reply for other in others if (reply := reply_on(node, vip, other, asker))), answer)


def reply_on(node: Node, vip: IP, link: Link, asker: IP | None) -> Answer:
    """Does a host answer on this link?"""
    if cut := no_frame(node, link):
        return no("{link} receives no request, because {why}", *cut.because, link=link.name, why=cut.why)
    if vip.version == 4:
        return arp_reply(node, vip, arrived_on=link, sender=asker, proxied=node.proxy_entries)
    answer = ndp_reply(node, vip, arrived_on=link)
    if not answer and node.proxy_entries:
        answer = ndp_proxied(node, vip, arrived_on=link)
    dropped = drops_solicitations(node, vip, link.name, asker) if answer else None
    return answer if dropped is None else dropped


def finds(node: Node, target: IP, link: str, source: IP | None) -> Answer | None:
    """Why the packet filters of a host keep it from finding an IPv6 neighbour, or those of that neighbour, where it was
    scanned; None where nothing is known that does. `source` is the packet's, where that is an address of the host.

    A permanent entry needs no question, and one that was confirmed shows that there are answers.
    """
    if target.version == 4 or any(
        row.ip == target and row.state in ("PERMANENT", "NOARP", "REACHABLE")
        for row in (node.seen_rows("neighbours") if node.has("neighbours") else ())
    ):
        return None
    own = source if source is not None and any(row.link == link for row in node.holding(source)) else None
    if (lost := drops_advertisements(node, target, link, own)) is not None:
        return lost
    for peer in () if target.is_link_local else node.peers_holding(target):
        for row in peer.holding(target):
            if row.link != "lo" and (lost := drops_solicitations(peer, target, row.link, own)) is not None:
                return lost
    return None


def finds_hop(node: Node, dst: IP, lookup: Lookup, source: IP | None) -> Answer | None:
    """finds() of the next host on a packet's path."""
    if dst.version == 4 or lookup.type != "unicast" or not lookup.links or not node.has("addresses"):
        return None
    return finds(node, next(iter(lookup.gateways), dst), lookup.links[0], source)


def asks_itself(node: Node, target: IP, source: IP) -> bool:
    """Does a host ask for a neighbour with this source, so that the neighbour knows it from the question
    (net/ipv6/ndisc.c: ndisc_recv_ns())? Not behind a gateway, nor with a permanent entry."""
    try:
        lookup = route_lookup(node, target, src=source)
        if not lookup.onlink or not lookup.links or all(row.link != lookup.links[0] for row in node.holding(source)):
            return False
    except NotCollected:
        return False
    rows = node.seen_rows("neighbours") if node.has("neighbours") else ()
    return not any(row.ip == target and row.state in ("PERMANENT", "NOARP") for row in rows)
