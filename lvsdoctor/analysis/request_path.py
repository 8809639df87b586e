"""On which link of a real server the requests for a VIP arrive, and what rp_filter makes of them there.

DR: the frame goes to the MAC of the RIP (net/netfilter/ipvs/ip_vs_xmit.c: ip_vs_dr_xmit()). TUN: the packet is unpacked
and received again on a tunnel's own link (net/ipv4/ip_tunnel.c: ip_tunnel_lookup(), ip_tunnel_rcv()).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.l2_segments import vip_on_segment
from lvsdoctor.kernel.answer import Answer, assume, no, yes
from lvsdoctor.kernel.arp import neighbours_of
from lvsdoctor.kernel.effective_sysctl import effective
from lvsdoctor.kernel.policy_rules import asks_for_marks
from lvsdoctor.kernel.routing import FAR_AWAY, route_lookup
from lvsdoctor.kernel.rp_filter import marks_count, source_ok
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Membership, Vip

UNPACKED_BY = frozenset({"ipip", "gre"})  # kinds of tunnel with a link of their own; gue is unpacked by a socket
_OF_IPV6 = {"ipip": "ip6tnl", "gre": "ip6gre"}
_TYPES = {"ip6tnl": "tunnel6", "ip6gre": "gre6"}  # `link/tunnel6`, where the dump tells no kind
_ANY = ("any", "0.0.0.0", "::")


@dataclass(frozen=True, slots=True)
class RequestPath:
    """Requests for `vip` arrive on `link`, and why. `listed`: a director says so, it is not only to be expected."""

    vip: IP
    link: Link
    because: tuple[Citation, ...]
    listed: bool = True


def request_paths(node: Node, how: Forwarding) -> Iterator[RequestPath]:
    """Where the requests for this real server's IPv4 VIPs arrive under DR or TUN, each pair of VIP and link once.

    Where no director of the scan tells, a tunnel that is up beside a VIP on lo is taken for TUN, and else the link
    whose subnet holds the VIP for the one that the director sends to. Reads addresses, links, memberships.
    """
    by_vip: dict[IP, list[Membership]] = {}
    for listing in node.memberships if node.has("memberships") else ():
        if listing.forwarding and listing.forwarding.keeps_destination:
            for ip, _ in listing.service.vips:
                by_vip.setdefault(ip, []).append(listing)
    found: dict[tuple[IP, str], RequestPath] = {}
    for vip in (vip for vip in node.vips if vip.ip.version == 4):
        listed = by_vip.get(vip.ip)
        rows = (
            [_sent_to(node, vip.ip, m) for m in listed if m.forwarding is how] if listed else _expected(node, vip, how)
        )
        for arrival in rows:
            if arrival is not None:
                found.setdefault((arrival.vip, arrival.link.name), arrival)
    yield from found.values()


def _sent_to(node: Node, vip: IP, listing: Membership) -> RequestPath | None:
    rip = listing.destination.ip
    if rip is None or rip.version != 4:
        return None
    note = "{director} sends requests for {vip} to {rip}"
    listed = cite(listing.destination, note, director=listing.director.name, vip=vip, rip=rip)
    if listing.forwarding is Forwarding.TUN:
        link = tunnel_for(node, listing)
        return RequestPath(vip, link, (listed, cite(link, "requests are unpacked on this interface"))) if link else None
    for address in node.holding(rip):
        for link in node.links_hearing_arp:
            if link.name == address.link:
                return RequestPath(vip, link, (listed, cite(address, "requests arrive on {link}", link=link.name)))
    return None


def _expected(node: Node, vip: Vip, how: Forwarding) -> Iterator[RequestPath]:
    held = {address.link for address in node.holding(vip.ip)}
    on_lo = any(link.name in held and link.loopback for link in node.links)
    tunnels = [link for link in node.links if link.up and {link.kind, link.type} & UNPACKED_BY]
    tunnels = [link for link in tunnels if link.name in held or (on_lo and not _ipv4_on(node, link))]
    assumed = assume("memberships", "no director of this scan lists this real server")
    if how is Forwarding.TUN:
        for link in tunnels:
            yield RequestPath(vip.ip, link, (cite(link, "up beside a VIP: TUN"), assumed), listed=False)
    elif not tunnels:
        for link in node.links_hearing_arp:
            if _ipv4_on(node, link) and (subnet := vip_on_segment(node, vip.ip, link)):
                yield RequestPath(vip.ip, link, (subnet, assumed), listed=False)


def _ipv4_on(node: Node, link: Link) -> list[Address]:
    return [address for address in node.addresses_on(link.name) if address.ip.version == 4]


def tun_memberships(node: Node) -> dict[tuple[IP, str], list[Membership]]:
    """Who tunnels IPv4 in IPv4 or IPv6 in IPv6 to this node, by RIP and type of tunnel; not a director to itself.

    Reads memberships, addresses. Raises NotCollected for a table that does not tell the forwarding (--stats), and where
    it may be listed by an address that was not seen.
    """
    found: dict[tuple[IP, str], list[Membership]] = {}
    for listing in node.memberships:
        rip, vips = listing.destination.ip, listing.service.vips
        if listing.forwarding is None and not listing.destination.method:
            raise NotCollected("ipvs", listing.director.name, f"how {rip} is forwarded to")
        if (
            listing.forwarding is not Forwarding.TUN
            or rip is None
            or any(vip.version != rip.version for vip, _ in vips)
        ):
            continue
        if not listing.director.holding(rip):
            found.setdefault((rip, listing.destination.tunnel_type), []).append(listing)
    if not node.memberships and (absent := node.unseen("memberships")) is not None:
        raise absent
    return found


def tunnel_kind(listing: Membership) -> str:
    """The kind of link that unpacks what a director tunnels: ipip, gre, ip6tnl, ip6gre."""
    rip, kind = listing.destination.ip, listing.destination.tunnel_type
    return _OF_IPV6.get(kind, kind) if rip is not None and rip.version == 6 else kind


def tunnels_of(node: Node, kind: str) -> list[Link]:
    """The links of a kind of tunnel (ipip, gre, ip6tnl, ip6gre), up or down. Reads links."""
    return [link for link in node.links if kind in (link.kind, link.type) or _TYPES.get(kind) == link.type]


def takes(link: Link, listing: Membership) -> bool:
    """Do a tunnel's two ends let in what this director sends to this RIP? May read the director's addresses."""
    local, remote = link.detail.get("local", "any"), link.detail.get("remote", "any")
    if local not in _ANY and local != str(listing.destination.ip):
        return False
    return remote in _ANY or any(str(address.ip) == remote for address in listing.director.addresses)


def tunnel_for(node: Node, listing: Membership) -> Link | None:
    """The link that unpacks what a director tunnels to this node: of those that are up the one that names most."""
    up = [link for link in tunnels_of(node, tunnel_kind(listing)) if link.up]
    # ip_tunnel_lookup(): both ends, then the remote one, then the local one, then the fallback link (tunl0, gre0).
    return max((link for link in up if takes(link, listing)), key=_ends_named, default=None)


def _ends_named(link: Link) -> list[bool]:
    return [link.detail.get(end, "any") not in _ANY for end in ("remote", "local")]


def _defaults_seen(node: Node) -> bool:
    """Do the files that alone tell of a host say where its replies to clients far away leave?"""
    return node.has("routes") and any(not route.dst.prefixlen for route in node.seen_rows("routes"))


def rp_filter_drops(node: Node, vip: IP, link: str) -> Answer:
    """Does rp_filter drop the requests for a VIP that arrive on a link, although replies to their senders have a way?

    Asked for a client far away, and on a link without ARP (a tunnel's) for one on each wire as well.
    Reads sysctl, addresses, links, routes, local-routes, policy-rules.
    """
    _refuse_marks(node, link)
    clients: list[IP] = [FAR_AWAY]
    found = node.link(link)
    if node.planned and found is not None and not found.arp and not _defaults_seen(node):
        strict = effective(node, "rp_filter", link)
        if strict.value == 1:
            elsewhere = assume("routes", f"replies leave by another interface than {link}")
            return yes("rp_filter=1", *strict.decisive_first, elsewhere)
    if found is None or not found.arp:
        clients += [ip for wire in node.links_hearing_arp for ip in neighbours_of(node, wire, besides=vip)]
    for client in clients:
        back = route_lookup(node, client, src=vip)
        if back.type != "unicast":
            continue  # no way back is another trouble, and another rule's
        accepted = source_ok(node, client, vip, arrived_on=link)
        if not accepted:
            return yes(accepted.reason, *accepted.because, **accepted.fields)
        return no(accepted.reason, *accepted.because, *effective(node, "rp_filter", link).because, **accepted.fields)
    return no("no client with a route for replies")


def _refuse_marks(node: Node, link: str) -> None:
    """Raises NotCollected where the mark of a request may choose the route that its source is checked by
    (net/ipv4/fib_frontend.c: fib_validate_source(), IN_DEV_SRC_VMARK)."""
    if not asks_for_marks(node, 4) or not marks_count(node, link):
        return
    rule = next(row for row in node.policy_rules if row.fwmark is not None)
    text = "src_valid_mark is set on {link}, and which requests have the mark of this rule is not known"
    raise NotCollected("policy-rules", node.name, partial=Partial(text, rule.seen, {"link": link}))
