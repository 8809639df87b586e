"""Pairs of vrrp_instances on two hosts that have a VIP in common: what keeps them from being one virtual router."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network

from lvsdoctor.analysis.named_segments import named_together
from lvsdoctor.analysis.vrrp.election import AdvertMismatch, differences, hides_password
from lvsdoctor.kernel.answer import assume
from lvsdoctor.model.address import IP, Address, Network
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.vrrp import VrrpInstance

_WRITTEN = ("virtual_router_id", "advert_int")  # a value that one line alone says


@dataclass(frozen=True, slots=True)
class VrrpPair:
    """An instance of this node, and one of `peer` with the higher priority, or with the first name where both are the
    same. `differences`: why this node does not take the other's advertisements. `segment` quotes what shows that both
    are on one segment, or the assumption; then it is not `proved`. `guessed`: a line that was not understood may give
    one of the two its priority."""

    own: VrrpInstance
    peer: Node
    other: VrrpInstance
    differences: tuple[AdvertMismatch, ...]
    segment: tuple[Citation, ...]
    proved: bool
    guessed: NotCollected | None = None

    def require_authentication(self) -> None:
        """Raises NotCollected where nothing that was seen differs, and a password was removed from a file."""
        if not self.differences and hides_password(self.own, self.other):
            raise NotCollected("vrrp", self.peer.name, "the auth_pass of both hosts")

    @property
    def shared(self) -> tuple[IP, ...]:
        """The VIPs of both, in this node's order."""
        return tuple(address.ip for address in self.own.brings_up if address.ip in self.other.vips)


def shared_router_ids(node: Node) -> Iterator[VrrpPair]:
    """The pairs of instances with one virtual_router_id on one segment that have no VIP in common: of two clusters. The
    pair is told once, on the node with the lower priority.

    Where the addresses of both hosts do not tell, the segment is assumed to be one if a subnet of the VIPs is. Reads
    vrrp, and addresses and links where collected.
    """
    for own in node.vrrp_instances:
        for peer in node.peers_with("vrrp"):
            for other in peer.seen_rows("vrrp"):
                if _same_id(own, other) and _rank(other, peer) > _rank(own, node):
                    segment = _segment(node, own, peer, other)
                    assumed = segment is not None and any(line.assumed for line in segment)
                    if segment is not None and (not assumed or _near(own, other)):
                        yield VrrpPair(own, peer, other, (), segment, not assumed)


def _same_id(own: VrrpInstance, other: VrrpInstance) -> bool:
    """Of one family, both by multicast, and without a VIP in common."""
    multicast = own.peers is None and other.peers is None
    same = own.router_id is not None and (own.router_id, own.family) == (other.router_id, other.family)
    return same and multicast and bool(own.vips and other.vips) and not own.vips & other.vips


def _near(own: VrrpInstance, other: VrrpInstance) -> bool:
    """Is there a VIP of each in one subnet, of the usual size where the files give a single address?"""
    return own.link == other.link and not _subnets(own).isdisjoint(_subnets(other))


def _subnets(instance: VrrpInstance) -> set[Network]:
    usual = 24 if instance.family == 4 else 64
    return {
        ip_network((address.ip, usual if address.host_only else address.prefixlen), strict=False)
        for address in instance.brings_up
    }


def vrrp_pairs(node: Node) -> Iterator[VrrpPair]:
    """The pairs in which this node is the one that is to be backup. Hosts of different segments are no pair.

    Reads vrrp, and addresses and links where collected.
    """
    for own in node.vrrp_instances:
        yield from _pairs_of(node, own)


def _pairs_of(node: Node, own: VrrpInstance) -> Iterator[VrrpPair]:
    for peer in node.peers_with_vip_of(own):
        for other in _sharing(peer, own):
            segment = _segment(node, own, peer, other)
            if segment is not None and _rank(other, peer) > _rank(own, node):
                proved = not any(line.assumed for line in segment)
                guessed = _guessed(node, own) or _guessed(peer, other)
                yield VrrpPair(own, peer, other, differences(node, own, peer, other), segment, proved, guessed)


def known_pairs(node: Node) -> tuple[list[VrrpPair], NotCollected | None]:
    """vrrp_pairs(), and what keeps them from being all. Where not all of a host's keepalived.conf was read, a pair has
    the differences between values that both files write out, and these are not proved."""
    found: list[VrrpPair] = []
    absent = node.unseen("vrrp")
    for own in node.seen_rows("vrrp"):
        try:
            for pair in _pairs_of(node, own):
                whole = node.partial("vrrp") is None and pair.peer.partial("vrrp") is None
                found.append(pair if whole else _written_out(pair))
        except NotCollected as lacking:
            absent = absent or lacking
    return found, absent


def _written_out(pair: VrrpPair) -> VrrpPair:
    own, other = pair.own, pair.other
    known = {word for word in _WRITTEN if word in own.lines and word in other.lines}
    known -= {"virtual_router_id"} if None in (own.router_id, other.router_id) else set()
    return replace(pair, differences=tuple(reason for reason in pair.differences if reason.what in known), proved=False)


def _guessed(node: Node, instance: VrrpInstance) -> NotCollected | None:
    gap = node.partial("vrrp")
    known = gap is None or "priority" in instance.lines
    return None if known else NotCollected("vrrp", node.name, f"the priority of {instance.name}", partial=gap)


def _sharing(peer: Node, own: VrrpInstance) -> Sequence[VrrpInstance]:
    return [other for other in peer.seen_rows("vrrp") if other.vips & own.vips]


def _rank(instance: VrrpInstance, node: Node) -> tuple[int, bool, tuple[int, ...]]:
    return instance.priority, instance.starts_as_master, tuple(-ord(letter) for letter in node.name)


def _segment(node: Node, own: VrrpInstance, peer: Node, other: VrrpInstance) -> tuple[Citation, ...] | None:
    """None for two segments. What goes to unicast peers may pass routers."""
    if own.peers is not None and other.peers is not None:
        return ()
    together = named_together(node, own.link, peer, other.link)
    if together is not None:
        return () if together else None
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
