"""Who directs a VIP: whose IPVS table has a service of it, by its address or by a firewall mark."""

from collections.abc import Iterable
from typing import Literal

from lvsdoctor.analysis.marks import refuse_unseen_marks
from lvsdoctor.kernel.answer import assume
from lvsdoctor.kernel.delivery import delivered
from lvsdoctor.model.address import IP
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen


def ipvs_table(node: Node) -> tuple[VirtualService, ...]:
    """The services of a node, of a listing that tells the forwarding if there is one (`--stats` does not). Reads ipvs,
    and ipvs-stats where that was not collected or is empty."""
    for fact in ("ipvs", "ipvs-stats"):
        if node.has(fact):
            services: tuple[VirtualService, ...] = node.evidence[fact]
            if services:
                return services
    return ()


def directed_vips(node: Node) -> dict[IP, Seen]:
    """The VIPs of a node's services, those of firewall marks too, each with the first line that tells. Reads ipvs."""
    found: dict[IP, Seen] = {}
    for service in node.services:
        for vip, seen in service.vips:
            found.setdefault(vip, seen)
    return found


def refuse_unmarked(node: Node, *versions: int) -> None:
    """Raises NotCollected where a node has a service by a firewall mark, of one of these versions of IP, and not all of
    the VIPs that the mark stands for are known. Reads ipvs."""
    for service in node.services:
        if service.fwmark is None or service.family not in versions:
            continue
        refuse_unseen_marks(node, service.family)
        if not service.marked:
            fact = "iptables" if service.family == 4 else "ip6tables"
            why = Partial("no rule that was seen tells the VIPs of {service}", service.seen, {"service": str(service)})
            raise NotCollected(fact, node.name, partial=why)


def directors_of(node: Node, vip: IP) -> list[Node]:
    """The node and others of the scan that direct a VIP. Reads ipvs, ipvs-stats, addresses."""
    return [host for host in (node, *node.peers_with("ipvs", "ipvs-stats")) if directs(host, vip)]


def directors_sharing(node: Node, services: Iterable[VirtualService]) -> Iterable[Node]:
    """The other directors of these services' VIPs, each of them once."""
    vips = dict.fromkeys(service.vip for service in services if service.vip is not None)
    return {peer.name: peer for vip in vips for peer in node.peers_directing(vip)}.values()


def directs(node: Node, vip: IP) -> bool:
    """Does its table have a service of this VIP? A service by a firewall mark of which no rule was seen may be of any
    VIP that the node has and is no real server of. Reads ipvs, ipvs-stats, addresses."""
    services = ipvs_table(node)
    if any(service.serves(vip) for service in services):
        return True
    marked = any(row.fwmark is not None and not row.marked for row in services) and node.has("addresses")
    return marked and bool(node.holding(vip)) and all(other.ip != vip for other in node.hidden_vips)


def stands_by(node: Node, service: VirtualService) -> bool:
    """Does a director have none of a service's VIPs, as long as another has them? Not where no VIP is known; those of a
    firewall mark other directors may tell. Reads what delivered() does, and ipvs of the others."""
    vips = [vip for vip, _ in service.vips]
    if not vips and service.fwmark is not None:
        rows = [row for peer in node.peers_with("ipvs") for row in ipvs_table(peer) if row.key == service.key]
        vips = [vip for row in rows for vip, _ in row.vips]
    return bool(vips) and not any(delivered(node, vip, service.fwmark) for vip in vips)


def standing_by(node: Node, service: VirtualService) -> tuple[bool, list[Citation]]:
    """As stands_by(). Where files alone tell of its addresses, and not all of them, it is taken to hold the VIP."""
    try:
        return stands_by(node, service), []
    except NotCollected:
        if not node.of_files("addresses"):
            raise
        return False, [assume("addresses", f"{node.name} holds {service.vip}", settle="ip addr show")]


def ip_versions(node: Node) -> frozenset[int]:
    """Of which versions of IP the services are that make a host a director or a real server, and its VIPs."""
    services = [*ipvs_table(node), *(listed.service for listed in node.standing.memberships or ())]
    vips = [vip.ip for vip in (*node.standing.vips, *node.standing.needless_vips)]
    return frozenset([service.family for service in services] + [ip.version for ip in vips])


def serves_none(node: Node, kind: Literal["IPv6", "mark"]) -> bool:
    """Is no service of the scan of IPv6, or by a firewall mark? Not where a table was not seen whole, or none is there;
    nor where the user or an address of this host tells of an IPv6 VIP."""
    if kind == "IPv6" and 6 in ip_versions(node):
        return False
    seen = set(node.of_scan("kinds of services", _kinds))
    return "table" in seen and not seen & {"partial", kind}


def _kinds(node: Node) -> set[str]:
    facts = [fact for fact in ("ipvs", "ipvs-stats") if node.has(fact)]
    services = [service for fact in facts for service in node.evidence[fact]]
    kinds = {"IPv6" for service in services if service.family == 6}
    kinds |= {"mark" for service in services if service.fwmark is not None}
    kinds |= {"partial" for fact in facts if node.partial(fact) is not None}
    return kinds | {"table" for _ in services[:1]}  # a real server's own is empty, and tells of no director


def draws(node: Node, vip: IP) -> bool:
    """Do a VIP's packets come to this node, as far as its addresses tell? The active director of a pair has the VIP on
    a link that hears ARP, the one that stands by has it elsewhere or not at all. A VIP in no subnet of such a link
    comes by a route to whoever has it. Reads addresses, and links where collected."""
    if not node.has("addresses"):
        return False
    held = [row for row in node.seen_rows("addresses") if row.ip == vip] if node.planned else node.holding(vip)
    if not held:
        return False
    hearing = {link.name for link in node.links_hearing_arp} if node.has("links") else None
    wires = [a for a in node.known_rows("addresses") if (a.link in hearing if hearing is not None else a.link != "lo")]
    return any(a in wires for a in held) or not any(vip in a.network for a in wires)
