"""Masquerading: replies have to come back through the director, and be forwarded there."""

from dataclasses import replace

import pytest

from lvsdoctor.analysis.walk import walks
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decided, Decision, Served
from tests.analysis.walk.ends import BEYOND, CHECK, PREFIX, SEGMENT, SERVED, by_place, ends
from tests.analysis.walk.hosts import ROUTER, Host, altered, scanned

DIRECTOR = altered(
    Host(
        [("eth0", "192.0.2.2/24"), ("eth0", "192.0.2.10/32"), ("eth1", "198.51.100.1/24")],
        [ROUTER],
        ipvs=["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 198.51.100.21:8080 -m -w 1"],
    ),
    all_forwarding=1, eth0_forwarding=1, eth1_forwarding=1,
)  # fmt: skip
BEHIND = Host([("eth0", "198.51.100.21/24")], ["default via 198.51.100.1 dev eth0"], listens=["0.0.0.0:8080"])
SAME_SUBNET = replace(DIRECTOR, ipvs=[line.replace("198.51.100.21", "192.0.2.21") for line in DIRECTOR.ipvs])
BESIDE = Host([("eth0", "192.0.2.21/24")], ["default via 192.0.2.2 dev eth0"], listens=["0.0.0.0:8080"])
TO_CLIENT = (Served.DIES, "rs1", Decision.RETURN_PATH)


def test_clients_of_other_subnets_are_served_through_the_director() -> None:
    assert ends(scanned(lb1=DIRECTOR, rs1=BEHIND)) == {
        SEGMENT: SERVED, BEYOND: SERVED, PREFIX: TO_CLIENT, CHECK: SERVED,
    }  # fmt: skip


def test_clients_of_the_real_servers_subnet_get_replies_from_an_address_they_do_not_know() -> None:
    nodes = scanned(lb1=SAME_SUBNET, rs1=BESIDE)
    assert ends(nodes)[SEGMENT] == TO_CLIENT
    assert ends(nodes)[BEYOND] == SERVED


def redirects(lb1: Host, rs1: Host) -> list[tuple[str, Decided]]:
    """Those on the way back to clients beyond the router."""
    walk = by_place(scanned(lb1=lb1, rs1=rs1))[BEYOND]
    assert walk.outcome is Served.SERVED
    return [(v.step.node, v.decided) for v in walk.steps if v.step.decision is Decision.REDIRECT]


def test_a_director_on_one_link_sends_a_redirect_that_ends_no_walk_and_the_real_server_may_take_it() -> None:
    sending = altered(SAME_SUBNET, all_send_redirects=0, eth0_send_redirects=1)
    taking = altered(BESIDE, all_accept_redirects=0, eth0_accept_redirects=1)
    ignoring = altered(BESIDE, all_accept_redirects=0, eth0_accept_redirects=0)
    assert redirects(sending, taking) == [("lb1", Decided.NO), ("rs1", Decided.NO)]
    assert redirects(sending, ignoring) == [("lb1", Decided.NO), ("rs1", Decided.YES)]
    silent = altered(SAME_SUBNET, all_send_redirects=0, eth0_send_redirects=0)
    assert redirects(silent, taking) == [("lb1", Decided.YES)]


def test_a_director_on_two_links_sends_no_redirect() -> None:
    sending = altered(DIRECTOR, all_send_redirects=1, eth0_send_redirects=1, eth1_send_redirects=1)
    assert redirects(sending, BEHIND) == [("lb1", Decided.YES)]


def test_another_gateway_takes_the_replies_past_the_director() -> None:
    beside = replace(BESIDE, routes=[ROUTER])
    assert ends(scanned(lb1=SAME_SUBNET, rs1=beside))[BEYOND] == TO_CLIENT


def test_a_director_that_does_not_forward_drops_the_replies() -> None:
    nodes = scanned(lb1=altered(DIRECTOR, eth1_forwarding=0), rs1=BEHIND)
    assert ends(nodes)[BEYOND] == (Served.DIES, "lb1", Decision.RETURN_PATH)


def test_a_default_route_through_an_own_address_leads_to_no_client() -> None:
    lost = replace(DIRECTOR, routes=["default via 192.0.2.1 dev lo"])
    assert ends(scanned(lb1=lost, rs1=BEHIND))[BEYOND] == (Served.DIES, "lb1", Decision.RETURN_PATH)


def test_the_director_drops_replies_to_its_own_check_that_ipvs_has_no_connection_for() -> None:
    checked = scanned(lb1=replace(DIRECTOR, nat_icmp_send=1), rs1=BEHIND)
    assert ends(checked)[CHECK] == (Served.DIES, "lb1", Decision.HEALTH_CHECK)
    assert ends(checked)[SEGMENT] == SERVED


def test_where_replies_were_counted_a_setting_that_forbids_them_is_of_another_time() -> None:
    nodes = scanned(lb1=altered(DIRECTOR, eth1_forwarding=0), rs1=BEHIND)
    (service,) = nodes[0].services
    active = [replace(real, active=5) for real in service.destinations]
    table = (replace(service, destinations=tuple(active)),)
    lb1 = replace(nodes[0], evidence={**nodes[0].evidence, "ipvs": table})
    walk = by_place((lb1, *nodes[1:]))[BEYOND]
    assert walk.outcome is Served.UNKNOWN
    assert [v.why for v in walk.steps if v.decided is Decided.UNKNOWN] == [
        "replies of 198.51.100.21 came through lb1, so this setting is of another time or network namespace"
    ]


def test_a_filter_at_forward_drops_the_replies() -> None:
    closed = replace(DIRECTOR, rules={"filter": ["-A FORWARD -i eth1 -j DROP"]})
    nodes = scanned(lb1=closed, rs1=BEHIND)
    assert ends(nodes)[BEYOND] == (Served.DIES, "lb1", Decision.FORWARD_FILTER)
    assert ends(nodes)[CHECK] == SERVED


@pytest.mark.parametrize(("conntrack", "outcome"), [(1, Served.SERVED), (0, Served.DIES)])
def test_a_rule_that_hides_the_clients_brings_replies_back_if_connection_tracking_sees_them(
    conntrack: int, outcome: Served
) -> None:
    rules = {"nat": ["-A POSTROUTING -d 192.0.2.21/32 -j MASQUERADE"]}
    hiding = replace(SAME_SUBNET, rules=rules, conntrack=conntrack)
    assert ends(scanned(lb1=hiding, rs1=BESIDE))[SEGMENT][0] is outcome


def test_a_one_packet_service_gives_no_reply_the_vip_as_its_source() -> None:
    udp = ["-A -u 192.0.2.10:80 -s rr -o", "-a -u 192.0.2.10:80 -r 198.51.100.21:8080 -m -w 1"]
    nodes = scanned(lb1=replace(DIRECTOR, ipvs=udp), rs1=BEHIND)
    walk = next(walk for walk in walks(nodes) if walk.client.place is BEYOND)
    reasons = [verdict.why for verdict in walk.steps if verdict.step.decision is Decision.RETURN_PATH]
    assert any("one-packet" in why for why in reasons) or walk.outcome is not Served.SERVED


GIVEN = "-A POSTROUTING -d {to} -j SNAT --to-source {source}"


def same_subnet(source: str, to: str = "192.0.2.16/28") -> tuple[Node, ...]:
    """Its director gives what it sends to real servers another source; these have no way by it but that."""
    listed = ["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 192.0.2.21:80 -m -w 1"]
    rules = {"nat": [GIVEN.format(source=source, to=to)]}
    own = [("eth0", "192.0.2.2/24"), ("eth0", "192.0.2.10/32")]
    lb1 = altered(Host(own, [ROUTER], ipvs=listed, rules=rules, conntrack=1), all_forwarding=1, eth0_forwarding=1)
    return scanned(lb1=lb1, rs1=Host([("eth0", "192.0.2.21/24")], [ROUTER], listens=["0.0.0.0:80"]))


def test_a_source_that_the_director_does_not_have_brings_no_reply_back_and_its_rule_is_the_cause() -> None:
    nodes = same_subnet("192.0.2.200")
    assert ends(nodes)[SEGMENT] == (Served.DIES, "lb1", Decision.RETURN_PATH)
    deciding = by_place(nodes)[SEGMENT].deciding
    assert deciding is not None
    assert "--to-source 192.0.2.200" in deciding.because[0].seen.text
    assert ends(nodes)[CHECK] == (Served.DIES, "lb1", Decision.OUTPUT_FILTER)


def test_a_source_of_the_director_brings_replies_back() -> None:
    assert {place: row[0] for place, row in ends(same_subnet("192.0.2.2")).items()} == dict.fromkeys(
        (SEGMENT, BEYOND, CHECK), Served.SERVED
    )


def test_of_a_source_in_no_subnet_of_the_director_a_check_may_come_back() -> None:
    assert ends(same_subnet("203.0.113.99"))[CHECK][0] is Served.UNKNOWN
