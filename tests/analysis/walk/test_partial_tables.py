"""A table of which a row was not read: that row may be a real server of any service."""

from dataclasses import replace

import pytest

from lvsdoctor.analysis.walk import walks
from lvsdoctor.model.walk import Decision, Served, Walk
from tests.analysis.walk.hosts import DIRECTOR, direct_routing

SERVICE = "-A -t 192.0.2.10:80 -s rr"
UNREAD = "-a -t 192.0.2.10:80 -r 192.0.2.22:80 -b"  # the method of another product


def of_clients(*ipvs: str) -> list[Walk]:
    made = walks(direct_routing(lb1=replace(DIRECTOR, ipvs=list(ipvs))))
    return [walk for walk in made if walk.answering == "lb1" and walk.deciding is not None]


def unchosen(*ipvs: str) -> bool:
    """Do all connections end because no real server may be chosen?"""
    made = of_clients(*ipvs)
    last = [walk.deciding.step.decision for walk in made if walk.deciding is not None]
    return (
        bool(made) and all(walk.outcome is not Served.UNKNOWN for walk in made) and set(last) == {Decision.REAL_SERVER}
    )


@pytest.mark.parametrize("rows", [(), ("-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 0",)])
def test_only_of_a_whole_table_it_is_known_that_no_real_server_is_chosen(rows: tuple[str, ...]) -> None:
    assert unchosen(SERVICE, *rows)
    assert not unchosen(SERVICE, *rows, UNREAD)
