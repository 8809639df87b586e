"""Which of the vrrp_instances of one virtual router is master, when all is at rest (RFC 9568, 6.4).

The higher priority wins, whatever `state` says. What another instance sends counts only if keepalived takes it:
id, family, version, authentication, addresses, advert_int and peers are compared (vrrp.c: vrrp_check_packet()), and
two that share a VIP and do not hear each other are both master. Of a node that holds the VIP now, without a file of
its own, the priority is not known: then `state` decides. (`nopreempt` depends on who was first, which no file tells.)
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.vrrp import REMOVED, VrrpInstance


@dataclass(frozen=True, slots=True)
class AdvertMismatch:
    """What keeps one of two instances from taking the other's advertisements: `what` is the word of keepalived.conf
    (as a subject: "virtual_router_id"), `says` a sentence, `own` and `other` the lines."""

    what: str
    says: str
    own: Seen
    other: Seen

    @property
    def subject(self) -> str:
        """What differs, as a sentence has it."""
        return _SUBJECTS.get(self.what, self.what)


_SUBJECTS = {
    "authentication": "the authentication",
    "virtual_ipaddress": "the list of virtual_ipaddress",
    "unicast_peer": "the list of unicast_peer",
}


@dataclass(frozen=True, slots=True)
class Elected:
    """Is it master? `other`: the node that has its VIPs now, or will have them; "" if none of the scan does.

    `differences`: why it does not hear the `other`, whose instance has a VIP of it and is master, too. Of such two the
    `first` is the one with the higher priority.
    """

    master: bool
    other: str = ""
    differences: tuple[AdvertMismatch, ...] = ()
    first: bool = True
    rival: VrrpInstance | None = None

    @property
    def unheard(self) -> str:
        """Why the two do not hear each other, "" if they do."""
        return "; ".join(reason.says for reason in self.differences)


@dataclass(frozen=True, slots=True)
class _Candidate:
    node: Node
    instance: VrrpInstance
    place: int

    @property
    def rank(self) -> tuple[int, bool, int]:
        """Of equals it is the first: more than the order of the nodes there is not to go by."""
        return self.instance.priority, self.instance.starts_as_master, -self.place


def on_wires(node: Node) -> tuple[Address, ...]:
    """The addresses that a keepalived may have put there: not those of lo and of dummy links, where a real server keeps
    its VIPs."""

    def on_a_wire(address: Address) -> bool:
        link = node.link(address.link) if node.has("links") else None
        return address.link != "lo" if link is None else link.arp

    return tuple(filter(on_a_wire, node.addresses)) if node.has("addresses") else ()


def elected(
    nodes: Sequence[Node], confs: Sequence[tuple[str, Sequence[VrrpInstance]]]
) -> Mapping[tuple[str, Seen], Elected]:
    """The outcome for each instance with a VIP, by its node's name and its line."""
    by_name = {node.name: node for node in nodes}
    running = [(name, instance) for name, instances in confs for instance in instances if instance.brings_up]
    candidates = [_Candidate(by_name[name], instance, place) for place, (name, instance) in enumerate(running)]
    supposed = {name for name, _ in confs}
    holders = {
        address.ip: node.name for node in nodes if node.name not in supposed for address in on_wires(node)
    }  # fmt: skip
    rivals = _rivals(candidates)
    return {(own.node.name, own.instance.seen): _outcome(own, rivals[own.place], holders) for own in candidates}


def _rivals(candidates: Sequence[_Candidate]) -> list[list[_Candidate]]:
    """Of each those of other nodes with a VIP in common, or with the same id on a link of the same name; two that share
    neither may use one id on two segments."""
    by_mark: dict[object, list[_Candidate]] = {}
    for candidate in candidates:
        for mark in _marks(candidate.instance):
            by_mark.setdefault(mark, []).append(candidate)
    found = []
    for own in candidates:
        others = {
            other.place: other for mark in _marks(own.instance) for other in by_mark[mark] if other.node is not own.node
        }
        found.append([others[place] for place in sorted(others)])
    return found


def _marks(instance: VrrpInstance) -> Iterator[object]:
    yield instance.router_id, instance.family, instance.link
    yield from instance.vips


def _outcome(own: _Candidate, rivals: Sequence[_Candidate], holders: Mapping[IP, str]) -> Elected:
    stronger = [rival for rival in rivals if rival.rank > own.rank and not _unheard(own, rival)]
    if stronger:
        return Elected(False, max(stronger, key=lambda rival: rival.rank).node.name)
    for rival in rivals:
        if not own.instance.vips & rival.instance.vips:
            continue
        weaker, firmer = sorted((own, rival), key=lambda candidate: candidate.rank)
        if reasons := _unheard(weaker, firmer):
            mine = reasons if weaker is own else tuple(map(_turned, reasons))
            return Elected(True, rival.node.name, mine, firmer is own, rival.instance)
    holder = next((holders[address.ip] for address in own.instance.brings_up if address.ip in holders), "")
    return Elected(own.instance.starts_as_master or not holder, holder)


def _turned(reason: AdvertMismatch) -> AdvertMismatch:
    return replace(reason, own=reason.other, other=reason.own)


# What vrrp_check_packet() compares: the words of keepalived.conf in whose lines the value stands, and the sentence.
_ID = ("virtual_router_id",), "the virtual_router_id of the two is not the same"
_VERSION = ("version", "vrrp_version"), "the VRRP version of the two is not the same"
_AUTH = ("authentication",), "the authentication of the two is not the same"
_INTERVAL = ("advert_int",), "the advert_int of the two is not the same"
_VIPS = ("virtual_ipaddress",), "the virtual_ipaddress of the two is not the same"
_CAST = ("unicast_peer",), "one of the two sends to unicast peers and the other does not"
_PEERS = ("unicast_peer",), "the unicast_peer list of {other} does not name {node}"


def _unheard(candidate: _Candidate, rival: _Candidate) -> tuple[AdvertMismatch, ...]:
    return differences(candidate.node, candidate.instance, rival.node, rival.instance)


def differences(node: Node, own: VrrpInstance, peer: Node, other: VrrpInstance) -> tuple[AdvertMismatch, ...]:
    """Why an instance does not take what another one sends; nothing if it does. Reads addresses and links, where
    collected and the instance has no unicast_src_ip."""
    both_v2 = own.version == other.version == 2
    checks = (
        (_ID, (own.router_id, own.family) != (other.router_id, other.family)),
        (_VERSION, own.version != other.version),
        (_AUTH, both_v2 and own.auth != other.auth and not hides_password(own, other)),
        (_INTERVAL, both_v2 and own.advert_int != other.advert_int),
        (_VIPS, _named(own) != _named(other) and not own.ignores_vips),
        (_CAST, (own.peers is None) != (other.peers is None)),
        (_PEERS, own.peers is not None and not _listed(node, own, other)),
    )
    names = {"node": node.name, "other": peer.name}
    return tuple(
        AdvertMismatch(words[0], says.format_map(names), own.line(*words), other.line(*words))
        for (words, says), differs in checks
        if differs
    )


def hides_password(own: VrrpInstance, other: VrrpInstance) -> bool:
    """Was a password that is to be compared removed before the file came here (`lvsdoctor collect`)?"""
    kinds = own.auth.partition(" ")[0], other.auth.partition(" ")[0]
    hidden = any(instance.auth.endswith(f" {REMOVED}") for instance in (own, other))
    return hidden and kinds[0] == kinds[1] and own.version == other.version == 2


def _named(instance: VrrpInstance) -> frozenset[IP]:
    return frozenset(address.ip for address in instance.addresses)


def _listed(node: Node, own: VrrpInstance, other: VrrpInstance) -> bool:
    """May the other's peers be this one? Where its addresses are not known they may."""
    addresses = {own.source} if own.source is not None else _addresses(node, own.link)
    return other.peers is None or not addresses or bool(addresses & other.peers)


def _addresses(node: Node, link: str) -> set[IP]:
    return {address.ip for address in on_wires(node) if address.link == link}


# -- what files configure ---------------------------------------------------------------------------------------------


def settled(nodes: Sequence[Node]) -> list[Node]:
    """The nodes whose configured addresses are those of the instances that are master, when all is at rest.

    Of two that do not hear each other only the one with the higher priority keeps the VIP here: that both have it is
    one finding, not one for each rule that asks who holds it.
    """
    confs = [(node.name, node.evidence["vrrp"]) for node in nodes if "vrrp" in node.evidence]
    if len(confs) < 2:
        return list(nodes)
    outcomes = elected(nodes, confs)
    return [_without_lost(node, outcomes) if "vrrp" in node.evidence else node for node in nodes]


def _without_lost(node: Node, outcomes: Mapping[tuple[str, Seen], Elected]) -> Node:
    lost: set[Seen] = set()
    for instance in node.evidence["vrrp"]:
        outcome = outcomes.get((node.name, instance.seen))
        if outcome is not None and not (outcome.master and outcome.first):
            lost |= {address.seen for address in instance.brings_up}
    if not lost:
        return node
    kept = {
        fact: tuple(row for row in node.evidence[fact] if row.seen not in lost)
        for fact in ("addresses", "configured-addresses")
        if fact in node.evidence
    }
    return replace(node, evidence={**node.evidence, **kept})
