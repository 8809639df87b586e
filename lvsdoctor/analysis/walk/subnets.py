"""The subnets of a host's addresses, and which addresses are its own: looked for once, however many services ask."""

from collections.abc import Mapping, Sequence

from lvsdoctor.analysis.directors import ipvs_table
from lvsdoctor.analysis.named_segments import named_together, segment_named
from lvsdoctor.kernel.routing import Lookup
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node


def subnets(node: Node) -> tuple[Address, ...]:
    """The addresses that tell of other hosts: with a prefix of more than a single one. As far as they were seen."""
    return node.derived("walk: subnets", _subnets) if node.has("addresses") else ()


def _subnets(node: Node) -> tuple[Address, ...]:
    return tuple(row for row in node.seen_rows("addresses") if not row.host_only and not row.ip.is_loopback)


def own_addresses(node: Node) -> frozenset[IP]:
    """The addresses that a host is known to have."""
    return node.derived("walk: own addresses", _own) if node.has("addresses") else frozenset()


def _own(node: Node) -> frozenset[IP]:
    return frozenset(row.ip for row in node.seen_rows("addresses"))


def links_by_name(node: Node) -> Mapping[str, Link]:
    """The links that were seen."""
    return node.derived("walk: interfaces", _links) if node.has("links") else {}


def _links(node: Node) -> Mapping[str, Link]:
    return {row.name: row for row in node.seen_rows("links")}


def services_by_key(node: Node) -> Mapping[tuple[str, str, int | None], VirtualService]:
    """The table of a director."""
    return node.derived("walk: services", lambda host: {row.key: row for row in reversed(ipvs_table(host))})


def marked_services(node: Node) -> Mapping[tuple[int | None, int], VirtualService]:
    """The services by a firewall mark, by it and the version of IP."""
    rows = services_by_key(node).values()
    return {(row.fwmark, row.family): row for row in rows if row.fwmark is not None}


def links_holding(node: Node, ip: IP) -> tuple[str, ...]:
    """The links that are known to have an address, those first that receive ARP requests."""
    by_ip = node.derived("walk: holding", _by_ip) if node.has("addresses") else {}
    hearing = hearing_arp(node)
    return tuple(sorted(by_ip.get(ip, ()), key=lambda name: name not in hearing))


def _by_ip(node: Node) -> Mapping[IP, tuple[str, ...]]:
    known: dict[IP, tuple[str, ...]] = {}
    for row in node.seen_rows("addresses"):
        known[row.ip] = (*known.get(row.ip, ()), row.link)
    return known


def hearing_arp(node: Node) -> tuple[str, ...]:
    """The names of the links that were seen, and that receive ARP requests."""
    return node.derived("walk: hearing", _hearing) if node.has("links") else ()


def _hearing(node: Node) -> tuple[str, ...]:
    return tuple(row.name for row in node.seen_rows("links") if row.up and row.arp and not _enslaved(node, row))


def _enslaved(node: Node, link: Link) -> bool:
    try:
        return node.enslaved(link)
    except NotCollected:
        return False


def on_other_segment(node: Node, vip: IP | None, lookup: Lookup, client: IP, directors: Sequence[Node]) -> bool:
    """Does a host send straight to a client by a link that shares its subnet with another link of a director than the
    one beside the client? Or does a second address of the link alone say that the client is there, and no director has
    the subnet of the first? Then the client may not be there, though a mask (the VIP's, where it is the source) says
    so."""
    if len(set(lookup.links)) != 1 or lookup.gateways:
        return False
    # Every link has the same subnet of link-local addresses, which tells of no segment.
    rows = [row for row in _telling(node, vip) if row.link == lookup.links[0] and row.ip.version == client.version]
    own = {row.network for row in rows if vip is not None or client not in row.network}
    by_mask = bool(own) and not any(client in network for network in own)
    for director in directors:
        known = _telling(director, vip)
        beside = {row.link for row in known if client in row.network}
        named = [named_together(node, lookup.links[0], director, link) for link in beside]
        if named and None not in named:
            if not any(named):
                return True
            continue
        shared = {row.link for row in known if row.network in own}
        if beside and (shared or by_mask) and not beside & shared:
            return True
    return False


def _telling(node: Node, vip: IP | None) -> list[Address]:
    return [row for row in subnets(node) if row.ip != vip and not row.ip.is_link_local]


def segments_of(directors: Sequence[Node], asker: IP, vip: IP) -> set[str]:
    """The segments that the user names for the links by which the directors are beside whoever asks for the VIP; none
    where one of them is named for no segment."""
    rows = [(node, row) for node in directors for row in subnets(node) if asker in row.network and vip in row.network]
    names = {segment_named(node, row.link) for node, row in rows}
    return set() if "" in names else names


def refuse_unseen_addresses(director: Node) -> None:
    """Raises NotCollected where the director may have other addresses than those that were seen."""
    if not director.has("addresses"):
        raise NotCollected("addresses", director.name)
    if (absent := director.unseen("addresses")) is not None:
        raise absent
