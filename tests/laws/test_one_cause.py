"""One root cause is one finding, over all cases of all pages and the stories.

No finding is lost, whoever runs the fix of the one that speaks has cleared what is listed under it, and the cause that
a page is about is the one that speaks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.engine.case_runner import nodes_in
from lvsdoctor.engine.page_cases import Case, cases_of
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine, try_rule
from lvsdoctor.fixes.changes.kinds import applied, changes_of
from lvsdoctor.fixes.persist.sysctl_files import with_files
from lvsdoctor.model.examination import Diagnosis, Examination
from lvsdoctor.model.node import Node
from lvsdoctor.reporting.rule_page import page_of
from tests.laws.worlds import rules, worlds

CASES = [(rule, case) for rule in rules() for case in cases_of(page_of(rule))]


def _id(value: object) -> str:
    return value.name if isinstance(value, Rule) else value.title.replace(" ", "-") if isinstance(value, Case) else "?"


def _scans() -> Iterator[Sequence[Node]]:
    yield from (nodes_in(case) for _, case in CASES)
    yield from (with_standing(world.nodes()) for world in worlds() if ":" not in world.name)


@cache
def _examined() -> Sequence[tuple[Sequence[Node], Examination]]:
    """Each scan, and what all rules make of it; to make it anew for each test takes most of their time."""
    return [(nodes, examine(nodes, rules())) for nodes in _scans()]


def test_no_finding_is_lost() -> None:
    for nodes, examination in _examined():
        of_rules = {rule.name: {d.fingerprint for d in _of(rule, nodes)} for rule in rules()}
        found = set[str]().union(*of_rules.values())
        speaking = {diagnosis.fingerprint for diagnosis in examination.diagnoses}
        under = {diagnosis.fingerprint for diagnosis in examination.listed_under}
        last_resort = set[str]().union(*(of_rules[rule.name] for rule in rules() if rule.unless_explained))
        assert speaking | under == found - (last_resort - speaking)
        assert not speaking & under
        named = {(d.node, code) for d in examination.diagnoses for code in d.clears}
        assert named == {(d.node, d.code) for d in examination.listed_under}


def _of(rule: Rule, nodes: Sequence[Node]) -> list[Diagnosis]:
    return [diagnosis for node in nodes for diagnosis in try_rule(rule, node)[0]]


def test_the_fix_of_the_finding_that_speaks_clears_what_is_listed_under_it() -> None:
    for nodes, examination in _examined():
        for under in examination.listed_under:
            leaders = [d for d in examination.diagnoses if d.node == under.node and under.code in d.clears]
            assert leaders
            assert any(_cleared_by(leader, under, nodes) for leader in leaders), (
                f"{under.rule} {dict(under.about)} under {[leader.rule for leader in leaders]}"
            )


def _cleared_by(leader: Diagnosis, under: Diagnosis, nodes: Sequence[Node]) -> bool:
    """Does it go with the leader? A fix that the model cannot follow clears neither."""
    after = []
    for node in nodes:
        fixed = replace(node)
        if node.name == leader.fix_node:
            for line in leader.fix.now:
                for change in changes_of(line, fixed):
                    fixed = applied(fixed, change)
            fixed = with_files(fixed, leader.fix.persist)
        after.append(fixed)
    asked = [rule for rule in rules() if rule.name in (leader.rule, under.rule)]
    left = {d.fingerprint for rule in asked for d in _of(rule, with_standing(after))}
    return under.fingerprint not in left or leader.fingerprint in left


@pytest.mark.parametrize(("rule", "case"), [(r, c) for r, c in CASES if c.expects == "fires"], ids=_id)
def test_the_cause_that_a_page_is_about_speaks(rule: Rule, case: Case) -> None:
    examination = examine(nodes_in(case), rules())
    assert [d.rule for d in examination.diagnoses if d.rule == rule.name]
    assert not [d.message for d in examination.listed_under if d.rule == rule.name]
