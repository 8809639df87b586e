"""Policy rules that ask for the protocol, the ports or the user of what a program of the host sends."""

from dataclasses import replace

import pytest

from lvsdoctor.kernel.policy_rules import Flow, policy_rules, selects
from lvsdoctor.model.walk import Decision, Served
from tests.analysis.walk.ends import BEYOND, CHECK, SEGMENT, SERVED, End, by_place, ends
from tests.analysis.walk.hosts import DIRECTOR, direct_routing, real_server

RULES = "0:\tfrom all lookup local\n100:\tfrom all {}\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"
LOST: End = (Served.DIES, "rs1", Decision.REPLY_ROUTE)


@pytest.mark.parametrize("asked", ["ipproto tcp sport 80", "sport 1-1023", "ipproto 6"])
def test_a_rule_for_the_ports_of_a_service_takes_its_replies(asked: str) -> None:
    nodes = direct_routing(rs1=replace(real_server(21), policy=RULES.format(f"{asked} blackhole")))
    assert {place: ends(nodes)[place] for place in (SEGMENT, BEYOND)} == {SEGMENT: LOST, BEYOND: LOST}
    verdict = by_place(nodes)[SEGMENT].deciding
    assert verdict is not None
    assert verdict.because[0].seen.text == f"100:\tfrom all {asked} blackhole"


@pytest.mark.parametrize("asked", ["ipproto udp", "ipproto tcp sport 443", "dport 80"])
def test_a_rule_for_other_ports_takes_no_reply(asked: str) -> None:
    nodes = direct_routing(rs1=replace(real_server(21), policy=RULES.format(f"{asked} blackhole")))
    assert (ends(nodes)[SEGMENT], ends(nodes)[BEYOND]) == (SERVED, SERVED)


def test_a_director_whose_rule_prohibits_the_port_serves_clients_and_fails_its_checks() -> None:
    """What IPVS sends has no ports where it looks for a route (ip_vs_xmit.c: do_output_route4())."""
    nodes = direct_routing(lb1=replace(DIRECTOR, policy=RULES.format("ipproto tcp dport 80 prohibit")))
    found = ends(nodes)
    assert (found[SEGMENT], found[CHECK]) == (SERVED, (Served.DIES, "lb1", Decision.HEALTH_CHECK))


@pytest.mark.parametrize("asked", ["uidrange 0-0", "ipproto tcp uidrange 33-33"])
def test_a_rule_for_a_user_leaves_the_way_of_replies_unknown(asked: str) -> None:
    nodes = direct_routing(rs1=replace(real_server(21), policy=RULES.format(f"{asked} blackhole")))
    unknown = (Served.UNKNOWN, "rs1", Decision.REPLY_ROUTE)
    assert ends(nodes) == {SEGMENT: unknown, BEYOND: unknown, CHECK: unknown}
    assert ends(nodes, "rs2") == {SEGMENT: SERVED, BEYOND: SERVED, CHECK: SERVED}


def test_arp_requests_have_no_ports() -> None:
    node = direct_routing(rs1=replace(real_server(21), policy=RULES.format("ipproto tcp sport 80 blackhole")))[1]
    (rule,) = [rule for rule in policy_rules(node, 4)[0] if rule.other]
    client = next(iter(node.addresses)).ip
    answers = [
        selects(rule, client, None, "eth0", None, 0, flow) for flow in (None, Flow(6, 80, 50000), Flow(17, 80, 1))
    ]
    assert answers == [False, True, False]
