"""Whose packets a real server's filter sees, and a director that stands by."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from lvsdoctor.analysis.directors import stands_by
from lvsdoctor.analysis.filters.changed_sources import source_sent
from tests.analysis.walk.hosts import DIRECTOR, ROUTER, Host, scanned

MASQUERADING = Host(
    [("eth0", "192.0.2.2/24"), ("eth0", "192.0.2.10/32"), ("eth1", "198.51.100.2/24")],
    [ROUTER],
    ipvs=["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 198.51.100.21:80 -m -w 1"],
)


def source(rule: str, conntrack: int = 1) -> str:
    rules = {"nat": [rule]} if rule else {}
    (lb1,) = scanned(lb1=replace(MASQUERADING, rules=rules, conntrack=conntrack))
    (service,) = lb1.services
    return str(source_sent(lb1, service, service.destinations[0], ip_address("8.8.8.8")))


@pytest.mark.parametrize(
    ("rule", "conntrack", "sent"),
    [
        ("-A POSTROUTING -o eth1 -j MASQUERADE", 1, "198.51.100.2"),
        ("-A POSTROUTING -o eth1 -j MASQUERADE", 0, "8.8.8.8"),
        ("-A POSTROUTING -o eth0 -j MASQUERADE", 1, "None"),  # that of some other packet
        ("-A POSTROUTING -d 198.51.100.21/32 -j SNAT --to-source 198.51.100.7", 1, "198.51.100.7"),
        ("-A POSTROUTING -s 203.0.113.0/24 -o eth1 -j MASQUERADE", 1, "None"),  # that of some clients
        ("", 1, "8.8.8.8"),
    ],
)
def test_a_real_server_sees_the_source_that_the_director_gives(rule: str, conntrack: int, sent: str) -> None:
    assert source(rule, conntrack) == sent


def test_a_director_without_the_vip_stands_by() -> None:
    active, standby = scanned(lb1=DIRECTOR, lb2=replace(DIRECTOR, addresses=[("eth0", "192.0.2.3/24")]))
    assert not stands_by(active, active.services[0])
    assert stands_by(standby, standby.services[0])


def test_a_mark_of_no_known_vip_tells_of_no_standby() -> None:
    (lb1,) = scanned(lb1=replace(DIRECTOR, ipvs=["-A -f 1 -s rr", "-a -f 1 -r 192.0.2.21:0 -g -w 1"]))
    assert not stands_by(lb1, lb1.services[0])


def test_a_rule_of_output_takes_nothing_out_of_connection_tracking_that_ipvs_sends() -> None:
    """Measured on Linux 6.1: masqueraded requests keep the source that a rule of nat gives them."""
    rules = {"nat": ["-A POSTROUTING -o eth1 -j MASQUERADE"], "raw": ["-A OUTPUT -d 198.51.100.21/32 -j CT --notrack"]}
    (lb1,) = scanned(lb1=replace(MASQUERADING, rules=rules, conntrack=1))
    (service,) = lb1.services
    assert str(source_sent(lb1, service, service.destinations[0], ip_address("8.8.8.8"))) == "198.51.100.2"
