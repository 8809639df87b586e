"""Nodes against rules: what fired where, and what could not be checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lvsdoctor.model.examination import Diagnosis, Examination, Examined, Verdict
from lvsdoctor.reporting.summary import natural

_SIGNS = {Verdict.NOT_CHECKED: "?", Verdict.CRASHED: "!", Verdict.NOT_APPLICABLE: "-", Verdict.QUIET: ""}
_LOUD = frozenset({"error", "warning", "note", Verdict.NOT_CHECKED.value, Verdict.CRASHED.value})


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """A rule on a node: a word for it, its sign, and the finding that it stands for, the worst if there are several."""

    word: str
    sign: str
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True, slots=True)
class Matrix:
    """`rules` are names and codes, first the `firing` ones, those with a finding; a row is a node and a cell for each
    rule; `calm` nodes have nothing to say."""

    rules: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[MatrixCell, ...]], ...]
    calm: tuple[str, ...]
    firing: int = 0


def matrix(nodes: Iterable[Examined], diagnoses: Iterable[Diagnosis], examination: Examination) -> Matrix:
    """Of these nodes, those with findings first, both in natural order; open findings stand in theirs."""
    worst: dict[tuple[str, str], Diagnosis] = {}
    for diagnosis in diagnoses:
        place = (diagnosis.node, diagnosis.rule)
        if place not in worst or diagnosis.severity.rank < worst[place].severity.rank:
            worst[place] = diagnosis
    codes = {rule.name: rule.code for rule in examination.rules}
    codes |= {diagnosis.rule: diagnosis.code for diagnosis in examination.diagnoses}
    became = {(outcome.node, outcome.rule): outcome.verdict for outcome in examination.outcomes}
    open_rules = [o.rule for o in examination.outcomes if o.verdict in (Verdict.NOT_CHECKED, Verdict.CRASHED)]
    rules = tuple(dict.fromkeys([*(rule for _, rule in worst), *sorted(open_rules)]))
    sick = {node for node, _ in worst}
    ordered = sorted(nodes, key=lambda node: (node.name not in sick, natural(node.name)))
    rows = [(node.name, tuple(_cell((node.name, rule), worst, became) for rule in rules)) for node in ordered]
    loud = [row for row in rows if any(cell.word in _LOUD for cell in row[1])]
    calm = tuple(name for name, _ in rows if name not in {name for name, _ in loud})
    firing = len({rule for _, rule in worst})
    return Matrix(tuple((rule, codes.get(rule, rule)) for rule in rules), tuple(loud), calm, firing)


def _cell(
    place: tuple[str, str], worst: Mapping[tuple[str, str], Diagnosis], became: Mapping[tuple[str, str], Verdict]
) -> MatrixCell:
    if diagnosis := worst.get(place):
        return MatrixCell(diagnosis.severity.value, diagnosis.severity.value[0].upper(), diagnosis)
    verdict = became.get(place, Verdict.NOT_APPLICABLE)
    return MatrixCell(verdict.value, _SIGNS.get(verdict, ""))
