"""A real IPVS kernel judges every rule: broken where it fires, healed by its fix, healthy where it is quiet."""

from concurrent.futures import Future
from functools import partial

import pytest

from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.page_cases import cases_of
from lvsdoctor.engine.rule import Rule
from lvsdoctor.reporting.rule_page import page_of
from tests.lab.conftest import TABLES
from tests.lab.judge import Judged, judge_again_if_wrong
from tests.lab.pool import Pool, finished
from tests.lab.scenarios import Scenario, scenarios
from tests.lab.walks import walk_table

ALL = list(scenarios())
TRIED = [scenario for scenario in ALL if scenario.kind != "unshown"]


@pytest.fixture(scope="session")
def judged(pool: Pool, request: pytest.FixtureRequest) -> dict[str, "Future[Judged]"]:
    """Every scenario that was asked for, all begun at once; each test waits for its own."""
    asked_for = (item.callspec.params.get("scenario") for item in request.session.items if hasattr(item, "callspec"))
    started = {
        str(scenario): pool.start(partial(judge_again_if_wrong, scenario=scenario))
        for scenario in asked_for
        if scenario
    }
    request.config.stash[TABLES].append((f"{len(started)} scenarios", partial(_table, started)))
    return started


def _table(started: "dict[str, Future[Judged]]") -> list[str]:
    """For each rule how many of its scenarios were proved."""
    lines = [
        f"{'':36}{'broken, flagged,':>17}{'':>12}{'not shown':>11}",
        f"{'rule':36}{'healed, quiet':>17}{'look-alikes':>12}{'(reasons)':>11}",
    ]
    for rule in load_rules():
        mine = [scenario for scenario in ALL if scenario.rule == rule.name]
        columns = [_proved([s for s in mine if s.kind == kind], started) for kind in ("fires", "quiet")]
        unshown = sum(scenario.kind == "unshown" for scenario in mine)
        lines.append(f"{rule.name:36}{columns[0]:>17}{columns[1]:>12}{unshown:>11}")
    for scenario, work in started.items():
        if finished(work) and (first := work.result().before) is not None:
            lines.append(f"tried twice: {scenario}: {first.complaints[0]}")
    done = [work.result() for work in started.values() if finished(work)]
    return [*lines, *walk_table([comparison for judged in done for comparison in judged.walks])]


def _proved(scenarios: list[Scenario], started: "dict[str, Future[Judged]]") -> str:
    tried = [started[str(scenario)] for scenario in scenarios if str(scenario) in started]
    proved = [one for one in tried if finished(one) and not one.result().complaints]
    return f"{len(proved)} of {len(tried)}" if len(proved) < len(tried) else str(len(proved))


@pytest.mark.parametrize("scenario", TRIED, ids=str)
def test_the_kernel_and_the_rule_agree(scenario: Scenario, judged: dict[str, "Future[Judged]"]) -> None:
    result = judged[str(scenario)].result()
    assert not result.complaints, str(result)


@pytest.mark.parametrize("rule", load_rules(), ids=lambda rule: rule.name)
def test_every_case_of_a_page_is_tried_or_has_a_reason_why_not(rule: Rule) -> None:
    mine = [scenario for scenario in ALL if scenario.rule == rule.name]
    said = {(scenario.kind, scenario.title): scenario for scenario in mine if scenario.of_page}
    on_page = {(case.expects, case.title) for case in cases_of(page_of(rule)) if case.expects in ("fires", "quiet")}
    tried = {key for key in said if key[0] != "unshown"}
    unshown = {title for kind, title in said if kind == "unshown"}
    assert tried <= on_page
    assert unshown <= {title for _, title in on_page}
    assert {key for key in on_page if key not in tried and key[1] not in unshown} == set()
    for scenario in mine:
        assert scenario.why or scenario.kind == "fires", f"{scenario} does not say why"


def test_a_rule_is_proved_to_fire_or_has_a_reason_why_not() -> None:
    for rule in load_rules():
        kinds = {scenario.kind for scenario in ALL if scenario.rule == rule.name}
        assert kinds & {"fires", "unshown"}, rule.name


def test_every_scenario_belongs_to_a_rule() -> None:
    assert {scenario.rule for scenario in ALL} <= {rule.name for rule in load_rules()}
