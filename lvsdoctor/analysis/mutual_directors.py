"""Directors that are real servers of each other: a request that one sends to the other may be sent back.

net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_hook() schedules what is local here, whoever sent it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.directors import draws
from lvsdoctor.model.address import IP
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class MutualListing:
    """`node` and `peer` list each other for a service: by `ours` the node sends requests to the peer, by `theirs` it
    gets them."""

    service: VirtualService
    peer: Node
    ours: tuple[Destination, ...]
    theirs: tuple[Destination, ...]


def mutual_listings(node: Node) -> Iterator[MutualListing]:
    """The services for which this node and another one send each other new clients with the VIP still as their
    destination. Of a pair the one that does not draw the VIP has it, else the second by name. `ours` is empty where the
    other one's addresses were not collected. Reads ipvs, addresses, and links where collected."""
    for service in node.services:
        for peer in node.peers_directing(service.vip) if service.vip is not None else ():
            theirs = tuple(real for s in peer.services if s.key == service.key for real in _sent_to(node, s))
            known = peer.has("addresses")
            ours = _sent_to(peer, service) if known else ()
            if theirs and service.vip and (not known or (ours and _stands_by(node, peer, service.vip))):
                yield MutualListing(service, peer, ours, theirs)


def _sent_to(host: Node, service: VirtualService) -> tuple[Destination, ...]:
    unchanged = (real for real in service.destinations if real.forwarding and real.forwarding.keeps_destination)
    own = {row.ip for row in host.known_rows("addresses")}
    return tuple(real for real in unchanged if real.weight != 0 and real.ip is not None and real.ip in own)


def _stands_by(node: Node, peer: Node, vip: IP) -> bool:
    return (draws(node, vip), peer.name) < (draws(peer, vip), node.name)
