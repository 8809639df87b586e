"""Why a fix is not even tried on the model."""

from collections.abc import Sequence

from lvsdoctor.fixes.changes.kinds import changes_of
from lvsdoctor.fixes.plan.nouns import ByHand, Rejected
from lvsdoctor.model.change import Nothing, Unknown
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.finding import Probed
from lvsdoctor.model.node import Node

_ELSEWHERE = "its fix runs on {node}, which is not in the scan"
_CONTRADICTED = "the wire contradicts it: collect the dumps again first"
_NO_COMMAND = "its fix is no command, but to be done by hand"
_PARTLY_BY_HAND = "a part of its fix is to be done by hand, so it was not tried on the model"
_UNSEEN = "its fix changes nothing that the model could see, so it was not tried"
_NOT_FOLLOWED = "the model does not follow a command of its fix ({why}), so it was not tried"


def obstacle(diagnosis: Diagnosis, nodes: Sequence[Node]) -> Rejected | ByHand | None:
    """Why its fix is not even tried; None where it is."""
    if diagnosis.probed is Probed.CONTRADICTED:
        return Rejected(diagnosis, _CONTRADICTED)
    where, lines = diagnosis.fix_node, diagnosis.fix.now
    node = next((node for node in nodes if node.name == where), None)
    if node is None:
        return Rejected(diagnosis, _ELSEWHERE.format(node=where))
    changes = [change for line in lines for change in changes_of(line, node)]
    if all(line.lstrip().startswith("#") for line in lines):
        return ByHand(where, lines or diagnosis.fix.persist, diagnosis, _NO_COMMAND)
    if any(isinstance(change, Nothing) and change.manual for change in changes):
        return ByHand(where, lines, diagnosis, _PARTLY_BY_HAND)
    unknown = next((change for change in changes if isinstance(change, Unknown)), None)
    if unknown is not None:
        return ByHand(where, lines, diagnosis, _NOT_FOLLOWED.format(why=unknown.why))
    unseen = all(isinstance(change, Nothing) for change in changes)
    return ByHand(where, lines, diagnosis, _UNSEEN) if unseen else None
