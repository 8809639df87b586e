"""A plan: the steps in their order, what they clear, and what they do not."""

from dataclasses import dataclass, field

from lvsdoctor.model.change import Change
from lvsdoctor.model.examination import Diagnosis, Examination, Outcome, Verdict
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Walk


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One command on `node`, in the plan's order, with what it changes there at that point.

    `says` and `cuts` hold one sentence for each change that has one, `undo` the lines that take the command back: shell
    commands, and comments where there is no command. `cures` are the findings whose fixes hold this command (also one
    that another's fix would raise); their `fix.persist` and `fix.warning` belong to it.
    """

    node: str
    command: str
    changes: tuple[Change, ...]
    says: tuple[str, ...]
    cuts: tuple[str, ...]
    undo: tuple[str, ...]
    cures: tuple[Diagnosis, ...]

    @property
    def only_a_remark(self) -> bool:
        """A comment of the fix: it says what is left to do elsewhere, and is no command."""
        return self.command.lstrip().startswith("#")


@dataclass(frozen=True, slots=True)
class Cleared:
    """A finding that the plan clears, and those whose fixes do it (itself, where its own fix is in the plan)."""

    diagnosis: Diagnosis
    by: tuple[Diagnosis, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A finding whose fix is not offered, and in one sentence why."""

    diagnosis: Diagnosis
    why: str


@dataclass(frozen=True, slots=True)
class ByHand:
    """A finding whose fix was not tried, for a part of it is not a command that the model can follow. `what` are the
    fix's lines for `node`, to be read and done by hand."""

    node: str
    what: tuple[str, ...]
    diagnosis: Diagnosis
    why: str


@dataclass(frozen=True, slots=True)
class StillLost:
    """A walk on which clients that connect lose connections when all steps have been run, and the findings that explain
    it."""

    walk: Walk
    explained_by: tuple[Diagnosis, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """`steps` stand node by node, and in each node in the order in which they are run; real servers before directors,
    and last who has only caches to empty. `after` is the examination of `nodes_after`: the nodes as the model has them
    then, on which clients lose connections on the walks `still_lost`."""

    steps: tuple[PlanStep, ...]
    cleared: tuple[Cleared, ...]
    rejected: tuple[Rejected, ...]
    by_hand: tuple[ByHand, ...]
    before: Examination
    after: Examination
    nodes_after: tuple[Node, ...] = field(repr=False)
    still_lost: tuple[StillLost, ...] = ()

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes on which something is to be run, in the order of the steps."""
        return tuple(dict.fromkeys(step.node for step in self.steps))

    @property
    def laid_bare(self) -> tuple[Diagnosis, ...]:
        """The errors and warnings after the steps that the scan did not show: another fault hid them."""
        known = {diagnosis.fingerprint for diagnosis in (*self.before.diagnoses, *self.before.listed_under)}
        new = (diagnosis for diagnosis in self.after.diagnoses if diagnosis.fingerprint not in known)
        return tuple(diagnosis for diagnosis in new if diagnosis.severity is not Severity.NOTE)

    @property
    def unknown_after(self) -> tuple[Outcome, ...]:
        """What was quiet before the steps and cannot be told after them: the steps change what it was judged by."""
        quiet = {(before.rule, before.node) for before in self.before.outcomes if before.verdict is Verdict.QUIET}
        return tuple(
            outcome
            for outcome in self.after.outcomes
            if outcome.verdict is Verdict.NOT_CHECKED and (outcome.rule, outcome.node) in quiet
        )

    def of(self, node: str) -> tuple[PlanStep, ...]:
        return tuple(step for step in self.steps if step.node == node)

    def persist(self, node: str) -> tuple[str, ...]:
        """What makes the steps of a node last, no line twice."""
        return tuple(dict.fromkeys(line for diagnosis in self._cured_on(node) for line in diagnosis.fix.persist))

    def warnings(self, node: str) -> tuple[str, ...]:
        """What the fixes themselves warn of, none twice."""
        return tuple(
            dict.fromkeys(diagnosis.fix.warning for diagnosis in self._cured_on(node) if diagnosis.fix.warning)
        )

    def _cured_on(self, node: str) -> tuple[Diagnosis, ...]:
        return tuple({diagnosis.fingerprint: diagnosis for step in self.of(node) for diagnosis in step.cures}.values())
