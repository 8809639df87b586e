"""Directors that nobody finds by ARP or neighbour discovery, and which of several is the one that should be found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.analysis.directors import directed_vips
from lvsdoctor.analysis.l2_segments import routed_through, vip_on_segment
from lvsdoctor.kernel.answer import Answer, assume, no
from lvsdoctor.kernel.arp import NOBODY, arp_ignored
from lvsdoctor.kernel.delivery import answers_arp_or_ndp, delivered
from lvsdoctor.kernel.ndp import ndp_proxied, ndp_reply
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node

NO_PROXY_ENTRY = assume("neighbours", "no proxy entry for the VIP", settle="ip -6 neigh show proxy")


@dataclass(frozen=True, slots=True)
class ArpUnanswered:
    """A link whose segment asks for a VIP of this node, and which does not answer: because of arp_ignore, or as the
    VIP is on another link (IPv6)."""

    link: Link
    because: tuple[Citation, ...]


def arp_unanswered(node: Node, vip: IP) -> Iterator[ArpUnanswered]:
    """Where arp_ignore keeps this node silent about a VIP that it has.

    Reads sysctl, addresses, links, and local-routes, routes, memberships where collected.
    """
    if vip.version != 4 or not is_local(node, vip):
        return
    for link in node.links_hearing_arp:
        segment, ignored = vip_on_segment(node, vip, link), arp_ignored(node, vip, link, NOBODY)
        if segment and ignored:
            yield ArpUnanswered(link, (segment, *ignored.because))


def ndp_unanswered(node: Node, vip: IP) -> Iterator[ArpUnanswered]:
    """Where this node receives neighbour solicitations for an IPv6 VIP that it has, and answers on no such link.

    Of a link that has the VIP and does not use it, its check for duplicates says more; and nobody asks for a VIP to
    which the routers have a route through the node. Reads addresses, links, and local-routes, routes, memberships,
    neighbours, sysctl where collected.
    """
    if vip.version != 6 or not is_local(node, vip) or routed_through(node, vip, node):
        return
    silent = []
    for link in node.links_hearing_arp:
        segment = vip_on_segment(node, vip, link)
        if segment is None:
            continue
        proxied = _ndp_proxied(node, vip, link)
        if proxied or any(address.link == link.name for address in node.holding(vip)):
            return
        silent.append(ArpUnanswered(link, (segment, *proxied.because)))
    yield from silent


def _ndp_proxied(node: Node, vip: IP, link: Link) -> Answer:
    if node.has("neighbours"):
        return ndp_proxied(node, vip, arrived_on=link)
    return no("no proxy entry on {link}", NO_PROXY_ENTRY, link=link.name)


def answers_ndp(node: Node, vip: IP) -> bool:
    """Do hosts that ask for an IPv6 VIP on its segment find it at this node? Without links, one but lo has it.

    Reads addresses, and links, neighbours, sysctl, routes, memberships where collected.
    """
    if not node.has("links"):
        return answers_arp_or_ndp(node, vip)
    return any(
        vip_on_segment(node, vip, link) and (ndp_reply(node, vip, arrived_on=link) or _ndp_proxied(node, vip, link))
        for link in node.links_hearing_arp
    )


def serves_its_own(director: Node, vip: IP, directors: Sequence[Node]) -> bool:
    """Do these directors list it as a real server of the VIP? Then it keeps the VIP on lo while another one has it."""
    services = [service for one in directors for service in one.services if service.serves(vip)]
    rips = {real.ip for service in services for real in service.destinations if real.ip is not None}
    return any(director.holding(rip) for rip in rips)


def should_answer(vip: IP, directors: Sequence[Node]) -> Node | None:
    """Of directors that have a service of the VIP and none of which draws it, the one that should: so that one is told,
    and not every one of a pair.

    Rather one that has the VIP and is silent about it (unless it may have to be, as a real server), then the one that
    draws its other VIPs, else the first by its name. One that has the VIP and is silent for another reason (a link that
    is down, say) is left out. Reads ipvs, addresses, and what answers_arp_or_ndp(), delivered(), arp_unanswered() and
    ndp_unanswered() read.
    """
    ranked = []
    for director in directors:
        silent = _keeps_silent(director, vip)
        if not silent and delivered(director, vip):
            continue
        others = directed_vips(director).keys() - {vip}
        active = any(answers_arp_or_ndp(director, other) for other in others)
        may_stand_by = silent and serves_its_own(director, vip, directors)
        ranked.append(((not silent or may_stand_by, not active, may_stand_by, director.name), director))
    return min(ranked, key=lambda one: one[0])[1] if ranked else None


def _keeps_silent(director: Node, vip: IP) -> bool:
    if not director.has("links"):
        return False
    if vip.version == 6:
        return any(ndp_unanswered(director, vip))
    return director.has("sysctl") and any(arp_unanswered(director, vip))


def reached_by_route(director: Node, vip: IP) -> bool:
    """Does the director have a VIP that is in no subnet of its links? Then routers send requests there, whether it
    answers ARP for the VIP or not. Reads what vip_on_segment() and delivered() read."""
    if not director.has("links") or not delivered(director, vip):
        return False
    return not any(vip_on_segment(director, vip, link) for link in director.links_hearing_arp)
