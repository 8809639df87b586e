"""ICMPv6 redirects of a NAT director, and the real servers that take them: later replies do not pass the director.

No sysctl keeps a director from sending them, a packet filter does (net/ipv6/ndisc.c: ndisc_send_redirect()). Measured:
a socket of TCP takes them whatever its gateway's address (net/ipv6/tcp_ipv6.c: tcp_v6_err()), anything else if they
come from the address of its gateway (net/ipv6/route.c: ip6_redirect_nh_match()), which is a link-local one then.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.filters.filter_paths import filters_seen
from lvsdoctor.analysis.filters.ndp_filters import drops_redirects
from lvsdoctor.analysis.nat.translation import client_in, no_source_nat
from lvsdoctor.kernel.answer import Answer, assume_without, no
from lvsdoctor.kernel.far_away import far_away
from lvsdoctor.kernel.redirects import believes_redirects6, sends_redirect6
from lvsdoctor.kernel.routing import Lookup, route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Membership


@dataclass(frozen=True, slots=True)
class LostReplies:
    """Replies of a real server that leave by `link`, and then by `next_hop`, no longer through its director."""

    link: Link
    next_hop: str
    because: tuple[Citation, ...]


def redirects6(director: Node, rip: IP, client: IP, link: Link) -> Answer:
    """Does a director that forwards a reply send a redirect to the real server?

    Reads sysctl, links, routes, local-routes, policy-rules, and ip6tables where collected.
    """
    sent = sends_redirect6(director, src=rip, dst=client, arrived_on=link)
    dropped = drops_redirects(director, rip, out_link=link.name) if sent else None
    return sent if dropped is None else no(dropped.reason, *dropped.because, **dropped.fields)


def takes_redirects6(node: Node, link: Link) -> Answer:
    """Does a real server take the redirects that come in by a link? Reads sysctl, addresses, and ip6tables where
    collected."""
    taken = believes_redirects6(node, link)
    rip = next((row.ip for row in node.addresses_on(link.name) if row.ip.version == 6), None)
    dropped = drops_redirects(node, rip, in_link=link.name) if taken and rip is not None else None
    return taken if dropped is None else no(dropped.reason, *dropped.because, **dropped.fields)


def redirected6(node: Node, rip: IP, listing: Membership) -> LostReplies | None:
    """How a redirect leads the replies of a real server from its director; None where none does.

    Reads routes, local-routes, policy-rules, sysctl, addresses, links, and the same of the director.
    """
    director = listing.director
    own = {row.ip: row for row in director.addresses}
    for client, way in _clients(node, director, rip, set(own)):
        gateway = next((hop for hop in way.gateways if hop in own), None)
        link = node.link(way.links[0]) if len(way.links) == 1 else None
        arrival = director.link(own[gateway].link) if gateway is not None else None
        if gateway is None or link is None or arrival is None:
            continue
        if listing.service.protocol != "tcp" and not gateway.is_link_local:
            continue
        kept = no_source_nat(director, listing.service, listing.destination, client, family=6)
        if kept is None or not (taken := takes_redirects6(node, link)):
            continue
        if not (sent := redirects6(director, rip, client, arrival)):
            continue
        lines = (*way.because, *sent.because, *taken.because, kept, *_unseen(director))
        return LostReplies(link, sent.fields["next_hop"], lines)
    return None


def _clients(node: Node, director: Node, rip: IP, own: set[IP]) -> Iterator[tuple[IP, Lookup]]:
    """Some host far away, and one for each route to the director."""
    nets = [r.dst for r in node.routes if r.dst.version == 6 and r.dst.prefixlen and own.intersection(r.gateways)]
    for client in (far_away(6), *(client_in(net, director, node) for net in nets)):
        if client is not None and (way := route_lookup(node, client, src=rip)).type == "unicast":
            yield client, way


def _unseen(director: Node) -> tuple[Citation, ...]:
    if filters_seen(director, 6):
        return ()
    text = f"no ip6tables or nftables rule of {director.name} drops the redirects"
    return (assume_without("packets", text, "ip6tables-save", of=director, note="not in the evidence of {node}"),)
