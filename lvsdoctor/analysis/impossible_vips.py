"""Addresses that no host can have, so that no request to them reaches a service.

net/ipv4/route.c: ip_route_input_slow(), net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_hook() (PACKET_HOST alone).
"""

from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node


def impossible_kind(node: Node, vip: IP) -> tuple[str, list[Citation]]:
    """What kind of address makes that no client of another host reaches a VIP ("a broadcast"), and the rows that tell;
    "" for a usual one. Reads addresses where collected."""
    if vip.is_loopback:
        return "a loopback", []
    if vip.is_multicast:
        return "a multicast", []
    if vip.version == 6:
        return ("an unspecified" if vip.is_unspecified else "an IPv4-mapped" if vip.ipv4_mapped else ""), []
    if vip.packed[0] == 0:
        return "an unspecified", []
    if str(vip) == "255.255.255.255":
        return "a broadcast", []
    if not node.has("addresses"):
        node.assuming(NotCollected("addresses", node.name))  # which address is a broadcast, its own prefix tells
        return "", []
    for own in node.addresses if not node.holding(vip) else ():
        if own.network.prefixlen < 31 and vip == own.network.broadcast_address:
            return "a broadcast", [cite(own, "the broadcast address of its subnet")]
    return "", []
