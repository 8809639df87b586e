"""Decides the steps of a walk: each once for a scan, and none from what was not collected."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import TypeVar

from lvsdoctor.kernel.answer import Answer
from lvsdoctor.model.facts import COLLECTED_BY, NotCollected
from lvsdoctor.model.finding import Citation, StandIn
from lvsdoctor.model.node import Node
from lvsdoctor.model.view import View
from lvsdoctor.model.walk import Decided, Decision, Step, StepVerdict

T = TypeVar("T")
_LACKING = "{wanted} of {host} was not collected"
_ASSUMED = "{reason}, but this is assumed: {assumed}"


class Decider:
    """Keeps what was decided, and shows the nodes as a rule sees them: past the last row of a partial fact nothing is
    concluded."""

    def __init__(self) -> None:
        self._reads: set[str] = set()
        self._view = View(frozenset(COLLECTED_BY), self._reads)
        self._known: dict[Hashable, object] = {}

    def nodes(self, nodes: Sequence[Node]) -> tuple[Node, ...]:
        return tuple(self._view.of(node) for node in nodes)

    @property
    def reads(self) -> frozenset[str]:
        """The facts that were asked for."""
        return frozenset(self._reads)

    def once(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """What `work_out` returns, worked out the first time alone."""
        if key not in self._known:
            self._known[key] = work_out()
        known: T = self._known[key]  # type: ignore[assignment]
        return known

    def step(
        self, node: Node, decision: Decision, subject: str, key: Hashable, decide: Callable[[], Answer | None]
    ) -> StepVerdict:
        """The verdict over a step that `decide` answers with yes where the packet goes on; None: it cannot be told."""
        step = Step(node.name, decision, subject)
        return self.once((id(node), decision, subject, key), lambda: self._decided(step, node, decide))

    def _decided(self, step: Step, node: Node, decide: Callable[[], Answer | None]) -> StepVerdict:
        self._view.assumed.clear()
        try:
            answer = decide()
        except NotCollected as lacking:
            return unknown(step, lacking)
        if answer is None:
            return StepVerdict(step, Decided.UNKNOWN, "what was collected does not tell")
        verdict = verdict_of(step, answer, node)
        default = next(iter(self._view.assumed.values()), None)
        if verdict.decided is Decided.YES and default is not None:
            return replace(unknown(step, default), because=verdict.because)
        return verdict


def verdict_of(step: Step, answer: Answer, node: Node) -> StepVerdict:
    """An answer as a verdict. It may take machinery for absent, and assume nothing else."""
    assumed = [line for line in answer.because if line.assumed]
    doubts = [line for line in assumed if line.stand_in is not StandIn.MACHINERY or _may_be_hidden(line, node)]
    if doubts:
        fields = {"reason": answer.why, "assumed": doubts[0].seen.text}
        return StepVerdict(step, Decided.UNKNOWN, _ASSUMED, answer.because, fields, doubts[0].settle)
    decided, settle = Decided.YES if answer else Decided.NO, assumed[0].settle if assumed else ""
    return StepVerdict(step, decided, answer.reason, answer.because, answer.fields, settle)


def _may_be_hidden(line: Citation, node: Node) -> bool:
    """Is a dump in the evidence that may hold the machinery, and is not read?"""
    host = node if line.of in ("", node.name) else next((peer for peer in node.peers if peer.name == line.of), node)
    return bool(line.hides) and any(line.hides in unread.hides and not unread.read for unread in host.unread_kinds)


def unknown(step: Step, lacking: NotCollected) -> StepVerdict:
    """The verdict where a fact was not collected, or not wholly understood."""
    if lacking.partial is not None:
        seen = lacking.partial.seen
        because = (Citation(seen, lacking.partial.reason, lacking.partial.fields),) if seen is not None else ()
        return StepVerdict(
            step,
            Decided.UNKNOWN,
            lacking.partial.reason,
            because,
            lacking.partial.fields,
            lacking.command,
            lacking.fact,
        )
    fields = {"wanted": lacking.wanted or lacking.fact, "host": lacking.node}
    return StepVerdict(step, Decided.UNKNOWN, _LACKING, (), fields, lacking.command, lacking.fact)
