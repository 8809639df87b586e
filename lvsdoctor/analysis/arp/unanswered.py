"""Directors that nobody finds by ARP or neighbour discovery, and which of several is the one that should be found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lvsdoctor.analysis.directors import directed_vips
from lvsdoctor.analysis.filters.ndp_filters import drops_solicitations
from lvsdoctor.analysis.l2_segments import routed_through, vip_on_segment
from lvsdoctor.kernel.answer import Answer, assume, no
from lvsdoctor.kernel.arp import NOBODY, arp_ignored, neighbours_of
from lvsdoctor.kernel.arp_filter import REPLY, REQUEST, Filtered, arp_filtered
from lvsdoctor.kernel.delivery import answers_arp_or_ndp, delivered
from lvsdoctor.kernel.ndp import ndp_proxied, ndp_reply
from lvsdoctor.kernel.route_families import shows_routes
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen

NO_PROXY_ENTRY = assume("neighbours", "no proxy entry for the VIP", settle="ip -6 neigh show proxy")


class Silence(StrEnum):
    """What keeps a host silent."""

    IGNORED = "arp_ignore"
    FILTERED = "arptables"
    SWITCHED_OFF = "NOARP"
    ELSEWHERE = "the VIP is on another interface"


@dataclass(frozen=True, slots=True)
class ArpUnanswered:
    """A link whose segment asks for a VIP of this node, and which does not answer: because of arp_ignore, an arptables
    rule, a link without ARP, or as the VIP is on another link (IPv6)."""

    link: Link
    because: tuple[Citation, ...]
    silence: Silence = Silence.ELSEWHERE

    @property
    def decided_by(self) -> Seen:
        """The rule of the packet filter, or the row of the link."""
        lines = self.because[1:] if self.silence is Silence.FILTERED else self.because
        return lines[-1 if self.silence is Silence.FILTERED else 0].seen


def arp_unanswered(node: Node, vip: IP) -> Iterator[ArpUnanswered]:
    """Where this node is silent about a VIP that it has.

    Reads sysctl, addresses, links, and local-routes, routes, memberships, arptables where collected.
    """
    if vip.version != 4 or not is_local(node, vip):
        return
    for link in node.links_hearing_arp:
        segment = vip_on_segment(node, vip, link)
        ignored = arp_ignored(node, vip, link, NOBODY)
        if segment and ignored:
            yield ArpUnanswered(link, (segment, *ignored.because), Silence.IGNORED)
        elif segment and (filtered := _filtered(node, vip, link)) is not None:
            yield ArpUnanswered(link, (segment, *filtered.because), Silence.FILTERED)
    for link in node.known_rows("links"):
        silent = link.up and link.type == "ether" and not (link.arp or link.loopback)
        if silent and (segment := vip_on_segment(node, vip, link)) and _leads_on(node, link):
            yield ArpUnanswered(link, (cite(link, "has no ARP"), segment), Silence.SWITCHED_OFF)


def _filtered(node: Node, vip: IP, link: Link) -> Filtered | None:
    """What drops the request of some host of the segment, or keeps the reply from it."""
    if not node.has("arptables"):
        return None
    sender = next(iter(neighbours_of(node, link, besides=vip)), NOBODY)
    asked = arp_filtered(node, "INPUT", sender=sender, target=vip, operation=REQUEST, link=link.name)
    if asked.dropped:
        return asked
    reply = arp_filtered(node, "OUTPUT", sender=vip, target=sender, operation=REPLY, link=link.name)
    return reply if reply.dropped or reply.sender != vip else None


def _leads_on(node: Node, link: Link) -> bool:
    """Is it a link to other hosts, as a gateway there tells? Somebody has switched ARP off then."""
    if not shows_routes(node, 4):
        raise NotCollected("routes", node.name)
    hops = {hop.link for route in node.known_rows("routes") for hop in route.nexthops if hop.gateway is not None}
    return link.name in hops


def ndp_unanswered(node: Node, vip: IP) -> Iterator[ArpUnanswered]:
    """Where this node receives neighbour solicitations for an IPv6 VIP that it has, and answers on no such link.

    Of a link that has the VIP and does not use it, its check for duplicates says more; and nobody asks for a VIP to
    which the routers have a route through the node. Reads addresses, links, and local-routes, routes, memberships,
    neighbours, sysctl, ip6tables where collected.
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
            dropped = drops_solicitations(node, vip, link.name, None)
            if dropped is None or not (proxied or ndp_reply(node, vip, arrived_on=link)):
                return
            silent.append(ArpUnanswered(link, (segment, *dropped.because), Silence.FILTERED))
            continue
        silent.append(ArpUnanswered(link, (segment, *proxied.because)))
    yield from silent


def _ndp_proxied(node: Node, vip: IP, link: Link) -> Answer:
    if node.has("neighbours"):
        return ndp_proxied(node, vip, arrived_on=link)
    return no("no proxy entry on {link}", NO_PROXY_ENTRY, link=link.name)


def answers_ndp(node: Node, vip: IP) -> bool:
    """Do hosts that ask for an IPv6 VIP on its segment find it at this node? Without links, one but lo has it.

    Reads addresses, and links, neighbours, sysctl, routes, memberships, ip6tables where collected.
    """
    if not node.has("links"):
        return answers_arp_or_ndp(node, vip)
    return any(
        vip_on_segment(node, vip, link)
        and (ndp_reply(node, vip, arrived_on=link) or _ndp_proxied(node, vip, link))
        and drops_solicitations(node, vip, link.name, None) is None
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
