"""Who answers ARP for an address on which link, and whether two links of two hosts are on one segment."""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.named_segments import ON_PARENTS_SEGMENT, named_together
from lvsdoctor.kernel.answer import assume
from lvsdoctor.kernel.arp import arp_reply
from lvsdoctor.kernel.ndp import ndp_reply
from lvsdoctor.kernel.routing import Lookup, is_local, route_lookup
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node

_SEE_IGNORED = "sysctl -ar arp_ignore"


@dataclass(frozen=True, slots=True)
class ArpOwner:
    """This node answers ARP for an address on `link`. `addresses` are its own there, none if it is kept elsewhere."""

    link: Link
    addresses: tuple[Address, ...]
    because: tuple[Citation, ...]


def arp_owners(node: Node, ip: IP) -> tuple[ArpOwner, ...]:
    """The links on which this node answers ARP for an address of its own.

    Without sysctl only those that hold it themselves, which answer unless arp_ignore is 8. Reads addresses, links, and
    what arp_reply() reads where collected.
    """
    return node.derived(("arp owners", ip), lambda host: tuple(_claims(host, ip)))


def arp_owners_noted(node: Node, ip: IP) -> tuple[ArpOwner, ...]:
    """arp_owners(); that the settings were not seen is noted, so that a rule without a finding has proved nothing.
    Of an IPv6 address the links that answer neighbour solicitations."""
    if ip.version == 6:
        held = ((link, address) for address in node.holding(ip) if (link := node.link(address.link)) is not None)
        answers = ((link, address, ndp_reply(node, ip, arrived_on=link)) for link, address in held)
        return tuple(ArpOwner(link, (address,), answer.because) for link, address, answer in answers if answer)
    if ip.version == 4 and not node.has("sysctl") and node.holding(ip):
        node.assuming(NotCollected("sysctl", node.name, "arp_ignore", _SEE_IGNORED))
    return arp_owners(node, ip)


def _claims(node: Node, ip: IP) -> Iterator[ArpOwner]:
    for link in node.links_hearing_arp:
        held = tuple(address for address in node.holding(ip) if address.link == link.name)
        if not node.has("sysctl"):
            if held and ip.version == 4:
                assumed = assume("sysctl", f"arp_ignore on {link.name} is not 8", settle=_SEE_IGNORED)
                yield ArpOwner(link, held, (*(cite(address) for address in held), assumed))
        elif node.holding(ip) and (reply := arp_reply(node, ip, arrived_on=link)):
            yield ArpOwner(link, held, (*(cite(address) for address in node.holding(ip)), *reply.because))


def same_segment(node: Node, link: Link, other: Node, its: Link) -> tuple[Address, Address] | None:
    """An address of each of the two links, of two hosts that take each other for neighbours, or that the user names for
    one segment; None if there is no pair.

    Reads the addresses and links of both.
    """
    together = named_together(node, link.name, other, its.name)
    if together is False:
        return None
    for ours in _subnets(node, link):
        for theirs in _subnets(other, its):
            if ours.ip in theirs.network and theirs.ip in ours.network:
                return ours, theirs
    if together:
        pairs = ((ours, theirs) for ours in _subnets(node, link) for theirs in _subnets(other, its))
        return next((pair for pair in pairs if pair[0].ip.version == pair[1].ip.version), None)
    return None


def hearing_too(node: Node, link: str) -> tuple[Link, ...]:
    """A link, and those with a MAC of their own on it: they hear what is broadcast there as well.

    drivers/net/macvlan.c: macvlan_handle_frame(). Reads links.
    """
    return tuple(
        each for each in node.links
        if each.name == link or (each.parent == link and each.kind in ON_PARENTS_SEGMENT)
    )  # fmt: skip


def _subnets(node: Node, link: Link) -> list[Address]:
    names = [link.name]
    if link.kind in ON_PARENTS_SEGMENT and link.parent:
        names.append(link.parent)
    # Every link has the same subnet of link-local addresses, which tells of no segment.
    held = [address for name in names for address in node.addresses_on(name)]
    return [address for address in held if not address.host_only and not address.ip.is_link_local]


@dataclass(frozen=True, slots=True)
class Proxied:
    """This node answers for a director's VIP on `link` by proxy, where the director answers as well (`rival`), and
    passes on what it gets by another route (`lookup`)."""

    link: Link
    rival: ArpOwner
    lookup: Lookup
    because: tuple[Citation, ...]


def proxied_past(node: Node, vip: IP, director: Node) -> Iterator[Proxied]:
    """Where proxy ARP of this node draws packets for the VIP away from the director (net/ipv4/arp.c: arp_fwd_proxy()).

    A proxy in front of the director, for hosts that cannot hear it, is meant; and one that passes the packets on to the
    director is only a detour. Reads sysctl, addresses, links, routes, and local-routes, policy-rules, arptables,
    neighbours where collected.
    """
    if is_local(node, vip):
        return
    for link in node.links_hearing_arp:
        reply = arp_reply(node, vip, arrived_on=link, proxied=node.proxy_entries)
        way = route_lookup(node, vip, arrived_on=link.name)
        if not reply or _leads_to(node, way, vip, director):
            continue
        for rival in arp_owners(director, vip):
            pair = same_segment(node, link, director, rival.link)
            if pair is not None and route_lookup(node, pair[1].ip).links == (link.name,):
                beside = [cite(address, "on one segment") for address in pair]
                yield Proxied(link, rival, way, (*reply.because, *rival.because, *beside))
                break


def _leads_to(node: Node, lookup: Lookup, vip: IP, director: Node) -> bool:
    if lookup.gateways:
        return any(director.holding(gateway) for gateway in lookup.gateways)
    out = [link for link in node.links if link.name in lookup.links]
    return any(same_segment(node, link, director, owner.link) for link in out for owner in arp_owners(director, vip))
