"""What the scanned routers between two hosts do with a packet: whether they forward it, and what their filters say."""

from dataclasses import replace

from lvsdoctor.analysis.filters.filter_paths import locality, passed
from lvsdoctor.analysis.walk.filters import idle, of_verdict
from lvsdoctor.kernel.answer import Answer, no
from lvsdoctor.kernel.delivery import passes_on
from lvsdoctor.kernel.packet_filter import FORWARDED
from lvsdoctor.kernel.packet_matching import UNTRACKED, Packet
from lvsdoctor.kernel.routing import Lookup, route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Hook

_MOST_HOPS = 8


def stopped_by(router: Node, packet: Packet, link: str) -> Answer | None:
    """Why a router that gets the packet on a link does not pass it on; None where nothing is known that stops it."""
    try:
        if packet.src is not None and packet.dst is not None:
            further = passes_on(router, src=packet.src, dst=packet.dst, arrived_on=link)
            if not further:
                return no("{host} drops the packet: {why}", *further.because, host=router.name, why=further.why)
        return _filtered(router, replace(packet, in_link=link))
    except NotCollected:
        return None


def untracked(router: Node, packet: Packet, link: str) -> bool:
    """Does a rule of the table raw take a packet that comes by a link out of connection tracking? Not where the rules
    are not known."""
    version = packet.version
    try:
        if idle(router, version) is not None:
            return False
        verdict = passed(router, replace(packet, in_link=link), (Hook.PREROUTING,), locality(router, version))
    except NotCollected:
        return False
    return verdict.packet.states == UNTRACKED


def stopped_on_path(node: Node, lookup: Lookup, packet: Packet) -> Answer | None:
    """Which scanned router on the path of a packet from a host does not pass it on, and why; None where none is known
    to. The path ends at the first router that was not scanned."""
    router = node
    for _ in range(_MOST_HOPS):
        hop = next(iter(lookup.gateways), None)
        following = next((peer for peer in router.peers_holding(hop) if peer.has("routes")), None) if hop else None
        if hop is None and router is not node and packet.dst is not None:
            return _astray(node, router, packet.dst)
        if hop is None or following is None or packet.dst is None or following.holding(packet.dst):
            return None
        router, link = following, next(row.link for row in following.holding(hop))
        if (stop := stopped_by(router, packet, link)) is not None:
            return stop
        try:
            lookup = route_lookup(router, packet.dst, src=packet.src, arrived_on=link)
        except NotCollected:
            return None
    return None


def _astray(node: Node, router: Node, target: IP) -> Answer | None:
    """Has the last router a permanent neighbour entry with a MAC that no scanned host has which has the target?"""
    hosts = list(node.peers_holding(target))
    for entry in router.seen_rows("neighbours") if router.has("neighbours") and hosts else ():
        if entry.ip != target or not entry.fixed or not entry.mac or "proxy" in entry.flags:
            continue
        if all(host.has("links") and not host.links_with_mac(entry.mac) for host in hosts):
            text = "{host} does not reach {target}: its permanent neighbour entry has {mac}, not a MAC of {peer}"
            note = "this entry is never renewed"
            return no(text, cite(entry, note), host=router.name, target=target, mac=entry.mac, peer=hosts[0].name)
    return None


def _filtered(router: Node, packet: Packet) -> Answer | None:
    if idle(router, packet.version) is not None:
        return None
    answer = of_verdict(passed(router, packet, FORWARDED, locality(router, packet.version)))
    if answer is None or answer:
        return None
    return no("{host} drops the packet: {why}", *answer.because, host=router.name, why=answer.why)
