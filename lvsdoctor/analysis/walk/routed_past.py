"""Real servers that a scanned router sends the requests for a VIP to, past the directors."""

from collections.abc import Iterator

from lvsdoctor.analysis.l2_segments import routed_through
from lvsdoctor.analysis.walk.arrivals import segment_of
from lvsdoctor.analysis.walk.attempt import ServicePlace
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.analysis.walk.responder import PossibleResponder
from lvsdoctor.analysis.walk.subnets import links_holding
from lvsdoctor.kernel.answer import Answer, yes
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decision


def routed_past(decider: Decider, at: ServicePlace) -> Iterator[PossibleResponder]:
    """Only where nobody asks for the VIP on a segment, and no scanned host has a route to it through a director."""
    try:
        if any(segment_of(node, at.vip) or routed_through(node, at.vip, node) for node in at.directors):
            return
        servers = [
            (rip, node) for rip, node in at.real_servers.items()
            if node not in at.directors and routed_through(node, at.vip, at.directors[0])
        ]  # fmt: skip
    except NotCollected:
        return
    for rip, node in servers:

        def decide(node: Node = node) -> Answer:
            return yes("a router has a route to {vip} through {host}", vip=at.vip, host=node.name)

        verdict = decider.step(node, Decision.ARP_REPLY, f"VIP {at.vip}", "routed", decide)
        yield PossibleResponder(node, next(iter(links_holding(node, rip)), None), verdict)
