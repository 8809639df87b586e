"""The clusters that all else is measured against."""

from concurrent.futures import Future
from functools import partial

import pytest

from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.finding import Severity
from tests.lab.guest import Guest
from tests.lab.judge import ALL_BASES, nodes_from, rules, running
from tests.lab.pool import Pool
from tests.lab.symptoms import Measured

_EXPECTED = {"nat-one-subnet": {"nat-client-in-real-servers-subnet"}, "nat6-one-subnet": {"path-broken"}}
_Result = tuple[Measured, list[Diagnosis]]


def _looked_at(guest: Guest, base: str) -> _Result:
    with running(guest, ALL_BASES[base]()) as lab:
        measured = lab.measure(stats=True)
        return measured, list(examine(nodes_from(lab.dumps()), rules()).diagnoses)


@pytest.fixture(scope="session")
def results(pool: Pool) -> "dict[str, Future[_Result]]":
    return {base: pool.start(partial(_looked_at, base=base)) for base in ALL_BASES}


@pytest.mark.parametrize("base", ALL_BASES)
def test_a_base_is_healthy_and_no_rule_calls_it_broken(base: str, results: "dict[str, Future[_Result]]") -> None:
    measured, diagnoses = results[base].result()
    assert measured.symptoms == ()
    # On one subnet masquerading never serves the clients of that subnet, and nobody asks from there in this base.
    warned = _EXPECTED.get(base, set())
    assert {found.rule for found in diagnoses if found.severity in (Severity.ERROR, Severity.WARNING)} == warned
    assert all(set(names) == set(measured.cluster.real_servers) for names in measured.served.values())
    # The counters of `ipvsadm --stats` agree: four requests from each client.
    service = next(line.split() for line in measured.stats["lb1"].splitlines() if line.startswith("TCP"))
    assert int(service[2]) == 4 * len(measured.served)
