"""The VIPs of services by a firewall mark: the addresses that rules of their director give the mark."""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.analysis.marks import marked_packets, marked_vips
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import Evidence, NotCollected
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen

_FACTS = ("ipvs", "ipvs-stats")


def with_marked_vips(node: Node) -> Node:
    """The node whose services by a mark know their VIPs; itself where it has none."""
    tables = {fact: tuple(_known(node, row) for row in node.evidence.get(fact, ())) for fact in _FACTS}
    changed = {
        fact: rows
        for fact, rows in tables.items()
        if any(row.marked != old.marked for row, old in zip(rows, node.evidence.get(fact, ()), strict=True))
    }
    return replace(node, evidence=Evidence({**node.evidence, **changed})) if changed else node


def _known(node: Node, service: VirtualService) -> VirtualService:
    return service if service.fwmark is None else replace(service, marked=_vips(node, service))


def _vips(node: Node, service: VirtualService) -> tuple[tuple[IP, Seen], ...] | None:
    try:
        return tuple(_of_rules(node, service)) or None
    except NotCollected:
        return None


def _of_rules(node: Node, service: VirtualService) -> Iterator[tuple[IP, Seen]]:
    packets = marked_packets(node, service.family)
    if any(item.gets == service.fwmark and (item.by.subnet or item.packet.dst is None) for item in packets):
        return  # whole subnets have the mark: which addresses of them are VIPs is not known
    for vip, item in marked_vips(node, service).items():
        if not (vip.is_unspecified or vip.is_loopback or vip.is_multicast):
            yield vip, item.by.rule.seen
