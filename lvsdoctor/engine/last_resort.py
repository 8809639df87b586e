"""Findings of last resort: of a rule that speaks of what no other rule explains.

They need the findings of all hosts, and of rules that nobody selected, so a rule alone cannot tell.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from lvsdoctor.analysis.broken_paths import is_evidenced, is_shown, proved_to_end
from lvsdoctor.analysis.walk import walks_of_scan
from lvsdoctor.engine.impact import concerns
from lvsdoctor.engine.rule import Rule
from lvsdoctor.model.examination import Diagnosis, Examination, Outcome, Verdict
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Walk


def unexplained(
    diagnoses: Sequence[Diagnosis],
    outcomes: Sequence[Outcome],
    rules: Mapping[str, Rule],
    nodes: Sequence[Node],
    others: Examination,
) -> tuple[list[Diagnosis], list[Outcome]]:
    """Without the findings of rules that speak `unless_explained`, where another finding explains each of their walks.
    Where a rule that may explain them was not checked they warn. `others` is what rules find that nobody selected."""
    last_resort = [diagnosis for diagnosis in diagnoses if rules[diagnosis.rule].unless_explained]
    walks = walks_of_scan(nodes[0])
    known = [*(d for d in diagnoses if not rules[d.rule].unless_explained), *others.diagnoses]
    unsure = {
        (outcome.node, rules[outcome.rule].explains)
        for outcome in (*outcomes, *others.outcomes)
        if outcome.verdict is Verdict.NOT_CHECKED and not rules[outcome.rule].unless_explained
    }
    gone: dict[str, Outcome] = {}
    warning: set[str] = set()
    for diagnosis in last_resort:
        causes = [_telling(causes_of(walk, known), diagnosis) for walk in walks if _ends_at(diagnosis, walk)]
        step = diagnosis.explains
        if all(causes):  # with one walk that nothing explains it speaks
            names = sorted({cause.rule for some in causes for cause in some})
            gone[diagnosis.fingerprint] = Outcome(
                diagnosis.rule, diagnosis.node, Verdict.QUIET, explained_by=tuple(names)
            )
        elif step is not None and ((step.node, step.decision) in unsure or _named_beside(diagnosis, walks, known)):
            warning.add(diagnosis.fingerprint)
    left = [
        _warns(diagnosis) if diagnosis.fingerprint in warning else diagnosis
        for diagnosis in diagnoses
        if diagnosis.fingerprint not in gone
    ]
    firing = {(diagnosis.node, diagnosis.rule) for diagnosis in left}
    instead = {(became.node, became.rule): became for became in gone.values()}
    return left, [
        outcome if (key := (outcome.node, outcome.rule)) in firing else instead.get(key, outcome)
        for outcome in outcomes
    ]


def _telling(causes: Sequence[Diagnosis], diagnosis: Diagnosis) -> list[Diagnosis]:
    """Those that explain it: of clients that the scan shows a note tells too little, as it is of assumed ones."""
    if diagnosis.severity is Severity.NOTE:
        return list(causes)
    return [cause for cause in causes if cause.severity is not Severity.NOTE]


def _named_beside(diagnosis: Diagnosis, walks: Sequence[Walk], known: Sequence[Diagnosis]) -> bool:
    """Does a warning name something of the same host and of these walks, where no client is known to connect? It may be
    the cause, and is not to stand behind an error."""
    step = diagnosis.explains
    if step is None or diagnosis.finding.severity is not Severity.ERROR:
        return False
    beside = [d for d in known if d.explains and d.explains.node == step.node and d.severity is Severity.WARNING]
    return any(concerns(d, walk) for walk in walks if _ends_at(diagnosis, walk) for d in beside)


def _warns(diagnosis: Diagnosis) -> Diagnosis:
    return replace(diagnosis, severity=max(diagnosis.severity, Severity.WARNING, key=lambda severity: severity.rank))


def _ends_at(diagnosis: Diagnosis, walk: Walk) -> bool:
    step, deciding = diagnosis.explains, walk.deciding
    if step is None or deciding is None or not is_shown(walk) or not proved_to_end(walk):
        return False
    # Of clients that are known to connect, of those that the scan shows, or also of those that are assumed.
    severity, client = diagnosis.finding.severity, walk.client
    if not (client.connects or (severity is not None and is_evidenced(client)) or severity is Severity.NOTE):
        return False
    return (step.node, step.decision) == (deciding.step.node, deciding.step.decision) and concerns(diagnosis, walk)


def causes_of(walk: Walk, known: Iterable[Diagnosis]) -> list[Diagnosis]:
    """The findings that explain why a walk ends: those about the step that ends it, those that quote the line that
    decided it, and errors about a step before it, or about another of that host."""
    deciding = walk.deciding
    assert deciding is not None
    end = deciding.step.node, deciding.step.decision
    passed = {(verdict.step.node, verdict.step.decision) for verdict in walk.steps}
    lines = {line.seen for line in deciding.because[:1]}
    found = []
    for diagnosis in known:
        step = None if diagnosis.explains is None else (diagnosis.explains.node, diagnosis.explains.decision)
        near = step is not None and (step in passed or step[0] == end[0])
        quotes = any(item.seen in lines for item in diagnosis.evidence)
        if step == end or quotes or (near and diagnosis.severity is Severity.ERROR):
            found.append(diagnosis)
    return [diagnosis for diagnosis in found if concerns(diagnosis, walk)]
