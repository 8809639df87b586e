"""Does the next host on a packet's path get it?"""

from lvsdoctor.analysis.arp.rip_neighbours import stray
from lvsdoctor.analysis.named_segments import holders_apart
from lvsdoctor.analysis.walk.asking import finds_hop
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.kernel.answer import Answer, no
from lvsdoctor.kernel.routing import Lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decision, StepVerdict

NAMED_APART = "{hop} is not found by {link}: the user names other segments for {host}"


def next_hop(
    decider: Decider, node: Node, dst: IP, lookup: Lookup, source: IP | None = None, *, known: bool = False
) -> StepVerdict | None:  # fmt: skip
    """Where the neighbour cache shows that the next host does not get the packet: by the MAC of a permanent entry, or
    as no scanned host has the gateway's address and nobody answers for it. `known`: `dst` itself has just asked this
    host, which has its MAC from the question."""
    hop = next(iter(lookup.gateways), dst)
    if lookup.type != "unicast":
        return None

    def work_out() -> Answer | None:
        try:
            unfound = finds_hop(node, dst, lookup, source) if not (known and hop == dst) else None
            if unfound is not None:
                text = "the packet does not get to {hop}: {why}"
                return no(text, *unfound.because, *lookup.because, hop=hop, why=unfound.why)
            apart = holders_apart(node, lookup.links[0], hop) if len(set(lookup.links)) == 1 else None
            if apart is not None:
                return no(NAMED_APART, *lookup.because, hop=hop, host=apart.name, link=lookup.links[0])
            lost = stray(node, hop) if node.has("neighbours") else None
        except NotCollected:
            return None
        if lost is None or lost.twice or (lost.of_a_moment and not (lost.unlisted and lookup.gateways)):
            return None
        return no("the packet does not get to {hop}: {why}", *lost.because, *lookup.because, hop=hop, why=lost.why)

    answer = decider.once(("next hop", id(node), hop, source, known), work_out)
    return (
        decider.step(node, Decision.NEIGHBOUR, str(hop), ("next hop", source, known), lambda: answer)
        if answer is not None
        else None
    )
