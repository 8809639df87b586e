"""Tries fixes on the model: does the finding go, and does nothing else come?"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine, try_rule
from lvsdoctor.fixes.changes.kinds import applied, changes_of
from lvsdoctor.fixes.changes.wire import fallen_silent
from lvsdoctor.fixes.persist.sysctl_files import with_files
from lvsdoctor.fixes.plan.obstacles import obstacle
from lvsdoctor.model.examination import Diagnosis, Examination, Verdict
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.node import Node

Nodes = tuple[Node, ...]

STAYS = "the model still shows it when its fix has been run"
_NO_EFFECT = "its fix changes nothing that was collected: it would fail, or the model cannot see what it does"
_UNCHECKED = "it could not be checked any more when its fix has been run"
# How far a fix may raise findings whose fixes raise findings.
_DEPTH = 3
_RAISES = "its fix would raise another finding: {code} {message}"


@dataclass(frozen=True, slots=True)
class State:
    """The nodes with what was cured so far, the findings they have, and each cure with the nodes as it left them."""

    nodes: Nodes
    findings: frozenset[str]
    taken: tuple[tuple[Diagnosis, Nodes], ...] = ()


@dataclass(slots=True)
class Planner:
    """Tries fixes on the model. `standing` tells the nodes' roles anew; `_known` is what a rule said of a node among
    these nodes, since many findings ask the same."""

    rules: tuple[Rule, ...]
    standing: Callable[[Sequence[Node]], Nodes]
    _known: dict[tuple[int, str, str], tuple[Nodes, frozenset[str], bool]] = field(default_factory=dict)

    def clear(self, state: State, wanted: Sequence[Diagnosis]) -> tuple[State, dict[str, str]]:
        """The state with all cured that can be, one by one or two together; and why the others cannot."""
        unsolved: dict[str, str] = {}
        while True:
            before = len(state.taken)
            state = self._in_turn(state, wanted, unsolved)
            wanted = [diagnosis for diagnosis in wanted if diagnosis.fingerprint in unsolved]
            for pair in combinations(
                [diagnosis for diagnosis in wanted if unsolved[diagnosis.fingerprint] == STAYS], 2
            ):
                if all(diagnosis.fingerprint in unsolved for diagnosis in pair) and _akin(*pair):
                    state = self._together(state, pair, unsolved)
            wanted = [diagnosis for diagnosis in wanted if unsolved.get(diagnosis.fingerprint) == STAYS]
            if len(state.taken) == before:
                return state, unsolved

    def _in_turn(
        self, state: State, wanted: Sequence[Diagnosis], unsolved: dict[str, str], *, careful: bool = False
    ) -> State:
        """Each fix in turn, if its finding is still there and goes; then one examination, for what else they do. Where
        they raise something they are tried again carefully, each fix with an examination of the nodes it is about, and
        at last in halves."""
        nodes, taken = state.nodes, list[tuple[Diagnosis, Nodes]]()
        for diagnosis in wanted:
            if not self._remains(nodes, diagnosis):
                unsolved.pop(diagnosis.fingerprint, None)
                continue
            cures, why = self._cures(state, nodes, diagnosis, careful=careful)
            if why:
                unsolved[diagnosis.fingerprint] = why
                continue
            taken += cures
            nodes = taken[-1][1]
        if not taken:
            return state
        after, why = self._examined(state, nodes, [diagnosis for diagnosis, _ in taken])
        if not why:
            for diagnosis, _ in taken:
                unsolved.pop(diagnosis.fingerprint, None)
            return State(nodes, after, (*state.taken, *taken))
        if not careful:
            return self._in_turn(state, wanted, unsolved, careful=True)
        own = [diagnosis for diagnosis, _ in taken if diagnosis in wanted]
        if len(own) == 1:
            unsolved[own[0].fingerprint] = why
            return self._in_turn(
                state, [diagnosis for diagnosis in wanted if diagnosis is not own[0]], unsolved, careful=True
            )
        half = list(wanted).index(own[len(own) // 2])
        state = self._in_turn(state, wanted[:half], unsolved, careful=True)
        return self._in_turn(state, wanted[half:], unsolved, careful=True)

    def _cures(
        self, state: State, nodes: Nodes, diagnosis: Diagnosis, *, careful: bool
    ) -> tuple[list[tuple[Diagnosis, Nodes]], str]:
        """The finding's cure with the nodes after it, and the cures of what it raises; or why there is none."""
        treated = self._treated(nodes, diagnosis)
        if why := self._remains(treated, diagnosis):
            return [], _NO_EFFECT if _alike(nodes, treated) else why
        cures = [(diagnosis, treated)]
        for _ in range(_DEPTH if careful else 0):
            about = {name for cure, _ in cures for name in (cure.node, cure.fix_node)}
            examination = examine([node for node in treated if node.name in about], self.rules)
            new = list(raised(state.findings, examination, self.rules))
            if not new:
                break
            if any(obstacle(other, treated) is not None for other in new):
                return [], _says_raised(new[0])
            for other in new:
                treated = self._treated(treated, other)
                cures.append((other, treated))
            if self._remains(treated, diagnosis) == STAYS:  # what cures the one brings the other back
                return [], _says_raised(new[0])
        return cures, ""

    def _together(self, state: State, group: Sequence[Diagnosis], unsolved: dict[str, str]) -> State:
        """Fixes that only help together."""
        nodes, taken = state.nodes, list[tuple[Diagnosis, Nodes]]()
        for diagnosis in group:
            nodes = self._treated(nodes, diagnosis)
            taken.append((diagnosis, nodes))
        if any(self._remains(nodes, diagnosis) for diagnosis in group):
            return state
        after, why = self._examined(state, nodes, group)
        if why:
            return state
        for diagnosis in group:
            unsolved.pop(diagnosis.fingerprint)
        return State(nodes, after, (*state.taken, *taken))

    def _treated(self, nodes: Nodes, diagnosis: Diagnosis) -> Nodes:
        """The nodes after the finding's fix."""

        def treated(node: Node) -> Node:
            if node.name != diagnosis.fix_node:
                return node
            for line in diagnosis.fix.now:
                for change in changes_of(line, node):
                    node = applied(node, change)
            return with_files(node, diagnosis.fix.persist)

        return self.settled(nodes, [treated(node) for node in nodes])

    def settled(self, before: Nodes, after: Sequence[Node]) -> Nodes:
        """The nodes with all that follows from their changes: roles, and who no longer answers their probes."""
        changed = tuple(zip(before, after, strict=True))
        return self.standing([fallen_silent(node, changed) for node in after])

    def _remains(self, nodes: Nodes, diagnosis: Diagnosis) -> str:
        """Why the finding is not gone; "" where it is."""
        key = id(nodes), diagnosis.rule, diagnosis.node
        if key not in self._known:
            node = next(node for node in nodes if node.name == diagnosis.node)
            rule = next(rule for rule in self.rules if rule.name == diagnosis.rule)
            diagnosed, outcome = try_rule(rule, node)
            # The nodes are kept, too: an id is theirs alone only as long as they are there.
            # The defaults that let it fire are good enough to say that it no longer does.
            quiet_by_default = bool(outcome.missing) and all(missing.stood_in for missing in outcome.missing)
            unchecked = outcome.verdict in (Verdict.NOT_CHECKED, Verdict.CRASHED) and not quiet_by_default
            self._known[key] = nodes, frozenset(other.fingerprint for other in diagnosed), unchecked
        _, fingerprints, unchecked = self._known[key]
        if diagnosis.fingerprint in fingerprints:
            return STAYS
        return _UNCHECKED if unchecked else ""

    def _examined(self, state: State, nodes: Nodes, cures: Iterable[Diagnosis]) -> tuple[frozenset[str], str]:
        """The findings that there are then, and what is wrong with that: "" if nothing is."""
        examination = examine(nodes, self.rules)
        findings = {diagnosis.fingerprint: diagnosis for diagnosis in examination.diagnoses}
        back = any(diagnosis.fingerprint in findings for diagnosis in cures)
        new = next(raised(state.findings, examination, self.rules), None)
        return known_in(examination), STAYS if back else _says_raised(new) if new is not None else ""

    def cleared_by(self, diagnosis: Diagnosis, end: State) -> tuple[Diagnosis, ...]:
        """Whose fix cleared it: its own, else one before which it was there and after which it was gone."""
        if any(cure.fingerprint == diagnosis.fingerprint for cure, _ in end.taken):
            return (diagnosis,)
        there, gone = -1, len(end.taken) - 1
        while gone - there > 1:
            middle = (there + gone) // 2
            there, gone = (middle, gone) if self._remains(end.taken[middle][1], diagnosis) else (there, middle)
        return (end.taken[gone][0],)


def known_in(examination: Examination) -> frozenset[str]:
    """The findings, also those that are listed under others."""
    return frozenset(diagnosis.fingerprint for diagnosis in (*examination.diagnoses, *examination.listed_under))


def _alike(nodes: Nodes, others: Nodes) -> bool:
    return all(node.evidence is other.evidence for node, other in zip(nodes, others, strict=True))


def _akin(diagnosis: Diagnosis, other: Diagnosis) -> bool:
    """Can the fix of either have to do with the other? Those of different hosts are not tried in pairs."""
    return not {diagnosis.node, diagnosis.fix_node}.isdisjoint({other.node, other.fix_node})


def raised(known: frozenset[str], examination: Examination, rules: Iterable[Rule]) -> Iterator[Diagnosis]:
    """The errors and warnings that are not known. What no other rule explains any more was there before."""
    laid_bare = {rule.name for rule in rules if rule.unless_explained}
    for diagnosis in examination.diagnoses:
        new = diagnosis.fingerprint not in known and diagnosis.rule not in laid_bare
        if new and diagnosis.severity is not Severity.NOTE:
            yield diagnosis


def _says_raised(diagnosis: Diagnosis) -> str:
    return _RAISES.format(code=diagnosis.code, message=diagnosis.message)
