"""A director's own addresses among its real servers: LocalNode, whether it is meant or not.

net/netfilter/ipvs/ip_vs_xmit.c: __ip_vs_get_out_rt() finds such a destination local, and every forwarding method hands
the packet to the host itself instead of sending it (ip_vs_send_or_cont()).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.directors import directed_vips
from lvsdoctor.kernel.routing import Lookup, is_local
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class OwnRip:
    """A RIP that is the director's own: where it is listed, and the route that makes it local."""

    rip: IP
    listed: tuple[tuple[VirtualService, Destination], ...]
    home: Lookup

    @property
    def idle(self) -> bool:
        return all(real.weight == 0 for _, real in self.listed)


def own_rips(director: Node) -> Iterator[OwnRip]:
    """The real servers' addresses that this director has for itself. Loopback is meant; a whole prefix that is local
    (a netmask on lo) is another trouble, and so is a VIP that is listed as a real server.

    Reads ipvs, addresses, local-routes, and links, policy-rules, routes where collected.
    """
    vips = directed_vips(director)
    listed: dict[IP, list[tuple[VirtualService, Destination]]] = {}
    for service in director.services:
        for real in service.destinations:
            if real.ip is not None and not real.ip.is_loopback and real.ip not in vips:
                listed.setdefault(real.ip, []).append((service, real))
    for rip, places in listed.items():
        home = is_local(director, rip)
        if home is not None and home.route is not None and home.route.dst.prefixlen == rip.max_prefixlen:
            yield OwnRip(rip, tuple(places), home)


def other_holder(director: Node, own: OwnRip) -> tuple[Node, Address] | None:
    """Another host of the scan that has this RIP on a wire, unless both are a LocalNode of the same service and name
    their own by the same address (each on a bridge of its own, say). Reads ipvs, addresses, links of both.
    """
    for peer in director.peers_holding(own.rip):
        if not _both_local_nodes(director, peer, own):
            for held in peer.holding(own.rip):
                if _on_wire(peer, held):
                    return peer, held
    return None


def _on_wire(node: Node, address: Address) -> bool:
    if node.has("links"):
        return any(link.name == address.link for link in node.links_hearing_arp)
    return address.link != "lo"


def _both_local_nodes(director: Node, peer: Node, own: OwnRip) -> bool:
    keys = {service.key for service, _ in own.listed}
    same = [service for service in peer.services if service.key in keys] if peer.has("ipvs") else []
    others = {real.ip for service, _ in own.listed for real in service.destinations} - {own.rip, None}
    lists_it = any(real.ip == own.rip for service in same for real in service.destinations)
    return lists_it and not any(director.holding(ip) for ip in others if ip is not None)


def answered_elsewhere(director: Node, rip: IP) -> Neighbour | None:
    """A neighbour entry for an address that is now the director's own: some host answered for it not long ago, for no
    node asks for what is local. Reads neighbours, links."""
    own = {link.mac for link in director.links} if director.has("links") else set()
    entries = director.neighbours if director.has("neighbours") else ()
    return next((n for n in entries if n.ip == rip and n.mac and n.mac not in own), None)


def beside_own(director: Node, rip: IP) -> Address | None:
    """The director's own address in a subnet where it has `rip` as one more, as no host has its usual address: with the
    prefix of a single host, or secondary. Reads ipvs, addresses."""
    vips = directed_vips(director)
    extra = any(held.host_only or held.secondary for held in director.holding(rip))
    for other in director.addresses if extra else ():
        if rip in other.network and not other.host_only and other.link != "lo" and other.ip not in (rip, *vips):
            return other
    return None
