"""Dumps of one fact of one host: which of them counts where two differ, and what is not decided.

In a text answers follow each other in time: the last whole one counts. Texts have no order, so nothing tells which of
two counts; then both readings are kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from lvsdoctor.collect.claim_groups import Claims
from lvsdoctor.collect.claims import Difference, claims, compared, differences, row_key
from lvsdoctor.collect.socket_claims import by_family
from lvsdoctor.model.contradiction import quoted
from lvsdoctor.model.coverage import Coverage, Origin, Partial
from lvsdoctor.model.ipvs import Destination
from lvsdoctor.model.sysctl import SettingRows
from lvsdoctor.parse.gaps import FILTERED, NARROWED
from lvsdoctor.parse.reader import Dump

_LATER = "more of it was shown later, by a dump that is not whole"


@dataclass(frozen=True, slots=True)
class DumpAnswer:
    """What a dump in the text `where` says of a fact."""

    fact: str
    rows: Any
    dump: Dump
    where: str
    partial: Partial | None
    claims: Claims = field(default_factory=dict)

    def without(self, keys: set[Any]) -> "DumpAnswer":
        """This answer but for the rows of these keys."""
        if isinstance(self.rows, SettingRows):  # the last assignment wins, whatever is here
            return self
        rows = tuple(row for row in self.rows if row_key(self.fact, row) not in keys)
        return replace(self, rows=rows, claims=_claims(self.fact, rows, self.dump))


@dataclass(frozen=True, slots=True)
class Settled:
    """The rows of each dump that counts, how far they tell the fact, and remarks.

    Where texts exclude each other, `conflict` is the first difference and `readings` hold what counts if either text
    is right.
    """

    lists: tuple[Any, ...]
    coverage: Coverage
    remarks: tuple[str, ...] = ()
    conflict: Difference | None = None
    readings: tuple[tuple[Any, ...], ...] = ()


def settled(fact: str, dumps: Sequence[tuple[str, Dump]]) -> Settled:
    """What the dumps of a fact come to, each with the text that it stands in, in their order."""
    alone = len(dumps) < 2 or not compared(fact)
    answers = [
        DumpAnswer(
            fact, _rows(fact, dump), dump, where, dump.partial, {} if alone else _claims(fact, dump.facts[fact], dump)
        )
        for where, dump in dumps
    ]
    if alone:
        return Settled(tuple(answer.rows for answer in answers), _coverage(answers))
    remarks: list[str] = []
    texts: dict[str, list[DumpAnswer]] = {}
    for answer in answers:
        texts.setdefault(answer.where, []).append(answer)
    last = {where: _in_time(group, remarks) for where, group in texts.items()}
    every = [answer for group in last.values() for answer in group]
    conflicts = _conflicts(list(last.values()))
    if not conflicts:
        return Settled(tuple(answer.rows for answer in every), _coverage(every), tuple(remarks))
    readings = []
    for place in sorted({place for _, *places in conflicts for place in places}):
        chosen = list(last)[place]
        others = [answer for where, group in last.items() if where != chosen for answer in group]
        readings.append(tuple(answer.rows for answer in _in_time([*others, *last[chosen]], [])))
    return Settled(readings[0], _coverage(every), tuple(remarks), conflicts[0][0], tuple(readings))


def _rows(fact: str, dump: Dump) -> Any:
    """A dump that lacks something shows all sockets of no protocol, be another of the same host whole or not. Lists of
    sockets are parted, so that a later list of one protocol sets no other aside."""
    rows = dump.facts[fact]
    if fact != "sockets":
        return rows
    parts = tuple(by_family(rows))
    return parts if dump.partial is None else tuple(replace(table, shown=frozenset()) for table in parts)


def _claims(fact: str, rows: Any, dump: Dump) -> Claims:
    return claims(fact, rows, dump.facts, partial=dump.partial is not None)


def _conflicts(texts: Sequence[Sequence[DumpAnswer]]) -> list[tuple[Difference, int, int]]:
    """The first difference of each two texts that exclude each other, with their places."""
    conflicts = []
    for (place, mine), (other, theirs) in combinations(enumerate(texts), 2):
        pairs = ((first, second) for first in mine for second in theirs)
        every = (d for first, second in pairs for d in differences(first.claims, second.claims, _places(first, second)))
        if (difference := next(every, None)) is not None:
            conflicts.append((difference, place, other))
    return conflicts


def _in_time(answers: Sequence[DumpAnswer], remarks: list[str]) -> list[DumpAnswer]:
    """What still counts of answers that follow each other; a remark for each that another sets right."""
    kept: list[DumpAnswer] = []
    for answer in answers:
        for place, earlier in enumerate(kept):
            different = list(differences(earlier.claims, answer.claims, _places(earlier, answer)))
            if not different:
                continue
            remarks.append(_remark(different[0], len(different)))
            if outdated := {difference.row for difference in different if difference.row is not None}:
                kept[place] = earlier = earlier.without(outdated)
            if more := [difference for difference in different if difference.open]:
                kept[place] = replace(earlier, partial=Partial(_LATER, more[0].second))
        kept.append(answer)
    return kept


def _places(first: DumpAnswer, second: DumpAnswer) -> tuple[str, str]:
    return first.where, second.where


def _remark(difference: Difference, number: int) -> str:
    claim = difference.reason.format_map(difference.fields)
    more = f" (and {number - 1} more like it)" if number > 1 else ""
    return f"{claim}{more}: {quoted(difference.first)}, and later {quoted(difference.second)}. The later answer counts."


def _coverage(answers: Sequence[DumpAnswer]) -> Coverage:
    """Whole if one dump is; otherwise why the first is not. A list of thresholds, or one of an IPVS table of which no
    real server was understood, shows what the whole one does not. And each probe asks something else."""
    origins = {answer.dump.origin for answer in answers}
    weaker = Origin.RUNTIME if Origin.RUNTIME in origins else Origin.TYPED
    origin = next(iter(origins)) if len(origins) == 1 else weaker
    partials = [answer.partial for answer in answers]
    whole = not any(partials) if answers[0].fact == "probes" else None in partials
    later = (
        answer.partial
        for answer in answers
        if answer.partial is not None
        and (answer.partial.reason == _LATER or (answer.fact == "ipvs" and _hides_thresholds(answer, answers)))
    )
    return Coverage(origin, next(later, None) if whole else next(filter(None, partials), None))


def _hides_thresholds(answer: DumpAnswer, answers: Sequence[DumpAnswer]) -> bool:
    """`ipvsadm -Ln --thresholds` alone shows no weight, and alone shows the thresholds."""
    reals = dict(_reals(answer))
    if not reals:
        asked_for_less = answer.partial is not None and answer.partial.reason in (FILTERED, NARROWED)
        return bool(answer.dump.unread) or not asked_for_less
    limits = all(real.weight is None for real in reals.values())
    return limits and any(key not in reals for other in answers for key, _ in _reals(other))


def _reals(answer: DumpAnswer) -> Iterator[tuple[Any, Destination]]:
    for service in answer.rows:
        yield from (((service.key, real.ip or real.shown, real.port), real) for real in service.destinations)


def by_fact(dumps: Sequence[tuple[str, Dump]]) -> Iterator[tuple[str, Sequence[tuple[str, Dump]]]]:
    """Each fact with the dumps that tell of it."""
    facts: dict[str, list[tuple[str, Dump]]] = {}
    for where, dump in dumps:
        for fact in dump.facts:
            facts.setdefault(fact, []).append((where, dump))
    yield from facts.items()
