"""The commands of all cures in one order, each with what it changes and what takes it back."""

from collections.abc import Iterable, Sequence

from lvsdoctor.engine.runner import examine
from lvsdoctor.fixes.changes.applying import applied
from lvsdoctor.fixes.changes.ordering import comes_last, ordered
from lvsdoctor.fixes.changes.reading import changes_of
from lvsdoctor.fixes.changes.telling import cuts, says
from lvsdoctor.fixes.changes.undoing import undo
from lvsdoctor.fixes.plan.nouns import Step
from lvsdoctor.fixes.plan.planner import Nodes, State, Treatment, raised
from lvsdoctor.model.examination import Diagnosis, Examination
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Role

_WRITE = "sysctl -w "


def finished(treatment: Treatment, start: State, end: State) -> tuple[tuple[Step, ...], Nodes, Examination]:
    """The steps in their order, tried once more from the start; in the order of the cures where that fails."""
    for sort in (True, False):
        steps, nodes = _steps(treatment, start.nodes, [found for found, _ in end.taken], sort=sort)
        after = examine(nodes, treatment.rules)
        left = {found.fingerprint for found in after.diagnoses}
        cured = not any(found.fingerprint in left for found, _ in end.taken)
        if cured and not any(raised(start.findings, after)):
            break
    return steps, nodes, after


def _steps(
    treatment: Treatment, nodes: Nodes, cures: Sequence[Diagnosis], *, sort: bool
) -> tuple[tuple[Step, ...], Nodes]:
    """The commands of all cures, each line once on a node."""
    lines: dict[str, dict[str, list[Diagnosis]]] = {}
    for found in cures:
        for line in found.fix.now:
            lines.setdefault(found.fix_node, {}).setdefault(line, []).append(found)
    after = {node.name: node for node in nodes}
    steps: list[Step] = []
    read = {node.name: [(line, changes_of(line, node)) for line in lines.get(node.name, {})] for node in nodes}
    for node in sorted(nodes, key=lambda node: (comes_last(read[node.name]), node.is_a(Role.DIRECTOR))):
        commands = list(lines.get(node.name, {}).items())
        for place in ordered(read[node.name]) if sort else range(len(commands)):
            line, cured = commands[place]
            step, after[node.name] = _step(after[node.name], line, cured)
            steps.append(step)
    return tuple(steps), treatment.settled(nodes, [after[node.name] for node in nodes])


def _step(node: Node, line: str, cures: Iterable[Diagnosis]) -> tuple[Step, Node]:
    """The command as a step on the node as it is then, and the node after it."""
    changes, before = changes_of(line, node), node
    told, cutting, undone = list[str](), list[str](), list[str]()
    for change in changes:
        told += filter(None, [says(change, node)])
        cutting += filter(None, [cuts(change, node)])
        undone = [*undo(change, node), *undone]
        node = applied(change, node)
    return Step(before.name, line, changes, tuple(told), tuple(cutting), tuple(_joined(undone)), tuple(cures)), node


def _joined(lines: Iterable[str]) -> list[str]:
    """The lines, with settings that are written one after the other in one command."""
    joined: list[str] = []
    for line in lines:
        if line.startswith(_WRITE) and joined and joined[-1].startswith(_WRITE):
            joined[-1] += " " + line.removeprefix(_WRITE)
        else:
            joined.append(line)
    return joined
