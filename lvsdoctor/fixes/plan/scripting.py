"""The commands of all cures in one order, each with what it changes and what takes it back."""

from collections.abc import Iterable, Sequence

from lvsdoctor.engine.runner import examine
from lvsdoctor.fixes.changes.kinds import applied, changes_of, describe, impact, undo
from lvsdoctor.fixes.persist.sysctl_files import with_files
from lvsdoctor.fixes.plan.nouns import PlanStep
from lvsdoctor.fixes.plan.ordering import comes_last, ordered
from lvsdoctor.fixes.plan.planner import Nodes, Planner, State, raised
from lvsdoctor.model.examination import Diagnosis, Examination
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Role

_WRITE = "sysctl -w "


def finished(planner: Planner, start: State, end: State) -> tuple[tuple[PlanStep, ...], Nodes, Examination]:
    """The steps in their order, tried once more from the start; in the order of the cures where that fails."""
    for sort in (True, False):
        steps, nodes = _steps(planner, start.nodes, [diagnosis for diagnosis, _ in end.taken], sort=sort)
        after = examine(nodes, planner.rules)
        left = {diagnosis.fingerprint for diagnosis in after.diagnoses}
        cleared = not any(diagnosis.fingerprint in left for diagnosis, _ in end.taken)
        if cleared and not any(raised(start.findings, after, planner.rules)):
            break
    return steps, nodes, after


def _steps(
    planner: Planner, nodes: Nodes, cures: Sequence[Diagnosis], *, sort: bool
) -> tuple[tuple[PlanStep, ...], Nodes]:
    """The commands of all cures, each line once on a node."""
    lines: dict[str, dict[str, list[Diagnosis]]] = {}
    for diagnosis in cures:
        for line in diagnosis.fix.now:
            lines.setdefault(diagnosis.fix_node, {}).setdefault(line, []).append(diagnosis)
    after = {node.name: node for node in nodes}
    steps: list[PlanStep] = []
    read = {node.name: [(line, changes_of(line, node)) for line in lines.get(node.name, {})] for node in nodes}
    for node in sorted(nodes, key=lambda node: (comes_last(read[node.name]), node.is_a(Role.DIRECTOR))):
        commands = list(lines.get(node.name, {}).items())
        for place in ordered(read[node.name]) if sort else range(len(commands)):
            line, cleared = commands[place]
            step, after[node.name] = _step(after[node.name], line, cleared)
            steps.append(step)
        persist = [line for diagnosis in cures if diagnosis.fix_node == node.name for line in diagnosis.fix.persist]
        after[node.name] = with_files(after[node.name], persist)
    return tuple(steps), planner.settled(nodes, [after[node.name] for node in nodes])


def _step(node: Node, line: str, cures: Iterable[Diagnosis]) -> tuple[PlanStep, Node]:
    """The command as a step on the node as it is then, and the node after it."""
    changes, before = changes_of(line, node), node
    says, cuts, undone = list[str](), list[str](), list[str]()
    for change in changes:
        says += filter(None, [describe(change, node)])
        cuts += filter(None, [impact(change, node)])
        undone = [*undo(change, node), *undone]
        node = applied(node, change)
    return PlanStep(before.name, line, changes, tuple(says), tuple(cuts), tuple(_joined(undone)), tuple(cures)), node


def _joined(lines: Iterable[str]) -> list[str]:
    """The lines, with settings that are written one after the other in one command."""
    joined: list[str] = []
    for line in lines:
        if line.startswith(_WRITE) and joined and joined[-1].startswith(_WRITE):
            joined[-1] += " " + line.removeprefix(_WRITE)
        else:
            joined.append(line)
    return joined
