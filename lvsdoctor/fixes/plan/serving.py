"""After the last step the packets are followed once more: are the clients served?"""

from collections.abc import Sequence

from lvsdoctor.analysis.broken_paths import lost, shows_clients
from lvsdoctor.engine.last_resort import causes_of
from lvsdoctor.fixes.plan.nouns import StillLost
from lvsdoctor.model.examination import Examination
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Step, Walk


def still_lost(nodes: Sequence[Node], examination: Examination) -> tuple[StillLost, ...]:
    """The walks of these nodes on which clients that connect lose connections, one for each service and step."""
    if not nodes or not shows_clients(nodes[0]):
        return ()
    from lvsdoctor.analysis.walk import walks_of_scan  # most scans show no client

    dying: dict[tuple[str, Step], Walk] = {}
    for walk in walks_of_scan(nodes[0]):
        if lost(walk) and walk.deciding is not None:
            dying.setdefault((walk.service, walk.deciding.step), walk)
    return tuple(StillLost(walk, tuple(causes_of(walk, examination.diagnoses))) for walk in dying.values())
