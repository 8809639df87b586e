"""The plan for the findings of a scan."""

from collections.abc import Iterable, Sequence
from functools import partial

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine
from lvsdoctor.fixes.plan.nouns import ByHand, Cleared, Plan, Rejected
from lvsdoctor.fixes.plan.obstacles import obstacle
from lvsdoctor.fixes.plan.planner import STAYS, Planner, State, known_in
from lvsdoctor.fixes.plan.scripting import finished
from lvsdoctor.fixes.plan.serving import still_lost
from lvsdoctor.model.address import IP
from lvsdoctor.model.examination import Examination
from lvsdoctor.model.node import Node

# How often the plan goes on, where its fixes lay another fault bare.
_MORE = 3


def plan(
    nodes: Sequence[Node],
    rules: Iterable[Rule],
    *,
    role: str = "auto",
    vips: Sequence[IP] = (),
    examination: Examination | None = None,
) -> Plan:
    """How to clear the findings of a scan of `nodes`. `examination` is that scan, where somebody has accepted some of
    its findings or the wire was asked; `role` and `vips` are the user's word for it (see roles.with_standing). Where
    clients still lose connections after the last step, the plan goes on with what explains that, or names the walk."""
    rules = tuple(rules)
    before = examination if examination is not None else examine(nodes, rules)
    counted = [diagnosis for diagnosis in before.diagnoses if diagnosis.accepted is None]
    obstacles = {diagnosis.fingerprint: why for diagnosis in counted if (why := obstacle(diagnosis, nodes)) is not None}
    wanted = [diagnosis for diagnosis in counted if diagnosis.fingerprint not in obstacles]
    start = State(tuple(nodes), known_in(before))
    planner = Planner(rules, partial(with_standing, role=role, vips=vips))
    end, unsolved = planner.clear(start, wanted)
    steps, nodes_after, after = finished(planner, start, end)
    lost = still_lost(nodes_after, after)
    under = {diagnosis.fingerprint for diagnosis in before.listed_under}
    for _ in range(_MORE):
        known = {diagnosis.fingerprint for diagnosis in (*before.diagnoses, *(cure for cure, _ in end.taken))}
        causes = {cause.fingerprint: cause for walk in lost for cause in walk.explained_by}
        causes |= {other.fingerprint: other for other in after.diagnoses if other.fingerprint in under}
        bare = [d for d in causes.values() if d.fingerprint not in known and obstacle(d, nodes_after) is None]
        if not bare:
            break
        end, _ = planner.clear(end, bare)
        steps, nodes_after, after = finished(planner, start, end)
        lost = still_lost(nodes_after, after)
    still = {diagnosis.fingerprint for diagnosis in after.diagnoses}
    verdicts = [obstacles.get(d.fingerprint) or Rejected(d, unsolved.get(d.fingerprint, STAYS)) for d in counted]
    left = [verdict for verdict in verdicts if verdict.diagnosis.fingerprint in still]
    return Plan(
        steps=steps,
        cleared=tuple(Cleared(d, planner.cleared_by(d, end)) for d in counted if d.fingerprint not in still),
        rejected=tuple(verdict for verdict in left if isinstance(verdict, Rejected)),
        by_hand=tuple(verdict for verdict in left if isinstance(verdict, ByHand)),
        before=before,
        after=after,
        nodes_after=nodes_after,
        still_lost=lost,
    )
