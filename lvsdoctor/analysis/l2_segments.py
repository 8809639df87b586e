"""On which segment a VIP matters, and whom a real server asks for there."""

from collections.abc import Sequence

from lvsdoctor.analysis.kube.addresses import KUBE_LINK
from lvsdoctor.analysis.named_segments import named_together, segment_named
from lvsdoctor.kernel.arp import neighbours_of
from lvsdoctor.kernel.arp_filter import REQUEST, arp_filtered
from lvsdoctor.kernel.arp_source import Sender, arp_sender
from lvsdoctor.kernel.effective_sysctl import effective
from lvsdoctor.kernel.route_families import shows_routes
from lvsdoctor.kernel.routing import FAR_AWAY
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import EVERY_INTERFACE, Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Membership

_DIRECTLY = "Some clients send to {node} directly. The director does not see these connections."
_IF_ASKED = "If a host on {link} sends an ARP request for {vip}, this host then sends to {node} directly."


def sent_directly(segment: Citation | None) -> str:
    """What clients suffer from a `node` that answers for `vip` on `link`; `segment` is what vip_on_segment() tells."""
    return _DIRECTLY if segment is not None else _IF_ASKED


def vip_on_segment(node: Node, vip: IP, link: Link) -> Citation | None:
    """What tells that hosts on this link's segment ask for the VIP by ARP: a subnet of the link that holds it, or the
    director's VIP link being on the same segment. None: the VIP is of another network, or another host of the scan
    routes it through the director, as a gateway, so that nobody need ask. Where the user names the segments of the link
    and of the director's, they count.

    Reads addresses and, where collected, routes, memberships and the other nodes' addresses and routes.
    """
    if _without_subnet(node, link):
        return None  # files alone tell of this host, and of no subnet
    listings = node.memberships if node.has("memberships") else ()
    on_link = subnets_on(node, link, vip)
    segment = segment_named(node, link.name)
    if segment and (asking := _segments_asking(listings, vip)):
        return asking.get(segment)
    if any(vip in address.network for address in on_link):
        holding = next(a for a in node.addresses_on(link.name) if not a.host_only and vip in a.network)
        return cite(holding, "the subnet of {link} holds {vip}", link=link.name, vip=vip)
    for director in {listing.director.name: listing.director for listing in listings}.values():
        if routed_through(director, vip, node):
            continue
        known = director.holding(vip) if director.has("addresses") else ()
        # What kube-proxy keeps there of every service's addresses is on no segment.
        for held in (held for held in known if held.link != KUBE_LINK):
            if (together := named_together(node, link.name, director, held.link)) is not None:
                if together:
                    return cite(held, "the director has {vip} on the segment of {link}", vip=vip, link=link.name)
                continue
            # Every link has the same subnet of link-local addresses, which tells of no segment.
            for beside in (a for a in director.addresses_on(held.link) if not a.ip.is_link_local):
                shared = any(beside.ip in own.network for own in on_link)
                if shared or any(hop in beside.network for hop in _gateways_beside(node, link, vip.version)):
                    return cite(held, "the director has {vip} on the segment of {link}", vip=vip, link=link.name)
    return None


def _segments_asking(listings: Sequence[Membership], vip: IP) -> dict[str, Citation]:
    """By segment that the user names, the row of a director's subnet there that holds the VIP. Empty where one of these
    links is named for no segment."""
    known: dict[str, Citation] = {}
    for director in {listing.director.name: listing.director for listing in listings}.values():
        rows = [row for row in (director.addresses if director.segments else ()) if vip in row.network]
        rows = [row for row in rows if not row.host_only and not row.ip.is_loopback]
        named = {segment_named(director, row.link): row for row in rows}
        if not named or "" in named:
            return {}
        note = "the user names the segment of {link} for {segment}"
        known |= {name: cite(row, note, link=row.link, segment=name) for name, row in named.items()}
    return known


def _without_subnet(node: Node, link: Link) -> bool:
    """Does it stand for interfaces of which the files that alone tell of this host do not say an address? Also one that
    they name for its settings, where they give no interface an address."""
    if link.name == EVERY_INTERFACE or not node.planned or not node.has("addresses"):
        return link.name == EVERY_INTERFACE
    wires = {wire.name for wire in node.seen_rows("links") if wire.arp} if node.has("links") else {link.name}
    return not any(address.link in wires for address in node.seen_rows("addresses"))


def subnets_on(node: Node, link: Link, vip: IP) -> list[Address]:
    """The addresses that tell of a link's subnets. Beside another address, the VIP's own mask tells of none."""
    on_link = [address for address in node.addresses_on(link.name) if not address.host_only]
    others = [address for address in on_link if address.ip != vip and not address.ip.is_link_local]
    return [address for address in on_link if address.ip != vip] if others else on_link


def routed_through(director: Node, vip: IP, node: Node) -> bool:
    """Has another host of the scan, a router say, a route to the VIP whose next hop is an address of the director? (A
    default route through it tells nothing of how the clients' requests come.)"""
    if not director.has("addresses"):
        return False
    for peer in node.peers_with_gateway_at(director):
        ways = [r for r in peer.routes if r.dst.prefixlen and vip in r.dst]
        narrow = max((route.dst.prefixlen for route in ways), default=0)
        if any(director.holding(g) for route in ways if route.dst.prefixlen == narrow for g in route.gateways):
            return True
    return False


def _gateways_beside(node: Node, link: Link, family: int) -> list[IP]:
    """The gateways on the link. Raises NotCollected where the routes that name them were not."""
    if not (node.has("routes") if family == 6 else shows_routes(node, 4)):
        raise NotCollected("routes", node.name)
    return _gateways_on(node, link)


def _gateways_on(node: Node, link: Link) -> list[IP]:
    routes = node.known_rows("routes") if node.has("routes") else ()
    return [hop.gateway for route in routes for hop in route.nexthops if hop.link == link.name and hop.gateway]


def asked_for(node: Node, link: Link, vip: IP) -> list[IP]:
    """Whom this node has to find by ARP on `link` before it can send from `vip`: its gateways there, and - where the
    link's subnet holds the VIP - the clients beside it. A permanent neighbour is never asked for.

    Reads addresses and, where collected, routes and neighbours.
    """
    known = {n.ip for n in node.neighbours if n.fixed} if node.has("neighbours") else set()
    hops = _gateways_on(node, link)
    if any(vip in address.network for address in node.addresses_on(link.name) if not address.host_only):
        hops += neighbours_of(node, link, besides=vip)
    return [ip for ip in dict.fromkeys(hops) if ip.version == 4 and ip not in known]


def leak(node: Node, vip: IP, link: Link) -> tuple[IP | str, Sender] | None:
    """Whom the node asks for with the VIP as the sender of its ARP request, and why; None where it never does.

    Of an interface that no file names nothing is known but the setting, and that it has a gateway.
    """
    return _leak(node, vip, link, packet_source=vip)


def leak_at_any_level(node: Node, vip: IP, link: Link) -> tuple[IP | str, Sender] | None:
    """The same where no arp_announce would help: where the kernel's own choice of a sender (what level 2 asks for, and
    every request without a waiting packet gets) is the VIP. net/ipv4/devinet.c: inet_select_addr()."""
    return _leak(node, vip, link, packet_source=None)


def _leak(node: Node, vip: IP, link: Link, packet_source: IP | None) -> tuple[IP | str, Sender] | None:
    if _without_subnet(node, link):
        return _leak_anywhere(node, vip, link) if packet_source is not None else None
    for hop in asked_for(node, link, vip):
        sender = arp_sender(node, link, asking_for=hop, packet_source=packet_source)
        if sender.ip == vip:
            return hop, sender
    if not shows_routes(node, 4):
        node.assuming(NotCollected("routes", node.name))  # it may ask for a gateway
    return None


def _leak_anywhere(node: Node, vip: IP, link: Link) -> tuple[IP | str, Sender] | None:
    """arp_solicit(): the VIP stays the sender unless the level is 2; at level 1 a subnet would have to be known."""
    level = effective(node, "arp_announce", link.name)
    if level.value == 2:
        return None
    if level.value == 1:
        raise NotCollected("addresses", node.name)
    out = arp_filtered(node, "OUTPUT", sender=vip, target=FAR_AWAY, operation=REQUEST, link=link.name)
    if out.dropped or out.sender != vip:
        return None
    held = tuple(cite(address) for address in node.holding(vip))
    return "its gateway", Sender(vip, (*level.because, *held), "the packet's own source")
