"""Bridge ports that keep gratuitous ARP back (neigh_suppress), below the interface of a VRRP instance.

net/bridge/br_arp_nd_proxy.c: br_do_proxy_suppress_arp() marks an ARP packet whose sender is its target, or 0.0.0.0, as
answered, and br_flood() leaves such ports out; br_do_suppress_nd() does so with unsolicited advertisements.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from lvsdoctor.kernel.answer import assume_without
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import BridgePort, Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.vrrp import VrrpInstance

_OF_EVPN = frozenset({"bgp", "zebra"})
_DEPTH = 4  # a VLAN of a bridge, and one more


@dataclass(frozen=True, slots=True)
class Suppressed:
    """What `instance` announces after a change does not leave the bridge by `port`. `assumed`: no EVPN daemon is."""

    instance: VrrpInstance
    bridge: Link
    port: str
    lines: tuple[Citation, ...]
    assumed: tuple[Citation, ...]


def suppressed(node: Node) -> Iterator[Suppressed]:
    """Not of use_vmac, whose MAC stays the same, and not beside an EVPN daemon, which announces the move itself.

    Raises NotCollected at the end where the details of a port were not shown. Reads vrrp, links, and neighbours,
    routes and bridge-ports where collected.
    """
    lacking: NotCollected | None = None
    ports = _with_switches(node)
    bridges = {port.bridge for port in ports.values()}
    for instance in node.vrrp_instances:
        bridge = _bridge(node, instance.link, bridges) if instance.vmac is None and instance.brings_up else None
        if bridge is None or _announced(node):
            continue
        others = [port for port in node.links if port.master == bridge.name and port.name not in ports]
        lines = {port.name: _lines(port) for port in ports.values() if port.bridge == bridge.name}
        lines |= {port.name: _lines_of_link(port, bridge) for port in others}
        for name, shown in lines.items():
            if shown:
                yield Suppressed(instance, bridge, name, shown, _assumed(node))
        lacking = lacking or next(
            (NotCollected("links", node.name, f"neigh_suppress of {p.name}") for p in others if p.kind is None), None
        )
    if lacking is not None:
        raise lacking


def _with_switches(node: Node) -> dict[str, BridgePort]:
    """The ports of which `bridge -d link` tells whether they suppress."""
    rows = node.seen_rows("bridge-ports") if node.has("bridge-ports") else ()
    return {row.name: row for row in rows if row.neigh_suppress is not None}


def _lines(port: BridgePort) -> tuple[Citation, ...]:
    if not port.neigh_suppress or port.switches is None:
        return ()
    return (cite(port.switches, "neigh_suppress on"), cite(port, "a port of {bridge}", bridge=port.bridge))


def _lines_of_link(port: Link, bridge: Link) -> tuple[Citation, ...]:
    if port.kind is None or port.detail.get("neigh_suppress") != "on":
        return ()
    return (cite(port, "a port of {bridge} with neigh_suppress on", bridge=bridge.name),)


def _bridge(node: Node, name: str, bridges: Collection[str]) -> Link | None:
    """The bridge that an interface is, or is made of (a VLAN of it, a macvlan)."""
    link = node.link(name)
    for _ in range(_DEPTH):
        if link is None or link.name in bridges or any(p.master == link.name and _of_bridge(p) for p in node.links):
            return link
        link = node.link(link.parent) if link.parent else None
    return None


def _of_bridge(port: Link) -> bool:
    """May it be a bridge's port? Without the details of a port nothing tells what its master is."""
    return port.kind_of_port == "bridge" or (port.kind is None and not port.kind_of_port)


def _announced(node: Node) -> bool:
    learned = node.has("neighbours") and any("extern_learn" in row.flags for row in node.seen_rows("neighbours"))
    return learned or (node.has("routes") and any(row.protocol in _OF_EVPN for row in node.seen_rows("routes")))


def _assumed(node: Node) -> tuple[Citation, ...]:
    if node.has("neighbours") and node.unseen("neighbours") is None:
        return ()
    return (assume_without("", "no EVPN daemon announces that the VIP moves", "ip neigh show"),)
