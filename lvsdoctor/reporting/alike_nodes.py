"""Findings that several nodes have alike: what they have in common, and where they differ."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.finding import Citation, Fix, Probed
from lvsdoctor.reporting.summary import alike, cited_once, fix_of_all, natural
from lvsdoctor.sanitize import legible, squeezed


@dataclass(frozen=True, slots=True)
class Slot:
    """A line of the evidence, of each node in their order. `differs`: the nodes' own lines do not say the same."""

    lines: tuple[tuple[str, Citation], ...]

    @property
    def shown(self) -> Citation:
        """The first node's."""
        return self.lines[0][1]

    @property
    def differs(self) -> bool:
        return (
            len({(squeezed(legible(line.seen.text).strip()), nameless(line.says, node)) for node, line in self.lines})
            > 1
        )


@dataclass(frozen=True, slots=True)
class AlikeFindings:
    """One pitfall on one node or on several: for each node, in natural order, its findings (see `alike`)."""

    by_node: tuple[tuple[Diagnosis, ...], ...]

    @property
    def first(self) -> tuple[Diagnosis, ...]:
        """The findings of the first node."""
        return self.by_node[0]

    @property
    def every(self) -> tuple[Diagnosis, ...]:
        return tuple(diagnosis for own in self.by_node for diagnosis in own)

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(own[0].node for own in self.by_node)

    def sentences(self, text: Callable[[Diagnosis], str]) -> list[tuple[Diagnosis, tuple[str, ...]]]:
        """The first finding of each different text, and the nodes that have it: their own names make no difference."""
        found: dict[str, tuple[Diagnosis, dict[str, None]]] = {}
        for diagnosis in self.every:
            known = found.setdefault(nameless(text(diagnosis), diagnosis.node), (diagnosis, {}))
            known[1][diagnosis.node] = None
        return [(diagnosis, tuple(nodes)) for diagnosis, nodes in found.values()]

    def slots(self) -> list[Slot]:
        """The evidence, line by line: the key of the group sees to it that all nodes have as many."""
        columns = [[(own[0].node, line) for line in _evidence(own)] for own in self.by_node]
        return [Slot(tuple(lines)) for lines in zip(*columns, strict=True)]

    def fixes(self) -> list[tuple[tuple[str, ...], Fix]]:
        """The nodes on which the same is to be done, and what: where the fix is another host's, all of it together."""
        elsewhere: dict[str, list[Diagnosis]] = {}
        here: dict[tuple[tuple[str, ...], tuple[str, ...]], tuple[list[str], Fix]] = {}
        for own in self.by_node:
            fix = fix_of_all(own)
            if own[0].fix_node != own[0].node:
                elsewhere.setdefault(own[0].fix_node, []).extend(own)
            else:
                here.setdefault((fix.now, fix.persist), ([], fix))[0].append(own[0].node)
        others = [((host,), fix_of_all(some)) for host, some in elsewhere.items()]
        return [*((tuple(nodes), fix) for nodes, fix in here.values()), *others]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the fixes may cut, each once."""
        return tuple(dict.fromkeys(filter(None, (fix.warning for _, fix in self.fixes()))))


def alike_on_nodes(diagnoses: Iterable[Diagnosis]) -> list[AlikeFindings]:
    """The findings in their order, those of one rule together where they differ in nothing but the nodes' own lines."""
    groups: dict[tuple[object, ...], list[tuple[Diagnosis, ...]]] = {}
    by_node: dict[str, list[Diagnosis]] = {}
    places: dict[int, int] = {}
    for place, diagnosis in enumerate(diagnoses):
        places[id(diagnosis)] = place
        by_node.setdefault(diagnosis.node, []).append(diagnosis)
    owns = [own for of_node in by_node.values() for own in alike(of_node)]
    for own in sorted(owns, key=lambda own: places[id(own[0])]):
        groups.setdefault(_key(own), []).append(own)
    return [AlikeFindings(tuple(sorted(group, key=lambda own: natural(own[0].node)))) for group in groups.values()]


def _key(own: Sequence[Diagnosis]) -> tuple[object, ...]:
    first = own[0]
    if first.accepted is not None or first.lapsed is not None or first.probed is Probed.CONTRADICTED:
        return (first.node, first.fingerprint)
    remote = "" if first.fix_node == first.node else first.fix_node
    return (first.rule, first.severity, first.certainty, first.probed, remote, *_shape(own))


def _shape(own: Sequence[Diagnosis]) -> Iterator[object]:
    yield nameless(fix_of_all(own).warning, own[0].node)
    yield frozenset((diagnosis.finding.message, diagnosis.finding.clients) for diagnosis in own)
    yield tuple((line.note, line.assumed) for line in _evidence(own))


def _evidence(own: Sequence[Diagnosis]) -> list[Citation]:
    return cited_once(line for diagnosis in own for line in diagnosis.evidence)


def nameless(text: str, node: str) -> str:
    """The text with a hole for the node's own name."""
    return re.sub(rf"(?<![\w.-]){re.escape(node)}(?![\w-])", "\0", text) if node and node in text else text
