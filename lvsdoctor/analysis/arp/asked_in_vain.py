"""VIPs without an address, whose marked packets alone are local at their director, and for which hosts ask by ARP.

ARP requests carry no mark, so no policy rule on a mark makes a host answer them (net/ipv4/arp.c: arp_process() looks
for a route as of any packet). Such a director needs a router that has a route to the VIP through it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.l2_segments import routed_through
from lvsdoctor.kernel.delivery import answers_arp_or_ndp
from lvsdoctor.kernel.routing import captured_by_mark, is_local
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class AskedInVain:
    """`asker` has a neighbour entry of the VIP without a MAC (`entry`); the `subnet` of the director's link holds the
    VIP, and `marked` makes marked packets to it local there. `router`: the asker is a gateway of the director."""

    asker: Node
    entry: Neighbour
    subnet: Address
    marked: Citation
    router: bool


def asked_in_vain(node: Node, vip: IP) -> AskedInVain | None:
    """None where the VIP is local for all packets, where a host answers for it or did, and where a scanned router has a
    route to it through this director. Reads addresses, policy-rules, local-routes, routes, links, and neighbours of all
    hosts where collected, and what answers_arp_or_ndp() reads of other directors."""
    marked = captured_by_mark(node, vip) if is_local(node, vip) is None else None
    subnet = _subnet(node, vip) if marked is not None else None
    if marked is None or subnet is None or any(answers_arp_or_ndp(peer, vip) for peer in node.peers_directing(vip)):
        return None
    entries = list(_entries(node, vip))
    if any(row.mac for _, row in entries) or routed_through(node, vip, node) or any(node.peers_holding(vip)):
        return None
    gateways = {gateway for route in node.routes for gateway in route.gateways}
    asked = [
        AskedInVain(host, row, subnet, marked, host.has("addresses") and any(map(host.holding, gateways)))
        for host, row in entries if row.unresolved and host is not node
    ]  # fmt: skip
    return min(asked, key=lambda found: not found.router, default=None)


def _subnet(node: Node, vip: IP) -> Address | None:
    hearing = {link.name for link in node.links_hearing_arp}
    rows = (row for row in node.addresses if row.link in hearing and not row.host_only)
    return next((row for row in rows if vip in row.network and not row.ip.is_link_local), None)


def _entries(node: Node, vip: IP) -> Iterator[tuple[Node, Neighbour]]:
    for host in (node, *node.peers_with("neighbours")):
        for row in host.neighbours if host.has("neighbours") else ():
            if row.ip == vip and "proxy" not in row.flags:
                yield host, row
