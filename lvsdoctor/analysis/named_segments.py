"""Network segments that the user names (scan --segment): of the interfaces in them no address has to tell.

What is asked of two interfaces is answered where both are named; of others addresses, neighbours and MACs tell as ever.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.segment import NetworkSegment

# Links with a MAC of their own on the segment of their parent (keepalived's use_vmac, containers).
ON_PARENTS_SEGMENT = frozenset({"macvlan", "macvtap", "ipvlan"})


def segment_named(node: Node, link: str) -> str:
    """The segment that the user names for an interface, or for the one whose segment it shares; "" for none."""
    if not node.segments:
        return ""
    if (own := node.segments.get(link, "")) or not node.has("links"):
        return own
    row = next((row for row in node.seen_rows("links") if row.name == link), None)
    shares = row is not None and row.kind in ON_PARENTS_SEGMENT and row.parent
    return node.segments.get(row.parent, "") if row is not None and shares and row.parent else ""


def named_together(node: Node, link: str, other: Node, its: str) -> bool | None:
    """Does the user name one segment for both interfaces? None where one of them is named for no segment."""
    ours = segment_named(node, link)
    theirs = segment_named(other, its) if ours else ""
    return ours == theirs if ours and theirs else None


def links_on(node: Node, segment: str) -> tuple[str, ...]:
    """The interfaces that the user names for a segment."""
    return tuple(link for link, name in node.segments.items() if name == segment)


def named_apart(node: Node, link: str, ip: IP, hosts: Iterable[Node]) -> Node | None:
    """The first of these hosts, which have an address, where the user names another segment than that of this interface
    for each interface of all of them that receives ARP requests. None where that is not so, and where the neighbour
    cache of this host shows that something answers for the address."""
    segment = segment_named(node, link)
    others = list(hosts) if segment else []
    if not others or any(not _away_from(segment, host) for host in others):
        return None
    entries = node.seen_rows("neighbours") if node.has("neighbours") else ()
    return None if any(row.ip == ip and row.mac and row.link == link for row in entries) else others[0]


def _away_from(segment: str, host: Node) -> bool:
    if not host.segments or not host.has("links"):
        return False
    names = {segment_named(host, row.name) for row in links_of_segments(host) if row.up}
    return bool(names) and "" not in names and segment not in names


def holders_apart(node: Node, link: str, ip: IP) -> Node | None:
    """named_apart() of the scanned hosts that have an address."""
    return named_apart(node, link, ip, node.peers_holding(ip)) if node.segments else None


def segments_of_scan(nodes: Sequence[Node]) -> tuple[NetworkSegment, ...]:
    """Those that the user names; then what is assumed of the other interfaces: that those in one subnet share it."""
    named: dict[str, list[tuple[str, str]]] = {}
    groups: dict[Network, set[Network]] = {}
    places: list[tuple[tuple[str, str], Network]] = []
    for node in nodes:
        for link, name in node.segments.items():
            named.setdefault(name, []).append((node.name, link))
        for link, networks in _networks(node).items():
            if networks and not segment_named(node, link):
                places.append(((node.name, link), networks[0]))
                joined = set(networks).union(*(groups.get(network, set()) for network in networks))
                groups |= dict.fromkeys(joined, joined)
    assumed: dict[str, list[tuple[str, str]]] = {}
    for place, network in places:
        name = ", ".join(str(other) for other in sorted(groups[network], key=lambda net: (net.version, net)))
        assumed.setdefault(name, []).append(place)
    return (
        *(NetworkSegment(name, tuple(rows), named=True) for name, rows in named.items()),
        *(NetworkSegment(name, tuple(rows)) for name, rows in assumed.items()),
    )


def _networks(node: Node) -> Mapping[str, list[Network]]:
    """The subnets of the interfaces that may be on a segment with other hosts."""
    links, known = {row.name for row in links_of_segments(node)}, dict[str, list[Network]]()
    rows = [row for row in (node.seen_rows("addresses") if node.has("addresses") else ()) if row.link in links]
    rows = [row for row in rows if not (row.host_only or row.ip.is_loopback or row.ip.is_link_local)]
    # Beside another address of a link, the mask of a VIP tells of no subnet.
    vips = {vip.ip for vip in node.hidden_vips}
    others = {row.link for row in rows if row.ip not in vips}
    for row in rows:
        networks = known.setdefault(row.link, [])
        if row.network not in networks and (row.ip not in vips or row.link not in others):
            networks.append(row.network)
    return known


def links_of_segments(node: Node) -> Iterator[Link]:
    """The interfaces of a host that may be on a segment with other hosts: no port of a bridge, and no tunnel."""
    for row in node.seen_rows("links") if node.has("links") else ():
        if row.arp and not row.loopback and row.kind != "dummy" and not node.enslaved(row):
            yield row
