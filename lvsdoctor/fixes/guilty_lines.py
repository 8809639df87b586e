"""Which quoted line is to blame for a finding: the row that its fix changes, or else the row that decided."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from lvsdoctor.fixes.changes.kinds import applied, changes_of
from lvsdoctor.fixes.changes.rows import ROUTE_FACTS
from lvsdoctor.fixes.changes.sysctl import FORWARDING
from lvsdoctor.fixes.persist.sysctl_files import with_files
from lvsdoctor.model.change import Change, PutRoute, RemoveRoute, SetSysctl
from lvsdoctor.model.examination import Diagnosis, Examination
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting
from lvsdoctor.model.sysctl_d import ConfiguredSysctl
from lvsdoctor.model.walk import Decision


def with_guilty_lines(examination: Examination, nodes: Sequence[Node]) -> Examination:
    """The examination of these nodes, each of its findings with the line that is to blame (Diagnosis.guilty)."""
    lines = _Lines(nodes)
    diagnoses = (replace(diagnosis, guilty=_guilty(diagnosis, lines)) for diagnosis in examination.diagnoses)
    return replace(examination, diagnoses=tuple(diagnoses))


def _guilty(diagnosis: Diagnosis, lines: "_Lines") -> Citation | None:
    """The row that the fix changes; else what the rule says decided, also on another host; else the first row of the
    fix's or the finding's node; else the dump in which what is missing would stand; a row of another host where
    nothing else is known."""
    quoted = [item for item in diagnosis.evidence if not item.assumed]
    own = [item for item in quoted if lines.of(item.seen, (diagnosis.fix_node, diagnosis.node))]
    decided = [item for item in quoted if item.seen == diagnosis.finding.decided_by]
    # A line of a file from which something was assumed is a line to change, too.
    drawn = [item for item in diagnosis.evidence if item.assumed and item.seen.line is not None]
    for changed in lines.changed(diagnosis) if own else ():
        if items := [item for item in (*decided, *own, *drawn) if item.seen in changed]:
            return items[0]
    return next(iter((*decided, *own, *lines.lacking(diagnosis), *quoted)), None)


# The dumps in which a decision is looked up, where no row of theirs decides it.
_LOOKED_UP: Mapping[Decision, tuple[str, ...]] = {
    Decision.ARP_REPLY: ("addresses",),
    Decision.IPVS: ("ipvs",),
    Decision.LISTENER: ("sockets",),
    Decision.LOCAL_DELIVERY: ("addresses",),
    Decision.REAL_SERVER: ("ipvs",),
    Decision.REPLY_ROUTE: ("routes", "local-routes"),
    Decision.RETURN_PATH: ("routes", "local-routes"),
    Decision.ROUTE: ("routes", "local-routes"),
}


class _Lines:
    """The lines that the rows of these nodes quote."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._nodes = {node.name: node for node in nodes}
        self._files: dict[str, set[str]] = {}
        for node in nodes:
            for where in node.files:
                self._files.setdefault(where, set()).add(node.name)
        self._of: dict[str, frozenset[Seen]] = {}

    def of(self, seen: Seen, names: Iterable[str]) -> bool:
        """Is it a line of one of these nodes? A text may be of several, and what is in no file is of its rows' node."""
        names = {name for name in names if name in self._nodes}
        holding = self._files.get(seen.where, set())
        if len(holding) == 1:
            return not names.isdisjoint(holding)
        return any(seen in self._rows(name) for name in names)

    def _rows(self, name: str) -> frozenset[Seen]:
        if name not in self._of:
            self._of[name] = frozenset(_seen_in(self._nodes[name].evidence))
        return self._of[name]

    def changed(self, diagnosis: Diagnosis) -> Iterator[frozenset[Seen]]:
        """The lines whose rows the fix changes or takes away: first those of the rows that its commands name, then of
        those that the kernel changes along with them, at last of the files that no longer decide."""
        node = self._nodes.get(diagnosis.fix_node)
        if node is None:
            return
        named, along, after = set[Seen](), set[Seen](), node
        for line in (*diagnosis.fix.now, *diagnosis.fix.foreseen):
            for change in changes_of(line, after):
                before, after = after, applied(after, change)
                for fact, key, seen in _changed(before, after):
                    (named if _names(change, fact, key) else along).add(seen)
        yield frozenset(named)
        yield frozenset(along)
        yield frozenset(seen for _, _, seen in _changed(node, with_files(node, diagnosis.fix.persist)))

    def lacking(self, diagnosis: Diagnosis) -> Iterator[Citation]:
        """The dump, as a whole, of the host that decides, in which what is missing would stand."""
        step = diagnosis.explains
        for name in dict.fromkeys((*((step.node,) if step is not None else ()), diagnosis.fix_node, diagnosis.node)):
            if step is None or (node := self._nodes.get(name)) is None:
                continue
            for fact in _LOOKED_UP.get(step.decision, ()):
                if (first := next(_seen_in(node.evidence.get(fact, ())), None)) is not None:
                    yield Citation(Seen(first.where, None, ""))


def _names(change: Change, fact: str, key: str) -> bool:
    """Does the change itself name the row? Else the kernel changes it along."""
    if isinstance(change, SetSysctl):
        return key == change.key or {key, change.key} == set(FORWARDING)
    return fact not in ROUTE_FACTS or isinstance(change, PutRoute | RemoveRoute)


def _changed(before: Node, after: Node) -> Iterator[tuple[str, str, Seen]]:
    """The lines of the rows that are no longer as they were: the fact, the key where it has any, and the line."""
    for fact, rows in before.evidence.items():
        others = after.evidence.get(fact)
        if others is rows:
            continue
        if isinstance(rows, Mapping) and isinstance(others, Mapping):
            yield from ((fact, key, row.seen) for key, row in rows.items() if _differ(row, others.get(key)))
        elif isinstance(rows, tuple) and isinstance(others, tuple):
            # Of a table of thousands a change leaves all rows but a few as they are: the same objects.
            were, kept = set(map(id, rows)), set(map(id, others))
            left = set(_seen_in([row for row in others if id(row) not in were]))
            gone = _seen_in([row for row in rows if id(row) not in kept])
            yield from ((fact, "", seen) for seen in gone if seen not in left)


def _differ(row: Setting, other: Setting | None) -> bool:
    return other is None or (row is not other and (row.raw, row.seen) != (other.raw, other.seen))


def _seen_in(value: Any) -> Iterator[Seen]:
    """Every line that is quoted in these rows, and in the rows of theirs."""
    if isinstance(value, Seen):
        yield value
    elif isinstance(value, str):
        return
    elif isinstance(value, ConfiguredSysctl):
        yield from _seen_in(value.given)  # also the lines that do not count
    elif isinstance(value, Mapping):
        for row in value.values():
            yield from _seen_in(row)
    elif isinstance(value, Sequence):
        for row in value:
            yield from _seen_in(row)
    elif is_dataclass(value):
        kind: Any = type(value)
        for name in _parts(kind):
            yield from _seen_in(getattr(value, name))


@cache
def _parts(kind: type) -> tuple[str, ...]:
    return tuple(part.name for part in fields(kind))
