"""Pairs of vrrp_instances on two hosts that have a VIP in common: what keeps them from being one virtual router."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.analysis.vrrp.election import AdvertMismatch, differences, hides_password
from lvsdoctor.kernel.answer import assume
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.vrrp import VrrpInstance


@dataclass(frozen=True, slots=True)
class VrrpPair:
    """An instance of this node, and one of `peer` with the higher priority, or with the first name where both are the
    same. `differences`: why this node does not take the other's advertisements. `segment` quotes what shows that both
    are on one segment, or the assumption; then it is not `proved`."""

    own: VrrpInstance
    peer: Node
    other: VrrpInstance
    differences: tuple[AdvertMismatch, ...]
    segment: tuple[Citation, ...]
    proved: bool

    def require_authentication(self) -> None:
        """Raises NotCollected where nothing that was seen differs, and a password was removed from a file."""
        if not self.differences and hides_password(self.own, self.other):
            raise NotCollected("vrrp", self.peer.name, "the auth_pass of both hosts")

    @property
    def shared(self) -> tuple[IP, ...]:
        """The VIPs of both, in this node's order."""
        return tuple(address.ip for address in self.own.brings_up if address.ip in self.other.vips)


def vrrp_pairs(node: Node) -> Iterator[VrrpPair]:
    """The pairs in which this node is the one that is to be backup. Hosts of different segments are no pair.

    Reads vrrp, and addresses and links where collected.
    """
    for own in node.vrrp_instances:
        for peer in node.peers_with_vip_of(own):
            for other in _sharing(peer, own):
                segment = _segment(node, own, peer, other)
                if segment is not None and _rank(other, peer) > _rank(own, node):
                    proved = not any(line.assumed for line in segment)
                    yield VrrpPair(own, peer, other, differences(node, own, peer, other), segment, proved)


def _sharing(peer: Node, own: VrrpInstance) -> Sequence[VrrpInstance]:
    return [other for other in peer.seen_rows("vrrp") if other.vips & own.vips]


def _rank(instance: VrrpInstance, node: Node) -> tuple[int, bool, tuple[int, ...]]:
    return instance.priority, instance.starts_as_master, tuple(-ord(letter) for letter in node.name)


def _segment(node: Node, own: VrrpInstance, peer: Node, other: VrrpInstance) -> tuple[Citation, ...] | None:
    """None for two segments. What goes to unicast peers may pass routers."""
    if own.peers is not None and other.peers is not None:
        return ()
    ours, theirs = _addresses(node, own), _addresses(peer, other)
    for mine in ours:
        for its in theirs:
            if mine.ip in its.network and its.ip in mine.network:
                return cite(mine, "on one segment"), cite(its, "on one segment")
    if ours and theirs:
        return None
    text = f"{own.link} of {node.name} and {other.link} of {peer.name} are on one network segment"
    return (assume("addresses", text, settle="ip addr show  # on both hosts", others=True),)


def _addresses(node: Node, instance: VrrpInstance) -> list[Address]:
    """The host's own on the instance's interface: not those that VRRP moves."""
    if not node.has("addresses"):
        return []
    return [
        address
        for address in node.seen_rows("addresses")
        if address.link == instance.link
        and address.ip not in instance.vips
        and not address.host_only
        and address.ip.version == instance.family
    ]
