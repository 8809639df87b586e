"""Why no frame of a director gets to a real server, as the real server's own interface tells."""

from lvsdoctor.kernel.routing import Lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node

_WITH_PORTS = frozenset({"bridge", "bond", "team"})


def cut_link(director: Node, rip: IP, lookup: Lookup) -> Citation | None:
    """The interface of the only scanned host with this address, where it is down, has no carrier or no port, or is of
    another VLAN than the director's. Reads links and addresses of that host, where collected."""
    holders = [(peer, own) for peer in director.peers_holding(rip) for own in peer.holding(rip) if peer.has("links")]
    if len(holders) != 1:
        return None
    peer, own = holders[0]
    link = peer.link(own.link)
    if link is None or link.loopback:
        return None
    if not link.up:
        return cite(link, "{rip} of {host} is on {link}, which is down", rip=rip, host=peer.name, link=link.name)
    if is_cut(peer, link):
        text = "{rip} of {host} is on {link}, which has no carrier or no port"
        return cite(link, text, rip=rip, host=peer.name, link=link.name)
    mine = director.link(lookup.links[0]) if lookup.links and director.has("links") else None
    ids = [row.detail.get("id") for row in (mine, link) if row is not None and row.kind == "vlan"]
    if len(ids) == 2 and all(ids) and ids[0] != ids[1]:
        text = "{rip} of {host} is in VLAN {its}, and {director} is in VLAN {mine}"
        return cite(link, text, rip=rip, host=peer.name, its=ids[1], director=director.name, mine=ids[0])
    return None


def is_cut(node: Node, link: Link) -> bool:
    """Has a link that is up no carrier, or is it a bridge or bond that is known to have no port? Reads links."""
    if "NO-CARRIER" in link.flags:
        return True
    return link.kind in _WITH_PORTS and node.unseen("links") is None and not _ports(node, link)


def _ports(node: Node, link: Link) -> bool:
    return any(row.master == link.name for row in node.seen_rows("links"))
