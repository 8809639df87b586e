"""Whatever was collected of a host, in whole or in part, or is only planned: its packets' ways are worked out."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.analysis.walk import walks
from lvsdoctor.model.coverage import Coverage, Origin, Partial
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from tests.laws.worlds import World, any_world, law

PARTIAL = Partial("lines were left out here", Seen("lb1.txt", 7, "..."))


@st.composite
def thinned(draw: st.DrawFn) -> tuple[World, list[Node]]:
    """A world of which some facts of some hosts were not collected, or in part, or come from files."""
    world = draw(any_world())
    nodes = []
    for node in world.nodes():
        facts = sorted(node.evidence)
        absent = draw(st.sets(st.sampled_from(facts), max_size=2)) if facts else set()
        origin = draw(st.sampled_from((Origin.RUNTIME, Origin.RUNTIME, Origin.CONFIGURED, Origin.TYPED)))
        partial = draw(st.sets(st.sampled_from(facts), max_size=3)) if facts else set()
        evidence = {fact: rows for fact, rows in node.evidence.items() if fact not in absent}
        covered = {fact: Coverage(origin, PARTIAL if fact in partial else None) for fact in evidence}
        coverage = covered if partial or origin is not Origin.RUNTIME else node.coverage
        nodes.append(replace(node, evidence=evidence, coverage=coverage))
    return world, nodes


@law
@given(thinned())
def test_the_ways_of_packets_are_worked_out_whatever_was_collected(thin: tuple[World, list[Node]]) -> None:
    _, nodes = thin
    for walk in walks(with_standing(nodes)):
        assert walk.steps
        assert 0 <= walk.share <= 1
