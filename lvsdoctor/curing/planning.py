"""The plan for the findings of a scan."""

from collections.abc import Iterable, Sequence
from functools import partial

from lvsdoctor.changes.nouns import Nothing, Unknown
from lvsdoctor.changes.reading import changes_of
from lvsdoctor.curing.nouns import ByHand, Cured, Plan, Refused
from lvsdoctor.curing.scripting import finished
from lvsdoctor.curing.treatment import STAYS, State, Treatment
from lvsdoctor.examination import Diagnosis, Examination
from lvsdoctor.examine import examine
from lvsdoctor.finding import Probed
from lvsdoctor.model.address import IP
from lvsdoctor.model.node import Node
from lvsdoctor.roles import with_standing
from lvsdoctor.rulekit import Rule

_ELSEWHERE = "its fix runs on {node}, which is not in the scan"
_CONTRADICTED = "the wire contradicts it: collect the dumps again first"
_NO_COMMAND = "its fix is no command, but to be done by hand"
_PARTLY_BY_HAND = "a part of its fix is to be done by hand, so it was not tried on the model"
_UNSEEN = "its fix changes nothing that the model could see, so it was not tried"
_NOT_FOLLOWED = "the model does not follow a command of its fix ({why}), so it was not tried"


def plan(
    nodes: Sequence[Node],
    rules: Iterable[Rule],
    *,
    role: str = "auto",
    vips: Sequence[IP] = (),
    found: Examination | None = None,
) -> Plan:
    """How to clear the findings of a scan of `nodes`. `found` is that scan, where somebody has accepted some of its
    findings or the wire was asked; `role` and `vips` are the user's word for it (see roles.with_standing)."""
    rules = tuple(rules)
    before = found if found is not None else examine(nodes, rules)
    counted = [diagnosis for diagnosis in before.diagnoses if diagnosis.accepted is None]
    obstacles = {found.fingerprint: told for found in counted if (told := _obstacle(found, nodes)) is not None}
    wanted = [found for found in counted if found.fingerprint not in obstacles]
    start = State(tuple(nodes), frozenset(found.fingerprint for found in before.diagnoses))
    treatment = Treatment(rules, partial(with_standing, role=role, vips=vips))
    end, unsolved = treatment.cure(start, wanted)
    steps, nodes_after, after = finished(treatment, start, end)
    still = {found.fingerprint for found in after.diagnoses}
    verdicts = [obstacles.get(d.fingerprint) or Refused(d, unsolved.get(d.fingerprint, STAYS)) for d in counted]
    left = [one for one in verdicts if one.diagnosis.fingerprint in still]
    return Plan(
        steps=steps,
        cured=tuple(Cured(d, treatment.cures_of(d, end)) for d in counted if d.fingerprint not in still),
        refused=tuple(one for one in left if isinstance(one, Refused)),
        by_hand=tuple(one for one in left if isinstance(one, ByHand)),
        before=before,
        after=after,
        nodes_after=nodes_after,
    )


def _obstacle(found: Diagnosis, nodes: Sequence[Node]) -> Refused | ByHand | None:
    """Why its fix is not even tried; None where it is."""
    if found.probed is Probed.CONTRADICTED:
        return Refused(found, _CONTRADICTED)
    where, lines = found.fix_node, found.fix.now
    node = next((node for node in nodes if node.name == where), None)
    if node is None:
        return Refused(found, _ELSEWHERE.format(node=where))
    changes = [change for line in lines for change in changes_of(line, node)]
    if all(line.lstrip().startswith("#") for line in lines):
        return ByHand(where, lines or found.fix.persist, found, _NO_COMMAND)
    if any(isinstance(change, Nothing) and change.manual for change in changes):
        return ByHand(where, lines, found, _PARTLY_BY_HAND)
    unknown = next((change for change in changes if isinstance(change, Unknown)), None)
    if unknown is not None:
        return ByHand(where, lines, found, _NOT_FOLLOWED.format(why=unknown.why))
    unseen = all(isinstance(change, Nothing) for change in changes)
    return ByHand(where, lines, found, _UNSEEN) if unseen else None
