"""What a plan promises holds on the model: findings go, none comes, and the undo lines take it back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address

import pytest

from lvsdoctor.cases import Case, cases_of
from lvsdoctor.changes.applying import applied
from lvsdoctor.changes.differing import facts
from lvsdoctor.changes.reading import changes_of
from lvsdoctor.curing import Plan, plan
from lvsdoctor.examination import Confirmation
from lvsdoctor.examine import examine
from lvsdoctor.finding import Probed, Severity
from lvsdoctor.loader import load_rules
from lvsdoctor.model.address import IP
from lvsdoctor.model.node import Node
from lvsdoctor.rulekit import Rule
from lvsdoctor.rulepage import page_of
from lvsdoctor.trying import nodes_in

RULES = load_rules()
FIRES = [(rule, case) for rule in RULES for case in cases_of(page_of(rule)) if case.expects == "fires"]

BY_HAND = "by hand"
REFUSED = "refused"
# What no plan clears, by the rule that finds it and the case of a page where it does, and why. Nothing else is left.
FILTER = f"{BY_HAND}: the model does not follow a command of its fix (what a packet filter does to IP packets is not in the model), so it was not tried"
PARTLY = f"{BY_HAND}: a part of its fix is to be done by hand, so it was not tried on the model"
NO_COMMAND = f"{BY_HAND}: its fix is no command, but to be done by hand"
NO_EFFECT = f"{REFUSED}: its fix changes nothing that was collected: it would fail, or the model cannot see what it does"
LEFT: Mapping[tuple[str, str], str] = {
}


def _name(value: object) -> str:
    return value.name if isinstance(value, Rule) else value.title.replace(" ", "-") if isinstance(value, Case) else "?"


def planned(case: Case) -> tuple[tuple[Node, ...], Plan]:
    """The nodes of a case, and the plan for them."""
    options = dict(zip(case.options[::2], case.options[1::2], strict=True))
    vips: Sequence[IP] = [ip_address(options["--vip"])] if "--vip" in options else []
    nodes = nodes_in(case)
    return nodes, plan(nodes, RULES, role=options.get("--role", "auto"), vips=vips)


def run(nodes: Sequence[Node], lines: Sequence[tuple[str, str]]) -> dict[str, Node]:
    """The nodes after lines have been run, each on the node it names."""
    after = {node.name: node for node in nodes}
    for name, line in lines:
        for change in changes_of(line, after[name]):
            after[name] = applied(change, after[name])
    return after


@pytest.mark.parametrize(("rule", "case"), FIRES, ids=_name)
def test_every_finding_of_every_page_is_cured_or_it_is_known_why_not(rule: Rule, case: Case) -> None:
    _, made = planned(case)
    left = {one.diagnosis.rule: f"{BY_HAND}: {one.why}" for one in made.by_hand}
    left |= {one.diagnosis.rule: f"{REFUSED}: {one.why}" for one in made.refused}
    known = {name: why for (name, title), why in LEFT.items() if title == case.title and (rule.name, title) in CASES}
    assert left == {name: why for name, why in known.items()}
    found = {diagnosis.fingerprint for diagnosis in made.before.diagnoses}
    still = {diagnosis.fingerprint for diagnosis in made.after.diagnoses}
    assert found - still == {cured.diagnosis.fingerprint for cured in made.cured}


@pytest.mark.parametrize(("rule", "case"), FIRES, ids=_name)
def test_no_plan_raises_a_finding(rule: Rule, case: Case) -> None:
    _, made = planned(case)
    found = {diagnosis.fingerprint for diagnosis in made.before.diagnoses}
    new = [d for d in made.after.diagnoses if d.fingerprint not in found]
    assert [d.message for d in new if d.severity is not Severity.NOTE] == []


@pytest.mark.parametrize(("rule", "case"), FIRES, ids=_name)
def test_the_undo_lines_take_every_plan_back(rule: Rule, case: Case) -> None:
    nodes, made = planned(case)
    done = run(nodes, [(step.node, step.command) for step in made.steps])
    back = [(step.node, line) for step in reversed(made.steps) for line in step.undo]
    undone = run(tuple(done.values()), back)
    said = {name for name, line in back if line.startswith("#")}
    for node in nodes:
        if node.name not in said:
            assert facts(undone[node.name]) == facts(node)
