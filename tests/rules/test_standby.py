"""A director without its VIP: what a probe heard tells the standby of a pair from one that nobody finds."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe, Reply
from lvsdoctor.model.seen import Seen
from tests.probe.hosts import TABLE, VIP, nodes

RS1, OTHER = "02:00:00:00:00:21", "02:00:00:00:00:03"


def without_the_vip(*answered: str) -> Node:
    """lb1, which asked for its VIP and was answered by these MACs."""
    (lb1,) = nodes(
        lb1="eth0 02:00:00:00:00:02 192.0.2.2/24", table=TABLE, neigh=f"192.0.2.21 dev eth0 lladdr {RS1} REACHABLE\n"
    )
    replies = tuple(Reply(mac, Seen("probe", None, f"{VIP} is-at {mac}")) for mac in answered)
    probe = Probe(ip_address(VIP), "eth0", Seen("probe", None, f"who-has {VIP}"), replies, (), 3)
    (asked,) = with_standing([replace(lb1, evidence={**lb1.evidence, "probes": (probe,)})])
    return asked


@pytest.mark.parametrize(
    ("answered", "missing"), [((OTHER,), False), ((OTHER, RS1), False), ((RS1,), True), ((), True)]
)
def test_only_a_host_that_is_no_real_server_makes_it_the_standby(answered: tuple[str, ...], missing: bool) -> None:
    """Where nobody answers at all, vip-answered-by-nobody may speak instead."""
    rules = [rule for rule in load_rules() if rule.name == "vip-missing-on-director"]
    found = examine([without_the_vip(*answered)], rules).diagnoses
    assert [d.rule for d in found] == ["vip-missing-on-director"] * missing
