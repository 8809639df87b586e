"""On which segment a VIP matters, and whom a real server asks for there."""

from lvsdoctor.finding import Citation, cite
from lvsdoctor.kernel.arp import neighbours_of
from lvsdoctor.kernel.arp_source import Sender, arp_sender
from lvsdoctor.model.address import IP
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node


def vip_on_segment(node: Node, vip: IP, link: Link) -> Citation | None:
    """What tells that hosts on this link's segment ask for the VIP by ARP: a subnet of the link that holds it, or the
    director's VIP link being on the same segment. None: the VIP is of another network.

    Reads addresses and, where collected, memberships and the directors' addresses.
    """
    memberships = node.memberships if node.has("memberships") else ()
    on_link = [address for address in node.addresses_on(link.name) if not address.host_only]
    for address in on_link:
        if vip in address.network:
            return cite(address, "the subnet of {link} holds {vip}", link=link.name, vip=vip)
    for membership in memberships:
        director = membership.director
        for held in director.holding(vip) if director.has("addresses") else ():
            for beside in director.addresses_on(held.link):
                if any(beside.ip in address.network for address in on_link):
                    return cite(held, "the director has {vip} on the segment of {link}", vip=vip, link=link.name)
    return None


def asked_for(node: Node, link: Link, vip: IP) -> list[IP]:
    """Whom this node has to find by ARP on `link` before it can send from `vip`: its gateways there, and - where the
    link's subnet holds the VIP - the clients beside it. A permanent neighbour is never asked for.

    Reads addresses and, where collected, routes and neighbours.
    """
    known = {n.ip for n in node.neighbours if n.state == "PERMANENT"} if node.has("neighbours") else set()
    routes = node.routes if node.has("routes") else ()
    hops = [hop.gateway for route in routes for hop in route.nexthops if hop.link == link.name and hop.gateway]
    if any(vip in address.network for address in node.addresses_on(link.name) if not address.host_only):
        hops += neighbours_of(node, link, besides=vip)
    return [ip for ip in dict.fromkeys(hops) if ip.version == 4 and ip not in known]


def leak(node: Node, vip: IP, link: Link) -> tuple[IP, Sender] | None:
    """Whom the node asks for with the VIP as the sender of its ARP request, and why; None where it never does."""
    for hop in asked_for(node, link, vip):
        sender = arp_sender(node, link, asking_for=hop, packet_source=vip)
        if sender.ip == vip:
            return hop, sender
    return None
