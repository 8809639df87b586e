"""Which source address this node's own packets get when nobody bound one: health checks, the outside of a tunnel.

net/ipv4/route.c: ip_route_output_key_hash_rcu(); net/ipv4/fib_semantics.c: fib_result_prefsrc(),
fib_info_update_nhc_saddr(), which asks inet_select_addr() for the next hop's link.
"""

from ipaddress import IPv4Address

from lvsdoctor.finding import cite
from lvsdoctor.kernel.arp_source import Sender, select_source
from lvsdoctor.kernel.routing import route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.node import Node

_NO_GATEWAY = IPv4Address("0.0.0.0")


def own_source(node: Node, dst: IP) -> Sender:
    """The source of this node's own packet to `dst`, and why; `ip` is None where no route leads out.

    The route's preferred source, else the address that speaks for its link. IPv4 only. Reads routes, addresses,
    links, and what route_lookup() reads where collected.
    """
    way = route_lookup(node, dst)
    link = node.link(way.links[0]) if way.links else None
    if way.route is None or way.type != "unicast" or link is None:
        return Sender(None, way.because, "no way out")
    if way.route.src is not None:
        return Sender(way.route.src, way.because, "the route's preferred source")
    picked = select_source(node, link, next(iter(way.gateways), _NO_GATEWAY))
    because = (*way.because, cite(picked)) if picked else way.because
    return Sender(picked.ip if picked else None, because, "selected")
