"""Every case of every rule's page does what its heading says, and one root cause is one error."""

from pathlib import Path

import pytest

from lvsdoctor.engine.case_runner import nodes_in, try_page
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.page_cases import Case, cases_of
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.finding import Severity
from lvsdoctor.reporting.rule_page import RulePage, page_of

RULES = load_rules()
PAGES = {rule.name: page_of(rule) for rule in RULES}
CASES = [(rule, case) for rule in RULES for case in cases_of(PAGES[rule.name])]


def _name(value: object) -> str:
    return value.name if isinstance(value, Rule) else value.title.replace(" ", "-") if isinstance(value, Case) else "?"


@pytest.mark.parametrize("rule", RULES, ids=_name)
def test_cases_of_the_page_hold(rule: Rule) -> None:
    tried, about_page = try_page(rule, PAGES[rule.name])
    complaints = [f"line {one.case.line}: {complaint}" for one in tried for complaint in one.complaints]
    assert [*about_page, *complaints] == []


@pytest.mark.parametrize(("rule", "case"), [(r, c) for r, c in CASES if c.expects == "fires"], ids=_name)
def test_one_root_cause_is_one_error(rule: Rule, case: Case) -> None:
    """With all rules at work, a case that shows one pitfall brings no error of another rule."""
    examination = examine(nodes_in(case), RULES)
    errors = {d.rule for d in examination.diagnoses if d.severity is Severity.ERROR}
    assert errors <= {rule.name}, [d.message for d in examination.diagnoses if d.rule != rule.name]


@pytest.mark.parametrize(("rule", "case"), [(r, c) for r, c in CASES if c.expects == "quiet"], ids=_name)
def test_a_look_alike_brings_no_error_of_any_rule(rule: Rule, case: Case) -> None:
    errors = [d.message for d in examine(nodes_in(case), RULES).diagnoses if d.severity is Severity.ERROR]
    assert errors == []


def test_no_rule_crashes_on_any_case() -> None:
    crashed = [
        (case.title, outcome.rule, outcome.traceback)
        for _, case in CASES
        for outcome in examine(nodes_in(case), RULES).outcomes
        if outcome.traceback
    ]
    assert crashed == []


def test_codes_are_unique_and_never_a_retired_one() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    retired = (Path(__file__).parents[2] / "rules/RETIRED.md").read_text(encoding="utf-8").split()
    assert [code for code in codes if code in retired] == []


def test_every_page_says_when_it_is_fine() -> None:
    def empty(page: RulePage) -> list[str]:
        return [heading for heading, text in page.sections.items() if not text]

    assert {name: empty(page) for name, page in PAGES.items() if empty(page)} == {}
