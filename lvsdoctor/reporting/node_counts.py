"""The nodes of a scan in a table: how many findings of each severity, and how many rules were not checked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lvsdoctor.model.examination import Examination, Outcome, Verdict
from lvsdoctor.model.finding import Severity
from lvsdoctor.reporting.summary import natural, wanted
from lvsdoctor.reporting.wording import calm, role_name


@dataclass(frozen=True, slots=True)
class NodeCounts:
    """One node. What is accepted is counted in no severity."""

    name: str
    roles: tuple[str, ...]
    errors: int
    warnings: int
    notes: int
    not_checked: int
    crashed: int

    @property
    def calm(self) -> bool:
        """Nothing is to be done on it."""
        return not (self.errors or self.warnings or self.notes or self.crashed)


def node_counts(examination: Examination) -> list[NodeCounts]:
    """All nodes, also those that only a finding or an outcome names, in natural order."""
    roles = {node.name: tuple(role_name(role.name) for role in node.roles) for node in examination.nodes}
    severities: dict[str, list[Severity]] = {name: [] for name in roles}
    verdicts: dict[str, list[Verdict]] = {}
    for diagnosis in examination.diagnoses:
        own = severities.setdefault(diagnosis.node, [])
        if diagnosis.accepted is None:
            own.append(diagnosis.severity)
    for outcome in examination.outcomes:
        verdicts.setdefault(outcome.node, []).append(outcome.verdict)
    return [
        NodeCounts(
            name,
            roles.get(name, ()),
            *_by_severity(severities.get(name, [])),
            verdicts.get(name, []).count(Verdict.NOT_CHECKED),
            verdicts.get(name, []).count(Verdict.CRASHED),
        )
        for name in sorted(severities | verdicts, key=natural)
    ]


def _by_severity(severities: list[Severity]) -> tuple[int, int, int]:
    return tuple(map(severities.count, Severity))  # type: ignore[return-value]


def calm_nodes(rows: Iterable[NodeCounts], outcomes: Iterable[Outcome]) -> list[tuple[str, Sequence[NodeCounts]]]:
    """The nodes without a finding, put together where the same is to be said of them, and what that is."""
    by_node: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_node.setdefault(outcome.node, []).append(outcome)
    groups: dict[str, list[NodeCounts]] = {}
    for row in rows:
        if row.calm:
            groups.setdefault(calm(by_node.get(row.name, [])), []).append(row)
    return list(groups.items())


@dataclass(frozen=True, slots=True)
class WantedOnNodes:
    """A command that would tell more, the nodes to run it on, and the rules that wait for it."""

    command: str
    nodes: tuple[str, ...]
    rules: tuple[str, ...]


def wanted_on_nodes(outcomes: Iterable[Outcome]) -> list[WantedOnNodes]:
    """Each command once for all nodes, the one that most nodes and rules wait for first. Rules that no command helps
    stand under ""."""
    nodes: dict[str, dict[str, None]] = {}
    rules: dict[str, dict[str, None]] = {}
    for group in wanted(outcomes):
        nodes.setdefault(group.command, {})[group.node] = None
        rules.setdefault(group.command, {}).update(dict.fromkeys(group.rules))
    made = [
        WantedOnNodes(command, tuple(sorted(own, key=natural)), tuple(sorted(rules[command])))
        for command, own in nodes.items()
    ]
    return sorted(made, key=lambda group: -len(group.nodes) * len(group.rules))
