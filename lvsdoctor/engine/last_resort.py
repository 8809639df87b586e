"""Findings of last resort: of a rule that speaks of what no other rule explains.

They need the findings of all hosts, and of rules that nobody selected, so a rule alone cannot tell.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from lvsdoctor.analysis.broken_paths import proved_to_end
from lvsdoctor.analysis.walk import walks_of_scan
from lvsdoctor.engine.impact import concerns
from lvsdoctor.engine.rule import Rule
from lvsdoctor.model.examination import Diagnosis, Outcome, Verdict
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Walk


def unexplained(
    diagnoses: Sequence[Diagnosis],
    outcomes: Sequence[Outcome],
    rules: Mapping[str, Rule],
    nodes: Sequence[Node],
    others: Callable[[], Iterable[Diagnosis]],
) -> tuple[list[Diagnosis], list[Outcome]]:
    """Without the findings of rules that speak `unless_explained`, where another finding explains each of their walks.
    `others` are findings that are not to be shown: they explain all the same."""
    last_resort = [diagnosis for diagnosis in diagnoses if rules[diagnosis.rule].unless_explained]
    walks = walks_of_scan(nodes[0])
    known = [*(d for d in diagnoses if not rules[d.rule].unless_explained), *others()]
    by: dict[tuple[str, str], set[str]] = {}
    gone: set[str] = set()
    for diagnosis in last_resort:
        causes = [_causes(walk, known) for walk in walks if _ends_at(diagnosis, walk)]
        if all(causes):  # with one walk that nothing explains it speaks
            gone.add(diagnosis.fingerprint)
            by.setdefault((diagnosis.node, diagnosis.rule), set()).update(c.rule for some in causes for c in some)
    left = [diagnosis for diagnosis in diagnoses if diagnosis.fingerprint not in gone]
    firing = {(diagnosis.node, diagnosis.rule) for diagnosis in left}
    return left, [_quiet(outcome, by, firing) for outcome in outcomes]


def _quiet(outcome: Outcome, by: Mapping[tuple[str, str], set[str]], firing: set[tuple[str, str]]) -> Outcome:
    names = by.get((outcome.node, outcome.rule))
    if names is None or (outcome.node, outcome.rule) in firing:
        return outcome
    return Outcome(outcome.rule, outcome.node, Verdict.QUIET, outcome.missing, explained_by=tuple(sorted(names)))


def _ends_at(diagnosis: Diagnosis, walk: Walk) -> bool:
    step, deciding = diagnosis.explains, walk.deciding
    if step is None or deciding is None or not walk.client.connects or not proved_to_end(walk):
        return False
    return (step.node, step.decision) == (deciding.step.node, deciding.step.decision) and concerns(diagnosis, walk)


def _causes(walk: Walk, known: Iterable[Diagnosis]) -> list[Diagnosis]:
    """The findings that explain why a walk ends: those about the step that ends it, those that quote the line that
    decided it, and errors about a step before it, or about another of that host."""
    deciding = walk.deciding
    assert deciding is not None
    end = deciding.step.node, deciding.step.decision
    passed = {(verdict.step.node, verdict.step.decision) for verdict in walk.steps}
    lines = {line.seen for line in deciding.because[:1]}
    causes = []
    for diagnosis in known:
        step = None if diagnosis.explains is None else (diagnosis.explains.node, diagnosis.explains.decision)
        near = step is not None and (step in passed or step[0] == end[0])
        quotes = any(item.seen in lines for item in diagnosis.evidence)
        if step == end or quotes or (near and diagnosis.severity is Severity.ERROR):
            causes.append(diagnosis)
    return [diagnosis for diagnosis in causes if concerns(diagnosis, walk)]
