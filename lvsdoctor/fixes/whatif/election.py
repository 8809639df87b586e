"""Which of the vrrp_instances that share a VIP is master, when all is at rest (RFC 9568, 6.4).

The higher priority wins, whatever `state` says. Of a node that holds the VIP now, without a file of its own, the
priority is not known: then `state` decides. (`nopreempt` depends on who was first, which no file tells.)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lvsdoctor.fixes.whatif.node_edit import on_wires
from lvsdoctor.model.address import IP
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.keepalived import Instance, KeepalivedConf


@dataclass(frozen=True, slots=True)
class Elected:
    """Is it master? `other`: the node that has its VIPs now, or will have them; "" if none of the scan does."""

    master: bool
    other: str = ""


def elected(nodes: Sequence[Node], confs: Sequence[tuple[str, KeepalivedConf]]) -> Mapping[tuple[str, Seen], Elected]:
    """The outcome for each instance, by its node's name and its line."""
    running = [(name, instance) for name, conf in confs for instance in conf.instances if instance.addresses]
    best: dict[IP, tuple[str, Instance]] = {}
    for name, instance in running:
        for address in instance.addresses:
            known = best.get(address.ip)
            # Of equals it is the first: more than the order of the nodes there is not to go by.
            if known is None or _rank(instance) > _rank(known[1]):
                best[address.ip] = name, instance
    supposed = {name for name, _ in confs}
    others = [node for node in nodes if node.name not in supposed]
    holders = {address.ip: node.name for node in others for address in on_wires(node)}
    return {(name, own.seen): _outcome(name, own, best, holders) for name, own in running}


def _rank(instance: Instance) -> tuple[int, bool]:
    return instance.priority, instance.starts_as_master


def _outcome(name: str, own: Instance, best: Mapping[IP, tuple[str, Instance]], holders: Mapping[IP, str]) -> Elected:
    winner = max((best[address.ip] for address in own.addresses), key=lambda candidate: _rank(candidate[1]))[0]
    if winner != name:
        return Elected(False, winner)
    holder = next((holders[address.ip] for address in own.addresses if address.ip in holders), "")
    return Elected(own.starts_as_master or not holder, holder)
