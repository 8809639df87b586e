"""Law 4: a node of which no rule could tell anything is never green. Law 5: what was given is not asked for."""

import json
from argparse import Namespace
from collections.abc import Collection

from hypothesis import given
from hypothesis import strategies as st

from lvsdoctor.cli import gate
from lvsdoctor.model.examination import Examination, Verdict
from lvsdoctor.model.facts import COLLECTED_BY
from lvsdoctor.reporting.as_data import result
from lvsdoctor.reporting.summary import MonitoringState, state, unjudged
from lvsdoctor.reporting.wording import openings
from tests.laws.worlds import World, any_world, errors, law, nodes_in, rules

JUDGED = {Verdict.FIRES, Verdict.QUIET}


@st.composite
def few_dumps(draw: st.DrawFn) -> tuple[World, list[tuple[str, str, str]]]:
    """Some of the dumps of a world, of which its first host has one at least."""
    world = draw(any_world())
    return world, draw(st.lists(st.sampled_from(world.dumps), min_size=1, max_size=6, unique=True))


def examined(given_dumps: tuple[World, list[tuple[str, str, str]]]) -> Examination:
    world, dumps = given_dumps
    return world.examined(nodes_in(dumps))


def blind(examination: Examination, node: str) -> bool:
    """By the letter of the law: at least one rule was not checked on it, and none fires or is quiet."""
    seen: Collection[Verdict] = {outcome.verdict for outcome in examination.outcomes if outcome.node == node}
    return Verdict.NOT_CHECKED in seen and not JUDGED.intersection(seen)


@law
@given(few_dumps())
def test_a_node_that_no_rule_could_judge_is_never_green(dumps: tuple[World, list[tuple[str, str, str]]]) -> None:
    examination = examined(dumps)
    names = [node.name for node in examination.nodes if blind(examination, node.name)]
    code = gate.code(examination, Namespace(fail_on="error", require_complete=False))
    assert unjudged(examination) == names
    contradictory = any(node.contradictions for node in examination.nodes)
    assert code == (2 if contradictory else 1 if errors(examination) else 3 if names else 0)
    assert not names or state(examination) is not MonitoringState.OK
    assert [node["name"] for node in result(examination)["nodes"] if node["unjudged"]] == names
    first = " ".join(openings(examination))
    assert all(name in first for name in names[:3])


@law
@given(few_dumps())
def test_what_was_given_is_not_asked_for(dumps: tuple[World, list[tuple[str, str, str]]]) -> None:
    examination = examined(dumps)
    given_facts = {(node.name, fact) for node in examination.nodes for fact in node.facts}
    asked = [
        (outcome.rule, missing.node, missing.fact)
        for outcome in examination.outcomes
        for missing in outcome.missing
        if (missing.node, missing.fact) in given_facts and not missing.reason
        if missing.command == COLLECTED_BY[missing.fact]  # another one asks for a key, or a table, that is lacking
    ]
    assert asked == []


@law
@given(few_dumps())
def test_a_report_says_of_every_rule_what_became_of_it(dumps: tuple[World, list[tuple[str, str, str]]]) -> None:
    examination = examined(dumps)
    report = json.loads(json.dumps(result(examination)))
    for node in examination.nodes:
        outcomes = [outcome for outcome in report["outcomes"] if outcome["node"] == node.name]
        assert {outcome["rule"] for outcome in outcomes} == {rule.name for rule in rules()}
        unexplained = [o["rule"] for o in outcomes if o["outcome"] == "not-checked" and not o["missing"]]
        assert unexplained == []
