"""Which facts of two hosts, or of one host at two times, differ; and what cannot be compared, because one side does not
tell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.analysis.drift.fact_rows import FactRow, FactRows, fact_rows, shown
from lvsdoctor.model.coverage import Origin, coverage_of
from lvsdoctor.model.difference import Change, FactDifference, NotCompared
from lvsdoctor.model.facts import COLLECTED_BY, CONFIGURED, ON_REQUEST
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import ASSUMED, Seen

_SECRETS = frozenset({"auth"})


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two, with what it tells of a fact."""

    name: str
    node: Node
    fact: str
    rows: FactRows

    def lacks(self, row: FactRow, of: Node) -> bool:
        """Is it known that this row of the other node `of` is not here? From a whole answer alone, or where files tell
        from the file of the same name."""
        if self.node.partial(self.fact) is not None or not self.rows.closed(row.key):
            return False
        match coverage_of(self.fact, self.node.coverage).origin:
            case Origin.RUNTIME:
                return True
            case Origin.CONFIGURED:
                return _own_name(row.seen, of) in {
                    _own_name(Seen(name, None, ""), self.node) for name in self.node.files
                }
            case _:
                return False


def _own_name(seen: Seen, node: Node) -> str:
    """A file's name without its host's."""
    return seen.where.removeprefix(f"{node.name}/")


def fact_differences(first: Node, second: Node) -> tuple[tuple[FactDifference, ...], tuple[NotCompared, ...]]:
    """All rows that differ, and the facts, rows and values that only one side tells, by fact."""
    different: list[FactDifference] = []
    untold: list[NotCompared] = []
    for fact in _facts(first, second):
        sides = [_side(name, node, fact) for name, node in (("first", first), ("second", second))]
        mine, theirs = sides
        if mine is None or theirs is None:
            side, node, other = ("first", first, theirs) if mine is None else ("second", second, mine)
            if other is not None and other.rows.rows and fact not in ON_REQUEST:
                untold.append(_not_compared(fact, side, node))
            continue
        for row, other_row in _pairs(mine.rows, theirs.rows):
            different += _of_pair(fact, row, other_row)
        different += _alone(mine, theirs, Change.ONLY_FIRST, untold)
        different += _alone(theirs, mine, Change.ONLY_SECOND, untold)
        untold += [*_values_alone(mine, theirs), *_values_alone(theirs, mine)]
    return tuple(different), tuple(untold)


def _facts(first: Node, second: Node) -> list[str]:
    """What either tells; not what files configure, where that stands under the name of what runs as well."""
    return [
        fact
        for fact in COLLECTED_BY
        if fact in first.evidence or fact in second.evidence
        if not _is_copy(fact, first, second)
    ]


def _is_copy(fact: str, first: Node, second: Node) -> bool:
    base = next((base for base, configured in CONFIGURED.items() if configured == fact), None)
    if base is None or base == "sysctl":
        return base == "sysctl" and all(node.planned for node in (first, second)) and "sysctl" in first.evidence
    return any(
        base in node.evidence and coverage_of(base, node.coverage).origin is not Origin.RUNTIME
        for node in (first, second)
    )


def _side(name: str, node: Node, fact: str) -> _Side | None:
    rows = fact_rows(fact, node.evidence[fact]) if fact in node.evidence else None
    return None if rows is None else _Side(name, node, fact, rows)


def _not_compared(fact: str, side: str, node: Node, rows: int = 0, values: Sequence[str] = ()) -> NotCompared:
    partial = node.partial(fact) if not values else None
    reason, seen = (partial.says, partial.seen) if partial is not None else ("", None)
    return NotCompared(fact, side, COLLECTED_BY[fact].removeprefix("# "), reason, seen, rows, tuple(values))


def _values_alone(mine: _Side, theirs: _Side) -> Iterator[NotCompared]:
    """The values of rows that both have, where the command of `theirs` does not show them."""
    alone = [set(row.values) - set(other.values) for row, other in _pairs(mine.rows, theirs.rows)]
    if values := sorted(set[str]().union(*alone)):
        yield _not_compared(theirs.fact, theirs.name, theirs.node, sum(map(bool, alone)), values)


def _pairs(mine: FactRows, theirs: FactRows) -> Iterator[tuple[FactRow, FactRow]]:
    for key, row in mine.rows.items():
        if (other := theirs.rows.get(key)) is not None:
            yield row, other


def _of_pair(fact: str, row: FactRow, other: FactRow) -> Iterator[FactDifference]:
    for what, value in row.values.items():
        another = other.values.get(what, value)
        if value != another:
            words = ("".join(shown(value)), "".join(shown(another))) if what not in _SECRETS else ("", "")
            before, after = words if all(words) else ("", "")
            yield FactDifference(fact, row.name, Change.CHANGED, row.seen, other.seen, what, before, after)
    if [part for part, _ in row.order] != [part for part, _ in other.order]:
        first, second = _parting(row.order, other.order)
        yield FactDifference(fact, row.name, Change.CHANGED, first or row.seen, second or other.seen, "rules")


def _parting(
    mine: Sequence[tuple[object, Seen]], theirs: Sequence[tuple[object, Seen]]
) -> tuple[Seen | None, Seen | None]:
    """The first lines that differ; None past the end."""
    place = next((n for n, pair in enumerate(zip(mine, theirs, strict=False)) if pair[0][0] != pair[1][0]), None)
    place = min(len(mine), len(theirs)) if place is None else place
    return mine[place][1] if place < len(mine) else None, theirs[place][1] if place < len(theirs) else None


def _alone(mine: _Side, theirs: _Side, change: Change, untold: list[NotCompared]) -> Iterator[FactDifference]:
    open_ones = 0
    for key, row in mine.rows.rows.items():
        if key in theirs.rows.rows or row.seen.where == ASSUMED:
            continue
        if theirs.lacks(row, mine.node):
            first, second = (row.seen, None) if change is Change.ONLY_FIRST else (None, row.seen)
            yield FactDifference(mine.fact, row.name, change, first, second)
        elif mine.fact != "neighbours":
            open_ones += 1
    if open_ones:
        untold.append(_not_compared(mine.fact, theirs.name, theirs.node, open_ones))
