"""Which of the vrrp_instances of one virtual router is master, when all is at rest (RFC 9568, 6.4).

The higher priority wins, whatever `state` says. What another instance sends is taken for this one's only if its id,
family, authentication and peers are: two that share a VIP and do not hear each other are both master. Of a node that
holds the VIP now, without a file of its own, the priority is not known: then `state` decides. (`nopreempt` depends on
who was first, which no file tells.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lvsdoctor.fixes.whatif.node_edit import on_wires
from lvsdoctor.model.address import IP
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.keepalived import Instance, KeepalivedConf

_ID = "the virtual_router_id of the two is not the same"
_AUTHENTICATION = "the authentication of the two is not the same"
_CAST = "one of the two sends to unicast peers and the other does not"
_PEERS = "the unicast_peer list of {other} does not name this node"


@dataclass(frozen=True, slots=True)
class Elected:
    """Is it master? `other`: the node that has its VIPs now, or will have them; "" if none of the scan does.

    `unheard`: why it does not hear the `other`, whose instance has a VIP of it and is master, too.
    """

    master: bool
    other: str = ""
    unheard: str = ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    node: Node
    instance: Instance
    place: int

    @property
    def rank(self) -> tuple[int, bool, int]:
        """Of equals it is the first: more than the order of the nodes there is not to go by."""
        return self.instance.priority, self.instance.starts_as_master, -self.place

    @property
    def vips(self) -> frozenset[IP]:
        return frozenset(address.ip for address in self.instance.addresses)


def elected(nodes: Sequence[Node], confs: Sequence[tuple[str, KeepalivedConf]]) -> Mapping[tuple[str, Seen], Elected]:
    """The outcome for each instance, by its node's name and its line."""
    by_name = {node.name: node for node in nodes}
    running = [(name, instance) for name, conf in confs for instance in conf.instances if instance.addresses]
    candidates = [_Candidate(by_name[name], instance, place) for place, (name, instance) in enumerate(running)]
    supposed = {name for name, _ in confs}
    others = [node for node in nodes if node.name not in supposed]
    holders = {address.ip: node.name for node in others for address in on_wires(node)}
    return {(own.node.name, own.instance.seen): _outcome(own, candidates, holders) for own in candidates}


def _outcome(own: _Candidate, candidates: Sequence[_Candidate], holders: Mapping[IP, str]) -> Elected:
    rivals = [rival for rival in candidates if rival.node is not own.node and _same_segment(own, rival)]
    stronger = [rival for rival in rivals if rival.rank > own.rank and not _unheard(own, rival)]
    if stronger:
        return Elected(False, max(stronger, key=lambda rival: rival.rank).node.name)
    for rival in rivals:
        reason = _unheard(own, rival) or _unheard(rival, own)
        if reason and own.vips & rival.vips:
            return Elected(True, rival.node.name, reason.format(other=rival.node.name))
    holder = next((holders[address.ip] for address in own.instance.addresses if address.ip in holders), "")
    return Elected(own.instance.starts_as_master or not holder, holder)


def _same_segment(own: _Candidate, rival: _Candidate) -> bool:
    """A link of the same name, or a VIP in common; two that share neither may use one id on two segments."""
    router, other = own.instance.router, rival.instance.router
    same_router = (router.id, router.family, router.link) == (other.id, other.family, other.link)
    return same_router or bool(own.vips & rival.vips)


def _unheard(own: _Candidate, rival: _Candidate) -> str:
    """Why what the rival sends is not taken by this one, "" if it is."""
    router, other = own.instance.router, rival.instance.router
    if (router.id, router.family) != (other.id, other.family):
        return _ID
    if router.authentication != other.authentication:
        return _AUTHENTICATION
    if (router.peers is None) != (other.peers is None):
        return _CAST
    if other.peers is None or not (addresses := _addresses(own)) or addresses & other.peers:
        return ""
    return _PEERS


def _addresses(candidate: _Candidate) -> frozenset[IP]:
    """Those that a rival may send to: its unicast_src_ip, or those that its link has; none where they are not known."""
    router, node = candidate.instance.router, candidate.node
    if router.source is not None:
        return frozenset({router.source})
    if not node.has("addresses"):
        return frozenset()
    return frozenset(address.ip for address in on_wires(node) if address.link == router.link)
