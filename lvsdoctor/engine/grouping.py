"""One root cause is one finding: which findings the fix of another clears, and which speak.

The law: of two findings on a host that agree in what they are about, one is listed under the other where the other's
fix makes all its changes, on the same host, and the other is no less severe. Whoever runs the fix of the one that
speaks has cleared both. What is left to a hand nobody has run: such a finding, or one without a fix, is listed only
under one about the same step. What no other fix makes good is a cause of its own, and speaks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lvsdoctor.engine.rule import Rule
from lvsdoctor.model.change import Change, Command, Nothing, Unknown
from lvsdoctor.model.examination import Diagnosis, Outcome, Verdict
from lvsdoctor.model.walk import Decision, Step

_ORDER = {decision: place for place, decision in enumerate(Decision)}
_Part = str | Change  # of a fix: a line of it, or what that changes


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """A finding that speaks, and those that its fix clears along with it."""

    speaking: Diagnosis
    cleared: tuple[Diagnosis, ...] = ()

    @property
    def leader(self) -> Diagnosis:
        """The one that speaks, with the codes of the others (Diagnosis.clears)."""
        codes = tuple(sorted({diagnosis.code for diagnosis in self.cleared}))
        return replace(self.speaking, clears=codes) if codes else self.speaking


def groups_of(diagnoses: Sequence[Diagnosis], rules: Mapping[str, Rule]) -> list[CauseGroup]:
    """The findings on one host, each in the one group that it belongs to; in the order of those that speak."""
    ranked = sorted((_Ranked(d, rules[d.rule], place) for place, d in enumerate(diagnoses)), key=lambda r: r.precedence)
    making = _Making(ranked)
    under: dict[int, list[_Ranked]] = {}
    led = set[int]()
    for finding in ranked:
        clearing = (other for other in making.all_of(finding) if other.place not in led and _clears(other, finding))
        leader = min(clearing, key=lambda other: other.precedence, default=None)
        if leader is not None:
            led.add(finding.place)
            under.setdefault(leader.place, []).append(finding)
    return [
        CauseGroup(
            diagnosis, tuple(other.diagnosis for other in sorted(under.get(place, ()), key=lambda other: other.place))
        )
        for place, diagnosis in enumerate(diagnoses)
        if place not in led
    ]


def spoken_for(outcomes: Iterable[Outcome], groups: Sequence[CauseGroup]) -> Iterator[Outcome]:
    """A rule all of whose findings others clear is quiet, and says whose they are."""
    speaking = {group.speaking.rule for group in groups}
    leaders: dict[str, set[str]] = {}
    for group in groups:
        for diagnosis in group.cleared:
            leaders.setdefault(diagnosis.rule, set()).add(group.speaking.rule)
    for outcome in outcomes:
        if outcome.verdict is Verdict.FIRES and outcome.rule in leaders and outcome.rule not in speaking:
            names = tuple(sorted(leaders[outcome.rule]))
            yield Outcome(outcome.rule, outcome.node, Verdict.QUIET, outcome.missing, explained_by=names)
        else:
            yield outcome


@dataclass(slots=True, eq=False)
class _Ranked:
    """A finding with what the law asks of it. `changes` is what has to be done to clear it, now or, where files alone
    tell, at the next boot: each line with the changes that it is known to make. `made` is all that its fix makes."""

    diagnosis: Diagnosis
    rule: Rule
    place: int
    about: Mapping[str, str] = field(init=False)
    changes: tuple[frozenset[_Part], ...] = field(init=False)
    made: frozenset[_Part] = field(init=False)

    def __post_init__(self) -> None:
        fix = self.diagnosis.fix
        self.about = _about(self.diagnosis)
        self.changes = tuple(dict.fromkeys(map(_parts, fix.now or fix.persist)))
        self.made = frozenset[_Part]().union(*map(_parts, (*fix.now, *fix.persist)))

    @property
    def precedence(self) -> tuple[object, ...]:
        """Who speaks: a rule that names a cause before a general one, then what is worse, what causes others, whose fix
        does more, what is decided earlier on a packet's way, and who quotes more."""
        step = self.diagnosis.explains
        return (
            self.rule.general,
            _severity(self.diagnosis),
            self.rule.consequence,
            not self.rule.cause,
            -len(frozenset[_Part]().union(*self.changes)),
            len(_ORDER) if step is None else _ORDER[step.decision],
            -len({item.seen for item in self.diagnosis.evidence if not item.assumed}),
            self.diagnosis.code,
            self.place,
        )

    @property
    def by_hand(self) -> bool:
        return all(line.startswith("#") for line in self.diagnosis.fix.now or self.diagnosis.fix.persist)


def _parts(line: str) -> frozenset[_Part]:
    """What a line does: the changes that it knows of itself, else the line."""
    changes = line.changes if isinstance(line, Command) else ()
    known = changes and not any(isinstance(change, Nothing | Unknown) for change in changes)
    return frozenset(changes if known else (str(line),))


def _clears(leader: _Ranked, other: _Ranked) -> bool:
    if leader is other or leader.rule.name == other.rule.name or leader.precedence > other.precedence:
        return False
    first, second = leader.diagnosis, other.diagnosis
    if first.fix_node != second.fix_node or _severity(first) > _severity(second):
        return False
    return all(parts <= leader.made for parts in other.changes) and (not other.by_hand or _same_step(first, second))


def _severity(diagnosis: Diagnosis) -> int:
    """As the rule says it: an operator who plays it down shall not get what is listed under it instead."""
    return (diagnosis.severity_before or diagnosis.severity).rank


def _same_step(diagnosis: Diagnosis, other: Diagnosis) -> bool:
    first, second = diagnosis.explains, other.explains
    return first is not None and second is not None and (first.node, first.decision) == (second.node, second.decision)


def _about(diagnosis: Diagnosis) -> Mapping[str, str]:
    """What a finding is about; of a service "tcp 192.0.2.10:80" the VIP as well. An address that a rule finds on a host
    is the one that another calls a VIP."""
    about = diagnosis.about
    place = about.get("service", "").partition(" ")[2].rpartition(":")[0].strip("[]")
    vip = place or about.get("ip") or about.get("address")
    return {"vip": vip, **about} if vip else about


class _Making:
    """The findings by what they are about and what their fixes make: a host of a thousand VIPs has thousands."""

    def __init__(self, ranked: Sequence[_Ranked]) -> None:
        self._named: dict[tuple[str, ...], list[_Ranked]] = {}
        for finding in ranked:
            self._named.setdefault(tuple(sorted(finding.about)), []).append(finding)
        self._tables: dict[tuple[tuple[str, ...], tuple[str, ...]], dict[tuple[object, ...], list[_Ranked]]] = {}

    def all_of(self, finding: _Ranked) -> Iterator[_Ranked]:
        """Those that agree with it in what both name, and whose fix makes its first change, if it has finding."""
        first = next(iter(finding.changes[0])) if finding.changes else None
        for names in self._named:
            shared = tuple(name for name in names if name in finding.about)
            if shared:
                values = tuple(finding.about[name] for name in shared)
                yield from self._table(names, shared).get((first, *values), ())

    def _table(self, names: tuple[str, ...], shared: tuple[str, ...]) -> dict[tuple[object, ...], list[_Ranked]]:
        if (names, shared) not in self._tables:
            table = self._tables[names, shared] = {}
            for finding in self._named[names]:
                values = tuple(finding.about[name] for name in shared)
                for part in (None, *finding.made):
                    table.setdefault((part, *values), []).append(finding)
        return self._tables[names, shared]


def grouped(diagnoses: Sequence[Diagnosis]) -> list[Diagnosis]:
    """The findings, of which the first about a step names the others about it (Diagnosis.also): the worst, what causes
    others, and what is proved stand first."""
    groups: dict[Step, list[Diagnosis]] = {}
    for diagnosis in diagnoses:
        if diagnosis.explains is not None:
            groups.setdefault(diagnosis.explains, []).append(diagnosis)
    also = {
        id(group[0]): tuple(dict.fromkeys(other.code for other in group if other.rule != group[0].rule))
        for group in groups.values()
    }
    return [replace(d, also=codes) if (codes := also.get(id(d))) else d for d in diagnoses]
