"""Where the requests that directors hand to a host come in: at the VIP, or at the address of the real server's row.

Direct routing and tunnelling change neither address nor port, masquerading makes them those of the row
(net/netfilter/ipvs/ip_vs_xmit.c).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.analysis.local_node import other_holder, own_rips
from lvsdoctor.analysis.request_path import tunnel_for
from lvsdoctor.analysis.usable_servers import kept_by_persistence
from lvsdoctor.kernel.delivery import home_link
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Membership


@dataclass(frozen=True, slots=True)
class RequestTarget:
    """Where the requests of directors' rows (`listings`) come in on a host: protocol, address and port, and `link`
    where that is known."""

    protocol: str
    ip: IP
    port: int
    listings: tuple[Membership, ...]
    link: str | None = None

    def __str__(self) -> str:
        return f"{self.protocol} {self.place}"

    @property
    def place(self) -> str:
        return f"[{self.ip}]:{self.port}" if self.ip.version == 6 else f"{self.ip}:{self.port}"

    @property
    def service(self) -> VirtualService:
        return self.listings[0].service

    @property
    def real(self) -> Destination:
        return self.listings[0].destination

    @property
    def idle(self) -> bool:
        """Do no clients come, neither new ones nor those whom persistence keeps here?"""
        return all(row.destination.weight == 0 and not kept_by_persistence(row) for row in self.listings)


def request_targets(node: Node) -> Sequence[RequestTarget]:
    """What the rows of other directors make of it; not what the node's own IPVS would take."""
    by_place: dict[tuple[str, IP, int], list[Membership]] = {}
    for listing in node.memberships:
        place = None if listing.director.name == node.name else _place_of(listing)
        if place is not None and _comes_here(node, listing) and not _directs(node, *place):
            by_place.setdefault(place, []).append(listing)
    return [
        RequestTarget(protocol, ip, port, tuple(listings), _arrives_on(node, listings))
        for (protocol, ip, port), listings in by_place.items()
    ]


def waits_for_failover(node: Node, target: RequestTarget) -> bool:
    """Do only directors without the VIP list it, while another director has it? Reads addresses and ipvs of them."""
    vip = target.service.vip
    if vip is None or not all(row.director.has("addresses") for row in target.listings):
        return False
    if any(row.director.holding(vip) for row in target.listings):
        return False
    names = {row.director.name for row in target.listings}
    return any(peer.has("ipvs") and peer.name not in names for peer in node.peers_holding(vip))


def _place_of(listing: Membership) -> tuple[str, IP, int] | None:
    """None for what has no port, and for a row whose port its method does not use: another rule's."""
    service, real = listing.service, listing.destination
    if listing.forwarding is None and not real.method:
        raise NotCollected("ipvs", listing.director.name, f"how {real.ip} is forwarded to")
    if service.vip is None or not service.port or real.ip is None or listing.forwarding is None:
        return None
    if listing.forwarding is Forwarding.NAT:
        return service.protocol, real.ip, real.port or service.port
    kept = listing.forwarding.keeps_destination or listing.forwarding is Forwarding.LOCAL
    same_port = real.port in (None, 0, service.port)
    return (service.protocol, service.vip, service.port) if kept and same_port else None


def _comes_here(node: Node, listing: Membership) -> bool:
    """Is this host the only one that the row can mean? A director that has the RIP keeps the requests."""
    rip, director = listing.destination.ip, listing.director
    assert rip is not None
    return not (director.has("addresses") and director.holding(rip)) and not any(node.peers_holding(rip))


def _directs(node: Node, protocol: str, ip: IP, port: int) -> bool:
    if not node.has("ipvs"):
        return False
    return any((row.protocol, row.vip) == (protocol, ip) and row.port in (0, port) for row in node.services)


def _arrives_on(node: Node, listings: Sequence[Membership]) -> str | None:
    links = set()
    for listing in listings:
        if listing.forwarding is Forwarding.TUN:
            tunnel = tunnel_for(node, listing) if node.has("links") else None
            links.add(tunnel.name if tunnel else None)
        elif listing.destination.ip is not None:
            links |= {address.link for address in node.holding(listing.destination.ip)}
    return next(iter(links)) if len(links) == 1 else None


def own_request_targets(director: Node) -> Iterator[RequestTarget]:
    """The rows that a director keeps for itself. Masquerading to loopback gets no further, whoever listens."""
    for service, real in _own_rows(director):
        listing = Membership(service, real, director)
        if (place := _place_of(listing)) is not None:
            yield RequestTarget(*place, (listing,), home_link(director, place[1]))


def _own_rows(director: Node) -> Iterator[tuple[VirtualService, Destination]]:
    for service in director.services:
        for real in service.destinations:
            if real.ip is not None and real.ip.is_loopback and real.forwarding is not Forwarding.NAT:
                yield service, real
    for own in own_rips(director):
        if other_holder(director, own) is None:  # that host is the real server, and the address is here by mistake
            yield from own.listed
