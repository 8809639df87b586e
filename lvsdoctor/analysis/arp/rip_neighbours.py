"""Does the neighbour cache of a director lead to the real server that the other hosts show?

A frame for a neighbour goes to the MAC of its entry. Without an answer it is dropped (net/core/neighbour.c:
neigh_resolve_output()), and what stands there for good is never asked for again.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.analysis.arp.cut_links import cut_link, dead_link
from lvsdoctor.analysis.named_segments import named_apart
from lvsdoctor.kernel.routing import Lookup, is_local, route_lookup
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import ENSLAVING_KINDS, VRRP_MACS, Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node

# Their MACs change while the host runs: a bond's with its active port, a bridge's with its ports.
_CHANGING_MAC = ENSLAVING_KINDS | {"macvlan", "macvtap", "ipvlan", "vrf", "vxlan"}


@dataclass(frozen=True, slots=True)
class Stray:
    """Why packets for a RIP do not get to the real server: it does not answer (`entry`, without a MAC), its entry has
    another host's MAC, or `twice`, two hosts have the address. `unlisted`: no scanned host has it, and all show theirs.
    `aside`: one of the two has it beside its own address, so that it may well serve. `cut`: its own interface tells why
    it does not answer.
    """

    why: str
    because: tuple[Citation, ...]
    entry: Neighbour | None = None
    twice: bool = False
    aside: bool = False
    unlisted: bool = False
    cut: Citation | None = None

    @property
    def of_a_moment(self) -> bool:
        """The entry changes by itself: the real server may have been started since, its network card changed, or the
        other of two hosts that serve answered first."""
        return self.aside or (self.entry is not None and not self.entry.fixed and self.cut is None)


def stray(director: Node, rip: IP) -> Stray | None:
    """Of a RIP that the director has for a neighbour, and of the gateway to a RIP what is never renewed. Reads what
    route_lookup() reads, neighbours where collected, and the addresses and links of the others."""
    lookup = route_lookup(director, rip)
    if not lookup.onlink or lookup.route is None:
        return _by_gateway(director, lookup)
    holders = [(peer, own) for peer in director.peers_holding(rip) for own in peer.holding(rip) if _on_wire(peer, own)]
    mine = _entries(director, rip, lookup.links)
    for entry in mine:
        if entry.unresolved and not any(other.mac for other in mine):
            return _unresolved(director, rip, lookup, entry)
        if any(peer.links_with_mac(entry.mac) for peer, _ in holders if entry.mac and peer.has("links")):
            continue  # one of them has it
        for peer, own in holders:
            if (elsewhere := _elsewhere(director, peer, own, entry)) is not None:
                return elsewhere
    subnets = [own for own in director.addresses if rip in own.network and not own.host_only]
    beside = {
        peer.name: own for peer, own in holders
        if any(_beside(peer, own, mine) and not named_apart(director, mine.link, rip, [peer]) for mine in subnets)
    }  # fmt: skip
    if len(beside) > 1:
        (first, one), (second, other) = list(beside.items())[:2]
        why = f"{first} and {second} both have that address"
        aside = one.host_only or other.host_only
        return Stray(why, (cite(one), cite(other)), twice=True, aside=aside)
    if (dead := dead_link(director, rip)) is not None and not any(_answered(entry, dead.link) for entry in mine):
        return Stray(dead.why, (dead.line, *lookup.because), cut=dead.line)
    return None


def _beside(peer: Node, own: Address, mine: Address) -> bool:
    """Is an address of a peer in the director's subnet `mine`, by its own prefix or by that of another on its link?"""
    rows = peer.addresses_on(own.link) if own.host_only else (own,)
    return any(row.network == mine.network for row in rows)


def _answered(entry: Neighbour, link: Link) -> bool:
    """Was there an answer a moment ago, or by another link than this?"""
    return entry.state == "REACHABLE" or (bool(entry.mac) and entry.mac != link.own_mac)


def _by_gateway(director: Node, lookup: Lookup) -> Stray | None:
    """A permanent entry of the only gateway has a MAC of none of the scanned hosts with its address; or it does not
    answer, and no scanned host has that address."""
    if lookup.type != "unicast" or len(lookup.gateways) != 1:
        return None
    (gateway,) = lookup.gateways
    holders = [(peer, own) for peer in director.peers_holding(gateway) for own in peer.holding(gateway)]
    mine = _entries(director, gateway, lookup.links)
    entry = next((row for row in mine if row.unresolved), None)
    if entry is not None and not holders and not any(row.mac for row in mine) and _all_show_addresses(director):
        why = (
            f"the neighbour entry of gateway {gateway} is {entry.state}, and the scanned hosts do not have that address"
        )
        return Stray(why, (*lookup.because, cite(entry, "the gateway does not answer")), entry, unlisted=True)
    shown = bool(holders) and all(peer.has("links") and _on_wire(peer, own) for peer, own in holders)
    for entry in mine if shown else ():
        lost = entry.fixed and entry.mac and not entry.mac.startswith(VRRP_MACS)
        if lost and not any(peer.links_with_mac(entry.mac) for peer, _ in holders):
            peer, own = holders[0]
            why = f"the permanent neighbour entry of gateway {gateway} has {entry.mac}, not a MAC of {peer.name}"
            note = cite(own, "{peer} has {ip}", peer=peer.name, ip=own.ip)
            return Stray(why, (*lookup.because, cite(entry, "this entry is never renewed"), note), entry)
    return None


def misled_to(director: Node, rip: IP) -> tuple[Node, Link, Neighbour] | None:
    """The scanned host, and the link of it, that gets all frames for a RIP which it does not have: by a permanent
    entry of the director. Direct routing sends it requests for the VIP. Reads as stray()."""
    lookup = route_lookup(director, rip)
    for entry in _entries(director, rip, lookup.links) if lookup.onlink else ():
        if entry.fixed and entry.mac:
            for host in director.peers_with_mac(entry.mac):
                if host.has("addresses") and not host.holding(rip):
                    return host, host.links_with_mac(entry.mac)[0], entry
    return None


def _entries(director: Node, rip: IP, links: Collection[str]) -> list[Neighbour]:
    rows = director.neighbours if director.has("neighbours") else ()
    return [row for row in rows if row.ip == rip and row.link in links and "proxy" not in row.flags]


def _unresolved(director: Node, rip: IP, lookup: Lookup, entry: Neighbour) -> Stray:
    note = "the real server does not answer" if rip.version == 6 else "no ARP answer from the real server"
    lines = (*lookup.because, cite(entry, note))
    if (cut := cut_link(director, rip, lookup)) is not None:
        return Stray(f"its neighbour entry is {entry.state}", (cut, *lines), entry, cut=cut)
    if _all_show_addresses(director) and not any(director.peers_holding(rip)):
        why = f"its neighbour entry is {entry.state}, and the scanned hosts do not have that address"
        return Stray(why, lines, entry, unlisted=True)
    return Stray(f"its neighbour entry is {entry.state}", lines, entry)


def _all_show_addresses(director: Node) -> bool:
    return bool(director.peers) and all(peer.has("addresses") for peer in director.peers)


def _elsewhere(director: Node, peer: Node, own: Address, entry: Neighbour) -> Stray | None:
    """The entry has a MAC that is none of the host with the address."""
    macs = {link.mac for link in peer.links} if peer.has("links") else set()
    if not macs or not entry.mac or entry.mac in macs:
        return None
    has_it = cite(own, "{peer} has {ip}", peer=peer.name, ip=own.ip)
    if entry.fixed:
        why = f"its permanent neighbour entry has {entry.mac}, not a MAC of {peer.name}"
        return Stray(why, (cite(entry, "this entry is never renewed"), has_it), entry)
    answering = next((other for other in director.peers_with_mac(entry.mac)), None)
    if _may_be_its_own(peer, own) or _answers_for_others(director, entry, answering):
        return None
    if answering is None:
        why = f"its neighbour entry has {entry.mac}, not a MAC of {peer.name}"
        return Stray(why, (cite(entry, "a host with this MAC answered"), has_it), entry)
    why = f"its neighbour entry has a MAC of {answering.name}, not of {peer.name}"
    lines = [cite(link, "{host} answered", host=answering.name) for link in answering.links_with_mac(entry.mac)[:1]]
    return Stray(why, (cite(entry), *lines, has_it), entry)


def _may_be_its_own(peer: Node, own: Address) -> bool:
    """Is the address on a link whose MAC changes while the host runs, or whose kind no dump tells?"""
    link = peer.link(own.link)
    if link is None or link.kind in _CHANGING_MAC or any(port.master == link.name for port in peer.links):
        return True
    return link.kind is None and link.parent is not None


def _answers_for_others(director: Node, entry: Neighbour, answering: Node | None) -> bool:
    """Is it the MAC of a virtual router, of the director itself, or of a host that stands there for several addresses
    that are not known to be its own: a router, and what answers by proxy?"""
    if entry.mac.startswith(VRRP_MACS) or "router" in entry.flags or director.links_with_mac(entry.mac):
        return True
    gateways = {gateway for route in director.routes for gateway in route.gateways}
    own = (
        {address.ip for address in answering.addresses} if answering is not None and answering.has("addresses") else ()
    )
    rows = [row.ip for row in director.neighbours if row.mac == entry.mac and row.ip != entry.ip]
    return any(ip not in own for ip in rows) or any(ip in gateways for ip in own)


def unlisted_rip(director: Node, rips: Sequence[IP]) -> Iterator[IP]:
    """The RIP that no scanned host has, where all the others (two at least) are addresses of scanned hosts, and all of
    these show theirs. Not where a host answers for it. Reads addresses of all, local-routes, policy-rules, links,
    routes, and neighbours where collected."""
    others = [rip for rip in rips if is_local(director, rip) is None]
    missing = [rip for rip in others if not any(director.peers_holding(rip))]
    if len(missing) != 1 or len(others) < 3 or not _all_show_addresses(director):
        return
    rows = director.neighbours if director.has("neighbours") else ()
    if not any(row.ip == missing[0] and row.mac for row in rows):
        yield missing[0]


def _on_wire(node: Node, address: Address) -> bool:
    if not node.has("links"):
        return address.link != "lo"
    return any(link.name == address.link for link in node.links_hearing_arp)
