"""How the walks of a scan end, for tests to compare."""

from collections.abc import Sequence

from lvsdoctor.analysis.walk import walks
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import ClientPlace, Decision, Served, Walk

SEGMENT, BEYOND, PREFIX, CHECK = (
    ClientPlace.ON_SEGMENT, ClientPlace.BEYOND_ROUTER, ClientPlace.IN_PREFIX, ClientPlace.HEALTH_CHECK,
)  # fmt: skip
End = tuple[Served, str, Decision | None]
SERVED: End = (Served.SERVED, "", None)


def end(walk: Walk) -> End:
    """Its outcome, and the node and the decision where it dies or is not known."""
    deciding = walk.deciding
    return (
        (walk.outcome, deciding.step.node, deciding.step.decision) if deciding is not None else (walk.outcome, "", None)
    )


def by_place(nodes: Sequence[Node], server: str = "rs1", answering: str = "lb1") -> dict[ClientPlace, Walk]:
    """The first walk of each place through a real server."""
    rows = [walk for walk in walks(nodes) if (walk.real_server, walk.answering) == (server, answering)]
    return {walk.client.place: walk for walk in reversed(rows)}


def ends(nodes: Sequence[Node], server: str = "rs1") -> dict[ClientPlace, End]:
    """How the first walk of each place through a real server ends."""
    return {place: end(walk) for place, walk in by_place(nodes, server).items()}
