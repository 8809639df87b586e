"""What two scans show differently, node by node: facts that rules read, and the findings that come of them.

A finding rests on many facts, also of other hosts. So that what one scan does not tell makes no difference, findings
that differ are looked for once more in what both scans tell.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from lvsdoctor.analysis.drift.fact_differences import fact_differences
from lvsdoctor.engine.accept import settled
from lvsdoctor.model.difference import Change, FindingDifference, NodeDifference, NotKnown, ScanDifference
from lvsdoctor.model.examination import Diagnosis, Examination
from lvsdoctor.model.finding import Certainty
from lvsdoctor.model.node import Node
from lvsdoctor.reporting.summary import natural

Findings = Mapping[tuple[object, ...], Diagnosis]
Pair = tuple[Node, Node]
Shared = tuple["ExaminedNodes", "ExaminedNodes"]


@dataclass(frozen=True, slots=True)
class ExaminedNodes:
    """The nodes, and what the rules say of them."""

    nodes: Sequence[Node]
    examination: Examination


def scan_differences(
    first: ExaminedNodes, second: ExaminedNodes, scanned: Callable[[Sequence[Node]], ExaminedNodes]
) -> ScanDifference:
    """Nodes of one name are held against each other; two scans of one node each, whatever their names.

    `scanned` gives nodes their standing and examines them, as it was done for these scans.
    """
    pairs = _pairs(first.nodes, second.nodes)
    facts = [fact_differences(*pair) for pair in pairs]
    common = _common(pairs, scanned) if _differ(pairs, first, second) else (first, second)
    nodes = []
    for pair, (different, untold) in zip(pairs, facts, strict=True):
        rows, values = ([item for item in untold if bool(item.values) is alone] for alone in (False, True))
        made = NodeDifference(pair[0].name, pair[1].name, different, not_compared=tuple(rows), not_shown=tuple(values))
        nodes.append(_of_pair(pair, (first, second), common, made))
    mine, theirs = {node.name for node, _ in pairs}, {node.name for _, node in pairs}
    return ScanDifference(
        tuple(nodes),
        tuple(sorted((node.name for node in first.nodes if node.name not in mine), key=natural)),
        tuple(sorted((node.name for node in second.nodes if node.name not in theirs), key=natural)),
    )


def _pairs(first: Sequence[Node], second: Sequence[Node]) -> list[Pair]:
    if len(first) == len(second) == 1:
        return [(first[0], second[0])]
    others = {node.name: node for node in second}
    pairs = [(node, others[node.name]) for node in first if node.name in others]
    return sorted(pairs, key=lambda pair: natural(pair[0].name))


def _differ(pairs: Sequence[Pair], first: ExaminedNodes, second: ExaminedNodes) -> bool:
    """Does any finding, or its severity?"""
    return any(
        {key: d.severity for key, d in _findings(first, mine).items()}
        != {key: d.severity for key, d in _findings(second, theirs).items()}
        for mine, theirs in pairs
    )


def _common(pairs: Sequence[Pair], scanned: Callable[[Sequence[Node]], ExaminedNodes]) -> Shared:
    """Both scans of the nodes and facts that both have."""
    mine = [_limited(node, other) for node, other in pairs]
    theirs = [_limited(node, other) for other, node in pairs]
    return scanned(mine), scanned(theirs)


def _limited(node: Node, other: Node) -> Node:
    """Without facts that the other does not tell, or tells from another source: files are not what runs."""
    shared = [fact for fact in node.evidence if fact in other.evidence]
    lacking = [fact for fact in node.evidence if fact not in other.evidence]
    coverage = {fact: known for fact, known in node.coverage.items() if fact not in lacking}
    return replace(node, evidence={fact: node.evidence[fact] for fact in shared}, coverage=coverage)


def _of_pair(
    pair: Pair,
    scans: Shared,
    common: Shared,
    made: NodeDifference,
) -> NodeDifference:
    before, after = (_findings(scan, node) for scan, node in zip(scans, pair, strict=True))
    shared = [_findings(scan, node) for scan, node in zip(common, pair, strict=True)]
    judged = [_judged(scan, node) for scan, node in zip(common, pair, strict=True)]
    findings: list[FindingDifference] = []
    not_known: list[NotKnown] = []
    for key in dict.fromkeys((*before, *after)):
        mine, theirs = before.get(key), after.get(key)
        if mine is not None and theirs is not None:
            if mine.severity is not theirs.severity and _also_differs(shared, key) and not _open(theirs, made):
                findings.append(FindingDifference(Change.CHANGED, theirs, mine.severity))
            continue
        diagnosis = mine or theirs
        assert diagnosis is not None
        side, there = (0, 1) if mine is not None else (1, 0)
        lacks = key in shared[side] and key not in shared[there] and diagnosis.rule in judged[there]
        if lacks and not _open(diagnosis, made):
            change = Change.ONLY_FIRST if mine is not None else Change.ONLY_SECOND
            findings.append(FindingDifference(change, diagnosis))
        else:
            not_known.append(NotKnown(("first", "second")[there], diagnosis))
    return replace(made, findings=tuple(findings), not_known=tuple(not_known))


def _open(diagnosis: Diagnosis, made: NodeDifference) -> bool:
    """May what one side does not tell of this node be what the finding takes for granted?"""
    return diagnosis.certainty is Certainty.LIKELY and bool(made.not_compared)


def _also_differs(shared: Sequence[Findings], key: tuple[object, ...]) -> bool:
    """In what both tell, too, and neither because something was assumed that the other side shows?"""
    mine, theirs = shared[0].get(key), shared[1].get(key)
    if mine is None or theirs is None or mine.severity is theirs.severity:
        return False
    assumed = [{line.settle for line in diagnosis.evidence if line.assumed} for diagnosis in (mine, theirs)]
    return assumed[0] == assumed[1]


def _findings(scan: ExaminedNodes, node: Node) -> Findings:
    """By what makes a fingerprint, but for the node: the two may have other names."""
    return {(d.rule, *sorted(d.about.items())): d for d in scan.examination.of(node.name)}


def _judged(scan: ExaminedNodes, node: Node) -> set[str]:
    """The rules that have said all that they can say of the node."""
    return {outcome.rule for outcome in scan.examination.outcomes if outcome.node == node.name and settled(outcome)}
