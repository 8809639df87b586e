"""What kube-proxy keeps on kube-ipvs0: every service's address on every node, each of them local there.

The link is down and without ARP. That silences no other link: at arp_ignore=0 each answers for all addresses of the
host (net/ipv4/arp.c: arp_process(), arp_ignore()).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.kernel.route_families import shows_routes
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.kube import KubeNode
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node

KUBE_LINK = "kube-ipvs0"


def service_addresses(node: Node) -> Iterator[Address]:
    """The addresses of kube-proxy that this node has for no other reason. Reads addresses."""
    for kept in node.addresses_on(KUBE_LINK):
        if kept_on_kube_link(node, kept.ip):
            yield kept


def kept_on_kube_link(node: Node, ip: IP) -> bool:
    """Has this node the address for kube-proxy alone? Reads addresses."""
    held = node.holding(ip)
    return bool(held) and all(address.link == KUBE_LINK for address in held)


def owner_elsewhere(node: Node, ip: IP) -> tuple[str, Citation] | None:
    """Another host whose own address this is, or a gateway of this node: its name, and what tells it.

    A further address of a link, as keepalived or kube-vip put it there, is no host's own: with that the address of a
    service is meant to be one. Reads addresses, and the other nodes' links, routes and kube-state, where collected.
    """
    for peer in node.peers_holding(ip):
        for held in peer.holding(ip):
            if is_own(peer, held):
                return peer.name, cite(held, "{peer} owns this address", peer=peer.name)
    for host in node.peers_with("kube-state"):
        for row in host.seen_rows("kube-state"):
            if isinstance(row, KubeNode) and ip in row.addresses:
                return row.name, cite(row, "{peer} owns this address", peer=row.name)
    for route in node.routes if node.has("routes") else ():
        if ip in route.gateways:
            return str(ip), cite(route, "{node} uses this gateway", node=node.name)
    if not shows_routes(node, ip.version):
        node.assuming(NotCollected("routes", node.name))
    return None


def is_node_s_by_kube(node: Node, vip: IP) -> bool:
    """Does a Service give kube-proxy of this node the address of another host? Nobody wants it here. Reads as
    owner_elsewhere()."""
    return any(service_addresses(node)) and owner_elsewhere(node, vip) is not None


def is_own(node: Node, address: Address) -> bool:
    """Is it one of the host itself? A further single address of a link is a VIP. Reads addresses, and links where
    collected."""
    if node.has("links"):
        on_wire = any(link.name == address.link for link in node.links_hearing_arp)
    else:
        on_wire = address.link not in ("lo", KUBE_LINK)
    beside = [a for a in node.addresses_on(address.link) if a.ip.version == address.ip.version and a.ip != address.ip]
    own = [a for a in beside if not a.ip.is_link_local and not a.host_only and not a.secondary]
    return on_wire and (not own or not (address.host_only or address.secondary))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the neighbour caches of other hosts say of an address: who answered, and who asked in vain."""

    answered: tuple[tuple[Node, Neighbour], ...]
    in_vain: tuple[tuple[Node, Neighbour], ...]


def asked_by_others(node: Node, ip: IP) -> Asked:
    """Of hosts that do not have the address, for no host asks for its own. Reads neighbours of the others, and
    addresses, local-routes, links, policy-rules, routes where collected."""
    rows = [
        (peer, entry)
        for peer in node.peers_with("neighbours")
        if not (peer.has("addresses") and is_local(peer, ip))
        # `ip neigh show ADDRESS` shows all that there is of it.
        for entry in (peer.seen_rows("neighbours") if peer.has("neighbours") else ())
        if entry.ip == ip
    ]
    return Asked(
        tuple(row for row in rows if row[1].mac and not row[1].unresolved),
        tuple(row for row in rows if row[1].unresolved),
    )
