"""Tries fixes on the model: does the finding go, and does nothing else come?"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from lvsdoctor.changes.applying import applied
from lvsdoctor.changes.reading import changes_of
from lvsdoctor.changes.wire import fallen_silent
from lvsdoctor.examination import Diagnosis, Examination, Verdict
from lvsdoctor.examine import examine, try_rule
from lvsdoctor.finding import Severity
from lvsdoctor.model.node import Node
from lvsdoctor.rulekit import Rule

Nodes = tuple[Node, ...]

STAYS = "the model still shows it when its fix has been run"
_NO_EFFECT = "its fix changes nothing that was collected: it would fail, or the model cannot see what it does"
_UNCHECKED = "it could not be checked any more when its fix has been run"
_RAISES = "its fix would raise another finding: {code} {message}"


@dataclass(frozen=True, slots=True)
class State:
    """The nodes with what was cured so far, the findings they have, and each cure with the nodes as it left them."""

    nodes: Nodes
    findings: frozenset[str]
    taken: tuple[tuple[Diagnosis, Nodes], ...] = ()


@dataclass(frozen=True, slots=True)
class Treatment:
    """Tries fixes on the model. `standing` tells the nodes' roles anew."""

    rules: tuple[Rule, ...]
    standing: Callable[[Sequence[Node]], Nodes]

    def cure(self, state: State, wanted: Sequence[Diagnosis]) -> tuple[State, dict[str, str]]:
        """The state with all cured that can be, one by one or two together; and why the others cannot."""
        unsolved: dict[str, str] = {}
        while True:
            before = len(state.taken)
            state = self._in_turn(state, wanted, unsolved)
            wanted = [found for found in wanted if found.fingerprint in unsolved]
            for pair in combinations(wanted, 2):
                if all(found.fingerprint in unsolved for found in pair):
                    state = self._together(state, pair, unsolved)
            wanted = [found for found in wanted if found.fingerprint in unsolved]
            if len(state.taken) == before:
                return state, unsolved

    def _in_turn(self, state: State, wanted: Sequence[Diagnosis], unsolved: dict[str, str]) -> State:
        """Each fix in turn, if its finding is still there and goes; then one examination, for what else they do. Where
        they raise something, each half is tried alone."""
        nodes, taken = state.nodes, list[tuple[Diagnosis, Nodes]]()
        for found in wanted:
            if not self._remains(nodes, found):
                unsolved.pop(found.fingerprint, None)
                continue
            treated = self._treated(nodes, found)
            if why := self._remains(treated, found):
                unsolved[found.fingerprint] = _NO_EFFECT if _alike(nodes, treated) else why
                continue
            nodes = treated
            taken.append((found, nodes))
        if not taken:
            return state
        after, why = self._examined(state, nodes, [found for found, _ in taken])
        cures = [found for found, _ in taken]
        if not why:
            for found in cures:
                unsolved.pop(found.fingerprint, None)
            return State(nodes, after, (*state.taken, *taken))
        if len(cures) == 1:
            unsolved[cures[0].fingerprint] = why
            return state
        half = len(cures) // 2
        return self._in_turn(self._in_turn(state, cures[:half], unsolved), cures[half:], unsolved)

    def _together(self, state: State, group: Sequence[Diagnosis], unsolved: dict[str, str]) -> State:
        """Fixes that only help together."""
        nodes, taken = state.nodes, list[tuple[Diagnosis, Nodes]]()
        for found in group:
            nodes = self._treated(nodes, found)
            taken.append((found, nodes))
        if any(self._remains(nodes, found) for found in group):
            return state
        after, why = self._examined(state, nodes, group)
        if why:
            return state
        for found in group:
            unsolved.pop(found.fingerprint)
        return State(nodes, after, (*state.taken, *taken))

    def _treated(self, nodes: Nodes, found: Diagnosis) -> Nodes:
        """The nodes after the finding's fix."""

        def treated(node: Node) -> Node:
            for line in found.fix.now if node.name == found.fix_node else ():
                for change in changes_of(line, node):
                    node = applied(change, node)
            return node

        return self.settled(nodes, [treated(node) for node in nodes])

    def settled(self, before: Nodes, after: Sequence[Node]) -> Nodes:
        """The nodes with all that follows from their changes: roles, and who no longer answers their probes."""
        changed = tuple(zip(before, after, strict=True))
        return self.standing([fallen_silent(node, changed) for node in after])

    def _remains(self, nodes: Nodes, found: Diagnosis) -> str:
        """Why the finding is not gone; "" where it is."""
        node = next(node for node in nodes if node.name == found.node)
        rule = next(rule for rule in self.rules if rule.name == found.rule)
        diagnosed, outcome = try_rule(rule, node)
        if any(other.fingerprint == found.fingerprint for other in diagnosed):
            return STAYS
        return _UNCHECKED if outcome.verdict in (Verdict.NOT_CHECKED, Verdict.CRASHED) else ""

    def _examined(self, state: State, nodes: Nodes, cures: Iterable[Diagnosis]) -> tuple[frozenset[str], str]:
        """The findings that there are then, and what is wrong with that: "" if nothing is."""
        examination = examine(nodes, self.rules)
        findings = {found.fingerprint: found for found in examination.diagnoses}
        back = any(found.fingerprint in findings for found in cures)
        return frozenset(findings), STAYS if back else next(raised(state.findings, examination), "")

    def cures_of(self, found: Diagnosis, end: State) -> tuple[Diagnosis, ...]:
        """Whose fix cleared it: its own, else the first after which it was gone."""
        for cure, nodes in end.taken:
            if cure.fingerprint == found.fingerprint:
                return (found,)
            if not self._remains(nodes, found):
                return (cure,)
        return tuple(cure for cure, _ in end.taken)


def _alike(nodes: Nodes, others: Nodes) -> bool:
    return all(node.evidence is other.evidence for node, other in zip(nodes, others, strict=True))


def raised(known: frozenset[str], examination: Examination) -> Iterator[str]:
    for found in examination.diagnoses:
        if found.fingerprint not in known and found.severity is not Severity.NOTE:
            yield _RAISES.format(code=found.code, message=found.message)
