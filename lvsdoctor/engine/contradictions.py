"""What a contradiction in the evidence of a node comes to: nothing that a rule would say otherwise, or no verdict."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.contradiction import Contradiction
from lvsdoctor.model.node import Node

# An examination for each reading; beyond so many of a scan a contradiction is taken for one that matters.
_MOST = 32


def settled(
    nodes: Sequence[Node], rules: Iterable[Rule], stand: Callable[[Sequence[Node]], Sequence[Node]]
) -> Sequence[Node]:
    """The nodes, each with its standing (`stand`): one whose contradiction changes no finding has its facts, and a note
    that quotes both lines. The others keep theirs, and are not judged."""
    if not any(node.contradictions for node in nodes):
        return stand(nodes)
    chosen, left = list(nodes), _MOST
    known = tuple(rules)
    for place, node in enumerate(nodes):
        readings = list(_readings(node, left))
        left -= len(readings)
        if readings and _agree(chosen, place, readings, known, stand):
            chosen[place] = replace(readings[0], notes=(*node.notes, *map(_note, node.contradictions)))
    return stand(chosen)


def _readings(node: Node, most: int) -> Iterator[Node]:
    """The node with each answer to each contradiction; none where there are too many, or two hosts in it."""
    contradictions = node.contradictions
    number = 1
    for contradiction in contradictions:
        number *= len(contradiction.readings)
    if not contradictions or not 0 < number <= most:
        return
    for rows in product(*(contradiction.readings for contradiction in contradictions)):
        facts = {contradiction.fact: chosen for contradiction, chosen in zip(contradictions, rows, strict=True)}
        yield replace(node, evidence={**node.evidence, **facts}, contradictions=())


def _agree(
    nodes: Sequence[Node],
    place: int,
    readings: Iterable[Node],
    rules: Sequence[Rule],
    stand: Callable[[Sequence[Node]], Sequence[Node]],
) -> bool:
    """Do all nodes get the same findings and verdicts, whichever reading is right?"""
    results = set()
    for reading in readings:
        examination = examine(stand([*nodes[:place], reading, *nodes[place + 1 :]]), rules)
        diagnoses = frozenset((d.fingerprint, d.severity, d.certainty) for d in examination.diagnoses)
        results.add((diagnoses, frozenset((o.rule, o.node, o.verdict) for o in examination.outcomes)))
        if len(results) > 1:
            return False
    return True


def _note(contradiction: Contradiction) -> str:
    return f"{contradiction.says}. No finding depends on which of the two is right."
