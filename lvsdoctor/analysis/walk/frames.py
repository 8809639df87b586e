"""Whose MAC the frame of a packet has when a host gets it."""

from lvsdoctor.analysis.walk.attempt import Attempt
from lvsdoctor.kernel.packet_matching import Packet
from lvsdoctor.kernel.routing import route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import ClientPlace

_MOST_HOPS = 8
_SHOWN = frozenset({"REACHABLE", "STALE", "DELAY", "PROBE"})


def request_at(director: Node, attempt: Attempt) -> Packet:
    """A client's request as the director gets it: with the MAC of the client or of its router, where it is known."""
    beyond = attempt.client.place is ClientPlace.BEYOND_ROUTER
    return attempt.request.with_mac(mac_of(director, attempt.client.router if beyond else attempt.src))


def mac_of(node: Node, ip: IP | None) -> str | None:
    """The MAC of a neighbour: its own where the scan has that host, or else by an entry that somebody answered for."""
    if ip is None:
        return None
    try:
        for peer in node.peers_holding(ip):
            for row in peer.holding(ip):
                link = peer.link(row.link) if peer.has("links") else None
                if link is not None and link.own_mac:
                    return link.own_mac
    except NotCollected:
        return None
    rows = node.seen_rows("neighbours") if node.has("neighbours") else ()
    return next((row.mac for row in rows if row.ip == ip and row.mac and row.state in _SHOWN), None)


def mac_from(sender: Node, target: IP) -> str | None:
    """The MAC with which a host's packets come to the target: its own, or that of the last router, if it was scanned;
    None where it is not known."""
    node = sender
    try:
        for _ in range(_MOST_HOPS):
            lookup = route_lookup(node, target)
            if lookup.type != "unicast" or not lookup.links or len(set(lookup.gateways)) > 1:
                return None
            if lookup.onlink:
                link = node.link(lookup.links[0]) if node.has("links") else None
                return link.own_mac or None if link is not None else None
            routers = sender.peers_holding(lookup.gateways[0])
            following = next((peer for peer in routers if peer.has("routes")), None)
            if following is None:
                return None
            node = following
    except NotCollected:
        return None
    return None
