"""The plan for the findings of a scan."""

from collections.abc import Iterable, Sequence
from functools import partial

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine
from lvsdoctor.fixes.plan.nouns import ByHand, Cured, Plan, Refused
from lvsdoctor.fixes.plan.obstacles import obstacle
from lvsdoctor.fixes.plan.planner import STAYS, State, Treatment
from lvsdoctor.fixes.plan.scripting import finished
from lvsdoctor.model.address import IP
from lvsdoctor.model.examination import Examination
from lvsdoctor.model.node import Node


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
    obstacles = {found.fingerprint: told for found in counted if (told := obstacle(found, nodes)) is not None}
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
