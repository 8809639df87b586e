"""Addresses that a real server holds though they are its director's: packets from them are dropped, or stay there.

net/ipv4/fib_frontend.c: fib_validate_source() finds the source local and drops the packet as martian, and before that
the ARP request (net/ipv4/arp.c: arp_process()). IPv6 has no such check: what the host answers goes to itself.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from lvsdoctor.analysis.arp.owners import arp_owners
from lvsdoctor.kernel.answer import assume
from lvsdoctor.kernel.routing import route_lookup
from lvsdoctor.kernel.rp_filter import source_ok
from lvsdoctor.kernel.source_address import source_addresses
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import Route
from lvsdoctor.model.standing import Membership


@dataclass(frozen=True, slots=True)
class SharedAddress:
    """An address of a director towards this real server that the real server holds as well. `lost`: what the director
    sends to `rip` does not arrive; `misled` is a host whose gateway it is, and that this real server answers ARP for.
    """

    director: Node
    rip: IP
    ours: Address
    theirs: Address
    because: tuple[Citation, ...]
    lost: bool = False
    misled: Node | None = None


def shared_addresses(node: Node) -> Iterator[SharedAddress]:
    """Not the VIPs, which DR and TUN ask it to hold, and which a NAT real server may hold where the director does not
    use them as source; and not what its director lists: that is its LocalNode's.

    An address of a link that does not lead to the real server (a bridge of containers) may be of both. Reads
    memberships, addresses, and links, routes, local-routes, policy-rules, sysctl, neighbours, arptables of both where
    collected.
    """
    known: set[str] = set()
    meant = {vip.ip for vip in node.vips}
    for listing in node.memberships:
        director, rip = listing.director, listing.destination.ip
        if director.name in known or director.name == node.name or rip is None or not director.has("addresses"):
            continue
        known.add(director.name)  # its other services ask the same
        listed = {other.destination.ip for other in node.memberships if other.director is director}
        for ours in node.addresses:
            if ours.ip in meant or ours.ip in listed or _of_every_host(ours.ip):
                continue
            for theirs in director.holding(ours.ip)[:1]:
                if (shared := _shared(node, listing, rip, ours, theirs)) is not None:
                    yield shared
    if (absent := node.unseen("memberships")) is not None:
        raise absent


def _of_every_host(ip: IP) -> bool:
    return ip.is_loopback or ip.is_link_local


def _shared(node: Node, listing: Membership, rip: IP, ours: Address, theirs: Address) -> SharedAddress | None:
    director = listing.director
    sources = source_addresses(director, rip) if rip.version == 4 and director.has("links") else ()
    used = [source for source in sources if source.ip == ours.ip]
    vips = {vip for other in node.memberships for vip, _ in other.service.vips}
    if not used and (ours.ip in vips or theirs.link not in route_lookup(director, rip).links):
        return None
    lines = [cite(ours), cite(theirs, "{director} has this address", director=director.name)]
    misled = _misled(node, ours.ip, lines)
    if not used:
        return SharedAddress(director, rip, ours, theirs, tuple(lines), misled=misled)
    lines += [line for line in used[0].because if line.seen != theirs.seen]
    lost = used[0].by_arp or listing.forwarding is Forwarding.TUN
    if not node.has("sysctl"):
        lines.append(assume("sysctl", "accept_local is 0 on the real server"))
    else:
        arrives_on = next((address.link for address in node.holding(rip)), "")
        accepted = source_ok(node, ours.ip, rip, arrived_on=arrives_on)
        lines += [line for line in accepted.because if line.seen != ours.seen]
        lost = lost and not accepted
    return SharedAddress(director, rip, ours, theirs, tuple(lines), lost, misled)


def _misled(node: Node, ip: IP, lines: list[Citation]) -> Node | None:
    """Another host with a route through the address, where this real server answers ARP for it: which MAC it learns is
    chance. Reads routes of the others."""
    answers = arp_owners(node, ip) if ip.version == 4 and node.has("links") else ()
    for peer, route in _using(node, ip) if answers else ():
        lines += [line for line in answers[0].because if line.seen != lines[0].seen]
        lines.append(cite(route, "{peer} uses this gateway", peer=peer.name))
        return peer
    return None


def _using(node: Node, gateway: IP) -> Iterator[tuple[Node, Route]]:
    with suppress(NotCollected):  # a host that was not seen whole misleads no other
        for peer in node.peers_with_gateway_at(node):
            yield from ((peer, route) for route in peer.routes if gateway in route.gateways)
