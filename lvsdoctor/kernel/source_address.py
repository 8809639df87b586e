"""Which source address this node's own packets get when nobody bound one: health checks, the outside of a tunnel.

net/ipv4/route.c: ip_route_output_key_hash_rcu(); net/ipv4/fib_semantics.c: fib_result_prefsrc(),
fib_info_update_nhc_saddr(), which asks inet_select_addr() for the next hop's link. IPv6: net/ipv6/ip6_output.c:
ip6_dst_lookup_tail(), include/net/ip6_route.h: ip6_route_get_saddr().
"""

from dataclasses import dataclass
from ipaddress import IPv4Address

from lvsdoctor.kernel.arp_source import Sender, arp_sender, select_source
from lvsdoctor.kernel.routing import FAR_AWAY, Lookup, route_lookup
from lvsdoctor.kernel.source6 import select_source6
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node

_NO_GATEWAY = IPv4Address("0.0.0.0")


def own_source(node: Node, dst: IP) -> Sender:
    """The source of this node's own packet to `dst`, and why; `ip` is None where no route leads out.

    The route's preferred source, else the address that speaks for its link (IPv6: that select_source6() takes). Reads
    routes, addresses, links, and what route_lookup() and select_source6() read where collected.
    """
    way = route_lookup(node, dst)
    link = node.link(way.links[0]) if way.links else None
    if way.route is None or way.type != "unicast" or link is None:
        return Sender(None, way.because, "no way out")
    if way.route.src is not None:
        return Sender(way.route.src, way.because, "the route's preferred source")
    if dst.version == 6:
        return _selected6(node, dst, way)
    picked = select_source(node, link, next(iter(way.gateways), _NO_GATEWAY))
    because = (
        (*way.because, cite(picked, "the kernel picks this address on {link}", link=link.name))
        if picked
        else way.because
    )
    return Sender(picked.ip if picked else None, because, "selected")


def outer_source(node: Node, rip: IP) -> Sender:
    """The source of the outer header of a tunnel to `rip`. Reads as own_source().

    IPv6 asks past a route's preferred source (net/netfilter/ipvs/ip_vs_xmit.c: __ip_vs_route_output_v6()).
    """
    if rip.version == 4:
        return own_source(node, rip)
    lookup = route_lookup(node, rip)
    if lookup.type != "unicast" or not lookup.links:
        return Sender(None, lookup.because, "no way out")
    return _selected6(node, rip, lookup)


def _selected6(node: Node, dst: IP, lookup: Lookup) -> Sender:
    picked = select_source6(node, dst, lookup.links[0])
    if picked is None:
        return Sender(None, lookup.because, "no address")
    address, why = picked
    return Sender(address.ip, (*lookup.because, *why), "selected")


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """In whose name (`ip`) a node speaks to another host on `link`: already in its ARP request for that host
    (`by_arp`), or in the packets that it makes itself."""

    ip: IP
    link: str
    by_arp: bool
    because: tuple[Citation, ...]


def source_addresses(node: Node, to: IP) -> tuple[SourceAddress, ...]:
    """How this node speaks to `to` when it passes on a client's packet, and when it sends one of its own.

    A neighbour that is permanent is never asked for. IPv4 only. Reads addresses, links, and what route_lookup() and
    arp_sender() read, and neighbours, where collected.
    """
    way = route_lookup(node, to)
    link = node.link(way.links[0]) if way.type == "unicast" and way.links else None
    if link is None:
        return ()
    found = []
    known = node.has("neighbours") and any(n.ip == to and n.fixed for n in node.neighbours)
    if way.onlink and not known:
        asked = arp_sender(node, link, asking_for=to, packet_source=FAR_AWAY)
        if asked.ip is not None:
            found.append(SourceAddress(asked.ip, link.name, True, (*way.because, *asked.because)))
    own = own_source(node, to)
    if own.ip is not None:
        found.append(SourceAddress(own.ip, link.name, False, own.because))
    return tuple(found)
