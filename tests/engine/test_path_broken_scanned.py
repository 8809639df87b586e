"""Clients that the scan has, or a router of it leads to: whoever turns them away may not know of them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.rule import Rule
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.finding import Severity
from tests.analysis.walk.hosts import DIRECTOR, ROUTER, SILENT, Host, altered, direct_routing, scanned

OUTER = altered(
    Host([("eth0", "192.0.2.1/24"), ("eth1", "203.0.113.1/24")]), all_forwarding=1, eth0_forwarding=1, eth1_forwarding=1
)
CLIENT = Host([("eth0", "192.0.2.100/24")], [ROUTER])
FAR, LOCAL = ("-A INPUT -s 203.0.113.0/24 -j DROP", "-A INPUT -s 192.0.2.100/32 -j DROP")


@cache
def rules() -> Sequence[Rule]:
    return load_rules()


def broken(lb1: Host, **others: Host) -> list[Diagnosis]:
    diagnoses = examine(direct_routing(lb1=lb1, **others), rules()).diagnoses
    return [found for found in diagnoses if found.rule == "path-broken" and found.severity is not Severity.NOTE]


def filtered(rule: str, table: str = "filter") -> Host:
    return replace(DIRECTOR, rules={table: [rule]})


@pytest.mark.parametrize(
    ("rule", "others"), [(FAR, {"router": OUTER}), (LOCAL, {"client": CLIENT})], ids=["beyond its router", "itself"]
)
def test_a_filter_that_drops_a_client_of_the_scan_is_a_warning(rule: str, others: dict[str, Host]) -> None:
    (diagnosis,) = broken(filtered(rule), **others)
    assert diagnosis.severity is Severity.WARNING
    assert diagnosis.node == "lb1"
    assert diagnosis.evidence[0].seen.text == rule


def test_a_filter_that_drops_others_is_no_finding() -> None:
    assert broken(filtered("-A INPUT -s 198.51.100.0/24 -j DROP"), router=OUTER, client=CLIENT) == []
    assert broken(filtered(FAR)) == []


def test_a_filter_that_drops_a_mere_neighbour_is_no_finding() -> None:
    known = ["192.0.2.77 dev eth0 lladdr 02:00:00:00:00:77 REACHABLE"]
    assert broken(replace(filtered("-A INPUT -s 192.0.2.77/32 -j DROP"), neighbours=known)) == []


def test_a_note_about_assumed_clients_does_not_explain_a_client_of_the_scan_away() -> None:
    lb1 = Host(
        [("eth0", "192.0.2.2/24"), ("eth0", "192.0.2.10/32"), ("eth1", "198.51.100.2/24")],
        [ROUTER],
        ipvs=["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 198.51.100.21:80 -g -w 1"],
    )
    rs1 = Host(
        [("eth0", "198.51.100.21/24"), ("lo", "192.0.2.10/32")],
        ["203.0.113.0/24 via 198.51.100.1 dev eth0"],
        SILENT,
        listens=["0.0.0.0:80"],
    )
    (diagnosis,) = examine(scanned(lb1=lb1, rs1=rs1, client=CLIENT), rules()).diagnoses[:1]
    assert (diagnosis.rule, diagnosis.node, diagnosis.severity) == ("path-broken", "rs1", Severity.WARNING)
    assert diagnosis.message.endswith("rs1 has no route to 192.0.2.100")
