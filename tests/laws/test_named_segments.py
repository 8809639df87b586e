"""The user who names the network segments that are assumed anyway changes no verdict, over all cases and stories; where
what was assumed left a packet's way open, it may be known then."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lvsdoctor.analysis.named_segments import segments_of_scan
from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.analysis.walk import walks
from lvsdoctor.engine.case_runner import nodes_in
from lvsdoctor.engine.page_cases import cases_of
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Served
from lvsdoctor.reporting.rule_page import page_of
from tests.laws.worlds import rules, worlds


def _scans() -> Iterator[tuple[str, Sequence[Node]]]:
    for rule in rules():
        yield from ((f"{rule.name}: {case.title}", nodes_in(case)) for case in cases_of(page_of(rule)))
    yield from ((world.name, with_standing(world.nodes())) for world in worlds() if ":" not in world.name)


def _with_segments_named(nodes: Sequence[Node]) -> Sequence[Node]:
    """What is assumed, as the user would say it."""
    known: dict[str, dict[str, str]] = {}
    for number, segment in enumerate(segments_of_scan(nodes)):
        for host, link in segment.interfaces:
            known.setdefault(host, {})[link] = f"segment{number}"
    named = [replace(node, segments=known.get(node.name, {})) for node in nodes]
    return with_standing(named)


def _verdicts(nodes: Sequence[Node], every: Sequence[Rule]) -> tuple[object, ...]:
    examination = examine(nodes, every)
    return (
        {(d.fingerprint, d.severity, d.certainty) for d in examination.diagnoses},
        {(outcome.rule, outcome.node, outcome.verdict) for outcome in examination.outcomes},
    )


def _outcomes(nodes: Sequence[Node]) -> dict[object, Served]:
    return {(w.client.address, w.client.place, w.service, w.rip, w.answering): w.outcome for w in walks(nodes)}


def test_naming_the_segments_that_are_assumed_changes_no_verdict() -> None:
    every = rules()
    for name, nodes in _scans():
        named, again = _with_segments_named(nodes), with_standing([replace(node) for node in nodes])
        assert _verdicts(named, every) == _verdicts(again, every), name
        known, before = _outcomes(named), _outcomes(again)
        assert known.keys() == before.keys(), name
        assert {key: before[key] for key in known if before[key] not in (known[key], Served.UNKNOWN)} == {}, name
