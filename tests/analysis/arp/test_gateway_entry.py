"""The neighbour entry of the gateway to a real server: a permanent one with another MAC, or one without an answer."""

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.analysis.walk import walks
from lvsdoctor.engine.runner import examine
from lvsdoctor.fixes.plan import plan
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import ClientPlace, Decided, Decision
from tests.laws.worlds import nodes_in, rules

LO = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
"""
ETH = "{}: {}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000\n"
MAC = "    link/ether {} brd ff:ff:ff:ff:ff:ff\n"
ROUTER = (
    f"{LO}{ETH.format(2, 'eth0')}{MAC.format('02:00:00:00:00:01')}    inet 192.0.2.1/24 scope global eth0\n"
    f"{ETH.format(3, 'eth1')}{MAC.format('02:00:00:00:02:01')}    inet 198.51.100.1/24 scope global eth1\n"
)
DIRECTOR = (
    f"{LO}{ETH.format(2, 'eth0')}{MAC.format('02:00:00:00:00:02')}    inet 192.0.2.2/24 scope global eth0\n"
    "    inet 192.0.2.10/32 scope global eth0\n"
)
REAL_SERVER = (
    f"{LO}{ETH.format(2, 'eth0')}{MAC.format('02:00:00:00:00:21')}    inet 198.51.100.21/24 scope global eth0\n"
)
TABLE = "-A -t 192.0.2.10:80 -s rr\n-a -t 192.0.2.10:80 -r 198.51.100.21:80 -i -w 1\n"
ROUTES = "default via 192.0.2.1 dev eth0\n192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.2\n"
WRONG = "192.0.2.1 dev eth0 lladdr 02:00:00:00:00:99 PERMANENT"


def nodes(entry: str, route: str = "") -> list[Node]:
    dumps = {
        "router/ip-addr": ROUTER, "lb1/ip-addr": DIRECTOR, "lb1/ipvsadm": TABLE, "lb1/ip-route": ROUTES + route,
        "lb1/ip-rule": "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n", "lb1/ip-neigh": f"{entry}\n",
        "rs1/ip-addr": REAL_SERVER,
    }  # fmt: skip
    return list(with_standing(nodes_in((where.partition("/")[0], where, text) for where, text in dumps.items())))


def test_it_is_the_cause_that_the_real_server_is_not_reached_and_goes() -> None:
    (found,) = (row for row in examine(nodes(WRONG), rules()).diagnoses if row.rule == "real-server-unreachable")
    assert found.message == (
        "lb1 does not reach real server 198.51.100.21: the permanent neighbour entry of gateway 192.0.2.1 has "
        "02:00:00:00:00:99, not a MAC of router"
    )
    assert WRONG in [line.seen.text for line in found.evidence]
    steps = plan(nodes(WRONG), rules()).of("lb1")
    assert "ip neigh del 192.0.2.1 dev eth0" in [step.command for step in steps]


@pytest.mark.parametrize(
    "entry",
    [
        WRONG.replace("99", "01"),  # its own
        WRONG.replace("00:99", "02:01"),  # of another interface of it
        WRONG.replace("PERMANENT", "STALE"),  # asked for again
        WRONG.replace("02:00:00:00:00:99", "00:00:5e:00:01:33"),  # of a virtual router
        WRONG.replace("192.0.2.1 ", "192.0.2.9 "),
    ],
)
def test_any_other_entry_says_nothing(entry: str) -> None:
    assert [row.message for row in examine(nodes(entry), rules()).diagnoses if "not reach" in row.message] == []


BY_NOBODY = "198.51.100.0/24 via 192.0.2.254 dev eth0\n"


def test_a_gateway_that_does_not_answer_and_that_no_scanned_host_has_is_a_warning() -> None:
    scan = nodes("192.0.2.254 dev eth0 FAILED", BY_NOBODY)
    (found,) = (row for row in examine(scan, rules()).diagnoses if row.rule == "real-server-unreachable")
    assert found.severity is Severity.WARNING
    assert found.message == (
        "lb1 does not reach real server 198.51.100.21: the neighbour entry of gateway 192.0.2.254 is FAILED, and the "
        "scanned hosts do not have that address"
    )
    assert found.fix.now[0].startswith("# is 192.0.2.254 the right gateway to 198.51.100.21?")
    (walk, *_) = (row for row in walks(scan) if row.client.place is ClientPlace.HEALTH_CHECK)
    assert any((v.step.decision, v.decided) == (Decision.NEIGHBOUR, Decided.NO) for v in walk.steps)


@pytest.mark.parametrize(
    ("entry", "route"),
    [
        ("192.0.2.254 dev eth0 lladdr 02:00:00:00:00:fe STALE", BY_NOBODY),  # a host that was not scanned
        ("192.0.2.254 dev eth0 FAILED", ""),  # not on the path
        ("192.0.2.1 dev eth0 FAILED", ""),  # a scanned host has it
    ],
)
def test_a_gateway_that_may_answer_is_no_finding(entry: str, route: str) -> None:
    scan = nodes(entry, route)
    assert [row.message for row in examine(scan, rules()).diagnoses if "not reach" in row.message] == []
