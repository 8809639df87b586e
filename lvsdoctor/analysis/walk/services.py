"""The addresses at which clients find the services of a scan, and the hosts that these concern."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from lvsdoctor.analysis.directors import ipvs_table
from lvsdoctor.analysis.kube.addresses import kept_on_kube_link
from lvsdoctor.analysis.marks import marked_packets
from lvsdoctor.analysis.named_segments import named_apart
from lvsdoctor.analysis.walk.attempt import ServicePlace
from lvsdoctor.analysis.walk.subnets import hearing_arp, links_by_name, links_holding, own_addresses, subnets
from lvsdoctor.kernel.delivery import delivered
from lvsdoctor.kernel.packet_matching import UDP
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Role

_SCTP = 132


def service_addresses(nodes: Sequence[Node]) -> Iterator[ServicePlace]:
    """Each service once, whichever directors list it, in their order; of a firewall mark every VIP and port that it
    stands for. A VIP that kube-proxy keeps on several nodes is left out: each of them directs its own clients."""
    by_evidence = {id(node.evidence): node for node in nodes}
    alike: dict[object, list[tuple[Node, VirtualService]]] = {}
    for node in nodes:
        for service in ipvs_table(node):
            alike.setdefault(service.key, []).append((node, service))
    hiding: dict[IP, list[Node]] = {}
    for node in nodes:
        for vip in dict.fromkeys(hidden.ip for hidden in node.hidden_vips):
            hiding.setdefault(vip, []).append(node)
    vips = {vip for rows in alike.values() for _, service in rows for vip, _ in service.vips}
    for node in nodes:
        if set(node.roles) <= {Role.CLIENT}:  # a router, or any host: what it holds may draw the clients
            for vip in sorted(vips & own_addresses(node), key=str):
                hiding.setdefault(vip, []).append(node)
    for rows in alike.values():
        node, service = rows[0]
        listing = list({id(node): node for node, _ in rows}.values())
        # What peers_holding() gives has no standing of its own, and so no peers.
        holders = _real_servers(node, [service for _, service in rows])
        servers = {rip: by_evidence.get(id(server.evidence), server) for rip, server in holders.items()}
        known = {id(host.evidence) for host in (*listing, *servers.values())}
        for vip, port, protocol in _known_places(node, service, servers.values()):
            if vip.is_loopback or (len(listing) > 1 and all(_of_kube_proxy(host, vip) for host in listing)):
                continue
            others = tuple(host for host in hiding.get(vip, ()) if id(host.evidence) not in known)
            yield ServicePlace(service, vip, port, protocol, tuple(listing), servers, others)


def _known_places(node: Node, service: VirtualService, servers: Iterable[Node]) -> list[tuple[IP, int, str]]:
    """None of a firewall mark whose packets cannot be told from what was collected."""
    try:
        return list(_places(node, service, servers))
    except NotCollected:
        return []


def _places(node: Node, service: VirtualService, servers: Iterable[Node]) -> Iterator[tuple[IP, int, str]]:
    if service.vip is not None:
        yield service.vip, service.port or 0, service.protocol
        return
    if service.fwmark is None:
        return
    vips = {vip for vip, _ in service.vips}
    if not vips:
        if intended := list(_intended(node, service)):
            yield from intended
            return
        # No rule tells: what the real servers carry as a VIP, and the director has as well.
        ports = dict.fromkeys(real.port or 0 for real in service.destinations)
        for vip in _carried(node, service, servers):
            for port in ports:
                yield vip, port, "tcp"
        return
    places = dict.fromkeys(
        (item.packet.dst, item.packet.dport or 0, _protocol(item.packet.protocol))
        for item in (marked_packets(node, service.family) if vips else ())
        if item.gets == service.fwmark and item.packet.dst in vips
    )
    for vip, port, protocol in places:
        assert vip is not None
        yield vip, port, protocol


def _intended(node: Node, service: VirtualService) -> Iterator[tuple[IP, int, str]]:
    """The places of the director for which a rule has the mark, though requests do not get it there."""
    items = (item for item in marked_packets(node, service.family) if service.fwmark in item.by.marks)
    for item in items:
        vip = item.packet.dst
        if vip is not None and item.by.subnet is None and _takes(node, vip, service.fwmark):
            yield vip, item.packet.dport or 0, _protocol(item.packet.protocol)


def _carried(node: Node, service: VirtualService, servers: Iterable[Node]) -> Iterator[IP]:
    for ip in dict.fromkeys(vip.ip for server in servers for vip in server.hidden_vips):
        if ip.version == service.family and _takes(node, ip, service.fwmark):
            yield ip


def _takes(node: Node, vip: IP, mark: int | None) -> bool:
    try:
        return bool(delivered(node, vip, mark))
    except NotCollected:
        return False


def _protocol(number: int | None) -> Literal["tcp", "udp", "sctp"]:
    return "udp" if number == UDP else "sctp" if number == _SCTP else "tcp"


def _of_kube_proxy(node: Node, vip: IP) -> bool:
    """Does kube-proxy keep the VIP there?"""
    try:
        return node.has("addresses") and kept_on_kube_link(node, vip)
    except NotCollected:
        return False


def _real_servers(director: Node, rows: Iterable[VirtualService]) -> dict[IP, Node]:
    """The node of each real server that the rows list, as far as the scan has it."""
    rips = dict.fromkeys(real.ip for row in rows for real in row.destinations if real.ip is not None)
    holders = {rip: _holder(director, rip) for rip in rips}
    return {rip: node for rip, node in holders.items() if node is not None}


def _holder(director: Node, rip: IP) -> Node | None:
    """Of several nodes the one that the director has in its neighbour cache, else one with it on a wire."""
    rows = director.seen_rows("neighbours") if director.has("neighbours") else ()
    macs = {row.mac for row in rows if row.ip == rip and row.mac}
    holders = list(_holding(director, rip))
    if holders:
        return min(
            holders,
            key=lambda peer: (
                _named_apart(director, peer, rip),
                not _has_mac(peer, macs),
                not set(links_holding(peer, rip)) & set(hearing_arp(peer)),
            ),
        )
    return director if rip in own_addresses(director) else None


def _named_apart(director: Node, peer: Node, rip: IP) -> bool:
    links = {row.link for row in subnets(director) if rip in row.network} if director.segments else set[str]()
    return bool(links) and all(named_apart(director, link, rip, [peer]) is not None for link in links)


def _holding(director: Node, rip: IP) -> Iterator[Node]:
    """Those of which it is known; another may be among what was not seen."""
    try:
        yield from director.peers_holding(rip)
    except NotCollected:
        return


def _on_wire(node: Node, rip: IP) -> bool:
    return not set(links_holding(node, rip)).isdisjoint(hearing_arp(node))


def _has_mac(node: Node, macs: set[str]) -> bool:
    return any(link.own_mac in macs for link in links_by_name(node).values() if link.own_mac)
