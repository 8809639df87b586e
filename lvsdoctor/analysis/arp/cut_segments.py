"""VIPs that are asked for on links of their director by which no frame comes."""

from collections.abc import Sequence
from dataclasses import dataclass

from lvsdoctor.analysis.l2_segments import routed_through
from lvsdoctor.kernel.answer import Answer
from lvsdoctor.kernel.carrier import kept_while_down, no_frame
from lvsdoctor.kernel.delivery import answers_arp_or_ndp
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class CutSegment:
    """The link with the subnet (`subnet`) of a VIP, and why no frame comes there (`cut`)."""

    link: Link
    subnet: Address
    cut: Answer


def cut_segment(node: Node, vip: IP) -> CutSegment | None:
    """Where hosts ask for a VIP that this node has, if all links of that subnet are down or have no carrier.

    None where a scanned router has a route to the VIP through this node. Reads addresses, links, and local-routes,
    policy-rules, routes where collected.
    """
    if is_local(node, vip) is None and kept_while_down(node, vip) is None:
        return None
    found: CutSegment | None = None
    for row in node.seen_rows("addresses") if node.nearly("addresses") else node.addresses:
        if row.host_only or vip not in row.network or row.ip.is_loopback or row.ip.is_link_local:
            continue
        link = node.link(row.link)
        if link is None or not link.arp or node.enslaved(link):
            if link is not None and (link.loopback or link.kind == "dummy"):
                continue  # it tells of no other host
            return None
        if row.ip == vip and _tells_otherwise(node, row):
            continue
        cut = no_frame(node, link)
        if not cut:  # what has a MAC of its own on such a link is cut, too
            return None
        found = found or CutSegment(link, row, cut)
    return None if found is None or routed_through(node, vip, node) else found


def _tells_otherwise(node: Node, own: Address) -> bool:
    """Beside another address of a link, the VIP's own mask tells of no subnet."""
    return any(row.ip != own.ip and not row.host_only for row in node.addresses_on(own.link))


def drawn_by_any(vip: IP, directors: Sequence[Node]) -> bool:
    """Does one of these directors answer for a VIP by a link that has carrier?"""
    return any(answers_arp_or_ndp(director, vip) and not _is_cut_off(director, vip) for director in directors)


def _is_cut_off(director: Node, vip: IP) -> bool:
    try:
        return director.has("links") and director.has("addresses") and cut_segment(director, vip) is not None
    except NotCollected:
        return False
