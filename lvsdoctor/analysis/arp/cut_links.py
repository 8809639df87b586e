"""Why no frame of a director gets to a real server, as the real server's own interface tells."""

from dataclasses import dataclass

from lvsdoctor.kernel.carrier import is_cut, no_frame
from lvsdoctor.kernel.routing import Lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node


def cut_link(director: Node, rip: IP, lookup: Lookup) -> Citation | None:
    """The interface of the only scanned host with this address, where it is down, has no carrier or no port, does no
    ARP, or is of another VLAN than the director's. Reads links and addresses of that host, where collected."""
    holder = _holder(director, rip)
    if holder is None:
        return None
    peer, link = holder
    if (cut := _without_frames(peer, link, rip)) is not None:
        return cut
    if rip.version == 4 and "NOARP" in link.flags and link.type in ("", "ether"):
        text = "{rip} of {host} is on {link}, which has no ARP (NOARP)"
        return cite(link, text, rip=rip, host=peer.name, link=link.name)
    mine = director.link(lookup.links[0]) if lookup.links and director.has("links") else None
    ids = [row.detail.get("id") for row in (mine, link) if row is not None and row.kind == "vlan"]
    if len(ids) == 2 and all(ids) and ids[0] != ids[1]:
        text = "{rip} of {host} is in VLAN {its}, and {director} is in VLAN {mine}"
        return cite(link, text, rip=rip, host=peer.name, its=ids[1], director=director.name, mine=ids[0])
    return None


@dataclass(frozen=True, slots=True)
class DeadLink:
    """The link with a RIP, by which no frame comes: why, and the line that tells."""

    link: Link
    why: str
    line: Citation


def dead_link(director: Node, rip: IP) -> DeadLink | None:
    """The interface of the only scanned host with this address, where it is down or has no carrier. Not where that host
    has another link of the subnet, which answers for the address too."""
    holder = _holder(director, rip)
    if holder is None:
        return None
    peer, link = holder
    cut = _without_frames(peer, link, rip)
    if cut is None or any(rip in a.network for wire in _alive(peer) for a in peer.addresses_on(wire.name)):
        return None
    return DeadLink(link, f"{no_frame(peer, link).why} on {peer.name}", cut)


def _holder(director: Node, rip: IP) -> tuple[Node, Link] | None:
    """The only scanned host with an address, and its link, where that is one to other hosts."""
    holders = [(peer, own) for peer in director.peers_holding(rip) for own in peer.holding(rip) if peer.has("links")]
    link = holders[0][0].link(holders[0][1].link) if len(holders) == 1 else None
    return (holders[0][0], link) if link is not None and not link.loopback else None


def _without_frames(peer: Node, link: Link, rip: IP) -> Citation | None:
    if not link.up:
        return cite(link, "{rip} of {host} is on {link}, which is down", rip=rip, host=peer.name, link=link.name)
    if is_cut(peer, link):
        text = "{rip} of {host} is on {link}, which has no carrier or no port"
        return cite(link, text, rip=rip, host=peer.name, link=link.name)
    return None


def _alive(peer: Node) -> list[Link]:
    return [link for link in peer.links_hearing_arp if not no_frame(peer, link)]
