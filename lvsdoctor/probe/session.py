"""What was asked and answered, with the nodes of a scan at hand: which MAC is whose, who was heard at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from lvsdoctor.analysis.arp.owners import same_segment
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.model.address import IP
from lvsdoctor.model.link import VRRP_MACS, Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe
from lvsdoctor.probe.targets import Unasked, rips_known, vips_known


@dataclass(frozen=True, slots=True)
class ProbeRun:
    """Who asked (a live node), what was answered and what could not be asked for; `why` nothing could be asked."""

    prober: Node | None = None
    probes: tuple[Probe, ...] = ()
    unasked: tuple[Unasked, ...] = ()
    why: str = ""


class ProbeSession:
    """All that was answered, beside the nodes of the scan."""

    def __init__(self, run: ProbeRun, nodes: Sequence[Node]) -> None:
        self.run, self.nodes = run, nodes
        self.frames = {reply.seen for probe in run.probes for reply in probe.replies}
        self.frames |= {probe.seen for probe in run.probes}

    @cached_property
    def vips(self) -> set[IP]:
        return set(vips_known(self.nodes))

    @cached_property
    def reals(self) -> set[str]:
        """The MACs of real servers that direct nothing, by the scan's nodes and by who answers for a RIP."""
        directors = [node for node in self.nodes if node.is_a("director")]
        macs = {
            link.mac
            for node in self.nodes
            if node.is_a("real-server") and not node.is_a("director") and node.has("links")
            for link in node.links
        }
        for rip in rips_known(self.nodes):
            if not any(node.has("addresses") and node.holding(rip) for node in directors):
                macs |= {mac for probe in self.about(rip) for mac in probe.macs}
        return macs - {mac for node in directors if node.has("links") for mac in {link.mac for link in node.links}}

    def about(self, target: IP) -> list[Probe]:
        return [probe for probe in self.run.probes if probe.target == target]

    def why_unasked(self, target: IP) -> str:
        return next((each.why for each in self.run.unasked if each.target == target), f"{target} was not asked for")

    def is_prober(self, node: Node) -> bool:
        return self.run.prober is not None and same_host(self.run.prober, node, self.links_asked, self.vips)

    @cached_property
    def links_asked(self) -> set[str]:
        return {probe.link for probe in self.run.probes}

    def has(self, vip: IP) -> bool:
        """Has the host that asked the address itself?"""
        prober = self.run.prober
        return prober is not None and prober.has("addresses") and is_local(prober, vip) is not None

    def answered_anything(self, links: set[str], besides: IP) -> bool:
        return any(p.replies for p in self.run.probes if p.link in links and p.target != besides)

    def owners(self, mac: str) -> list[str]:
        return [node.name for node in self.nodes if node.links_with_mac(mac)]

    def owner(self, mac: str) -> str:
        names = self.owners(mac)
        return f"{mac} ({', '.join(names)})" if names else f"{mac}, which no node of this scan has,"

    def beside(self, node: Node, link: Link | None, asked_on: str) -> bool | None:
        """Is a node's link on the segment of the prober's link of that name? None where its subnets do not tell."""
        prober = self.run.prober
        its = prober.link(asked_on) if prober is not None and prober.has("links") else None
        if prober is None or its is None or link is None or not node.has("addresses"):
            return None
        if same_segment(prober, its, node, link):
            return True
        return False if any(not held.host_only for held in node.addresses_on(link.name)) else None


def same_host(prober: Node, node: Node, links: Iterable[str], vips: Iterable[IP]) -> bool:
    """Is the node a snapshot of the host that asks? By the MACs, else the addresses, of the links on which it asks."""
    if prober is node:
        return True
    ours = [link for link in prober.links if link.name in set(links)] if prober.has("links") else []
    # A virtual router's MAC is the active director's, whichever that is.
    macs = {link.mac for link in ours if link.own_mac and not link.mac.startswith(VRRP_MACS)}
    if macs and node.has("links") and any(link.own_mac for link in node.links):
        return any(link.mac in macs for link in node.links)
    own = {address.ip for link in ours for address in prober.addresses_on(link.name) if not address.ip.is_link_local}
    return node.has("addresses") and any(node.holding(ip) for ip in own - set(vips))
