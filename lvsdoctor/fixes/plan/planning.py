"""The plan for the findings of a scan."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine
from lvsdoctor.fixes.plan.nouns import ByHand, Cleared, Plan, PlanStep, Rejected, StillLost
from lvsdoctor.fixes.plan.obstacles import obstacle
from lvsdoctor.fixes.plan.planner import STAYS, Nodes, Planner, State, known_in
from lvsdoctor.fixes.plan.scripting import finished
from lvsdoctor.fixes.plan.serving import still_lost
from lvsdoctor.fixes.plan.waiting import waiting
from lvsdoctor.model.address import IP
from lvsdoctor.model.examination import Diagnosis, Examination
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
    clients still lose connections after the last step, the plan goes on with what explains that, or names the walk.
    What ends a bypass waits where clients have no other way."""
    rules = tuple(rules)
    before = examination if examination is not None else examine(nodes, rules)
    counted = [diagnosis for diagnosis in before.diagnoses if diagnosis.accepted is None]
    obstacles = {diagnosis.fingerprint: why for diagnosis in counted if (why := obstacle(diagnosis, nodes)) is not None}
    wanted = [diagnosis for diagnosis in counted if diagnosis.fingerprint not in obstacles]
    start = State(tuple(nodes), known_in(before))
    planner = Planner(rules, partial(with_standing, role=role, vips=vips))
    end, unsolved, finish = _cleared(planner, start, wanted, before)
    kept = waiting((cure for cure, _ in end.taken), nodes, finish.nodes, finish.examination)
    if kept:
        obstacles |= kept
        rest = [diagnosis for diagnosis in wanted if diagnosis.fingerprint not in kept]
        end, unsolved, finish = _cleared(planner, start, rest, before, kept)
    after = finish.examination
    still = {diagnosis.fingerprint for diagnosis in after.diagnoses}
    verdicts = [obstacles.get(d.fingerprint) or Rejected(d, unsolved.get(d.fingerprint, STAYS)) for d in counted]
    left = [verdict for verdict in verdicts if verdict.diagnosis.fingerprint in still]
    return Plan(
        steps=finish.steps,
        cleared=tuple(Cleared(d, planner.cleared_by(d, end)) for d in counted if d.fingerprint not in still),
        rejected=tuple(verdict for verdict in left if isinstance(verdict, Rejected)),
        by_hand=tuple(verdict for verdict in left if isinstance(verdict, ByHand)),
        before=before,
        after=after,
        nodes_after=finish.nodes,
        still_lost=finish.lost,
    )


@dataclass(frozen=True, slots=True)
class _Finish:
    """The steps, the nodes after them with what a scan of these finds, and where clients still lose connections."""

    steps: tuple[PlanStep, ...]
    nodes: Nodes
    examination: Examination
    lost: tuple[StillLost, ...]


def _cleared(
    planner: Planner, start: State, wanted: Sequence[Diagnosis], before: Examination, kept: Container[str] = ()
) -> tuple[State, dict[str, str], _Finish]:
    """All cured that can be, but what is `kept` back; where that lays another fault bare, that one as well."""
    end, unsolved = planner.clear(start, wanted)
    finish = _finish(planner, start, end)
    under = {diagnosis.fingerprint for diagnosis in before.listed_under}
    for _ in range(_MORE):
        known = {diagnosis.fingerprint for diagnosis in (*before.diagnoses, *(cure for cure, _ in end.taken))}
        causes = {cause.fingerprint: cause for walk in finish.lost for cause in walk.explained_by}
        causes |= {other.fingerprint: other for other in finish.examination.diagnoses if other.fingerprint in under}
        bare = [d for d in causes.values() if d.fingerprint not in known and obstacle(d, finish.nodes) is None]
        bare = [diagnosis for diagnosis in bare if diagnosis.fingerprint not in kept]
        if not bare:
            break
        end, _ = planner.clear(end, bare)
        finish = _finish(planner, start, end)
    return end, unsolved, finish


def _finish(planner: Planner, start: State, end: State) -> _Finish:
    steps, nodes, after = finished(planner, start, end)
    return _Finish(steps, nodes, after, still_lost(nodes, after))
