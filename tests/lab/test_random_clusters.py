"""Clusters that nobody thought of: does the scanner say of them what the kernel does?

LVSDOCTOR_TEST_SEED draws others, LVSDOCTOR_LAB_CLUSTERS another number of them (`make lab N=500 SEED=word`).
"""

import os
from concurrent.futures import Future
from functools import partial

import pytest

from tests.lab.cluster import BASES
from tests.lab.conftest import TABLES
from tests.lab.guest import Guest
from tests.lab.judge import rules
from tests.lab.pool import Pool, finished
from tests.lab.random_clusters import Compared, Drawn, compare, draw, table
from tests.lab.strata import STRATA
from tests.lab.walks import About

SEED = os.environ.get("LVSDOCTOR_TEST_SEED") or "a fixed seed"
NUMBER = int(os.environ.get("LVSDOCTOR_LAB_CLUSTERS") or 150)


@pytest.fixture(scope="session")
def compared(pool: Pool, request: pytest.FixtureRequest) -> "dict[int, Future[Compared]]":
    """Every cluster that was asked for, all begun at once; each test waits for its own."""
    asked_for = (item.callspec.params.get("index") for item in request.session.items if hasattr(item, "callspec"))
    started = {
        index: pool.start(partial(_compared, drawn=draw(SEED, index))) for index in asked_for if index is not None
    }
    request.config.stash[TABLES].append((f"{len(started)} random clusters of seed {SEED!r}", partial(_table, started)))
    return started


def _compared(guest: Guest, drawn: Drawn) -> Compared:
    """As scenarios have it: a second look where the first disagreed, for a busy machine may have lost an answer."""
    first = compare(guest, drawn)
    return first if first.agree and not first.failed else compare(guest, drawn)


def _table(started: "dict[int, Future[Compared]]") -> list[str]:
    done = [future.result() for future in started.values() if finished(future)]
    return list(table(done))


def test_each_kind_is_among_300_clusters() -> None:
    drawn = [draw(SEED, index) for index in range(300)]
    assert {one.stratum for one in drawn} >= {stratum.name for stratum in STRATA}
    assert {one.base for one in drawn} == {*BASES, *(base for stratum in STRATA for base in stratum.bases)}


def test_rules_that_are_to_name_a_change_are_there() -> None:
    named = {rule for index in range(300) for change in draw(SEED, index).changes for rule in change.named_by}
    assert named - {rule.name for rule in rules()} == set()


@pytest.mark.parametrize("index", range(NUMBER))
def test_broken_is_flagged_and_healthy_is_no_error(index: int, compared: "dict[int, Future[Compared]]") -> None:
    one = compared[index].result()
    assert not one.failed, str(one)
    assert one.agree, str(one)


def test_the_first_finding_names_the_single_change_that_broke_it(compared: "dict[int, Future[Compared]]") -> None:
    single = [one for future in compared.values() if (one := future.result()).single]
    wrong = [one for one in single if not one.first_names_the_change]
    assert len(wrong) <= len(single) * 0.05, "\n".join(map(str, wrong))


def test_no_walk_that_is_called_proved_ends_otherwise_than_measured(compared: "dict[int, Future[Compared]]") -> None:
    every = [future.result() for future in compared.values()]
    wrong = [one for one in every if any(row.wrong_and_proved for row in one.walks)]
    assert not wrong, "\n".join(map(str, wrong))


def test_walks_end_as_measured(compared: "dict[int, Future[Compared]]") -> None:
    rows = [row for future in compared.values() for row in future.result().walks if row.about is About.CLIENT]
    others = [row for row in rows if not row.right]
    assert len(others) <= len(rows) * 0.02, "\n".join(map(str, others))
