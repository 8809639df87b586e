"""Filters, rules that rewrite requests, and services by a firewall mark."""

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from lvsdoctor.analysis.walk import walks
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decision, Served
from tests.analysis.walk.ends import BEYOND, CHECK, SEGMENT, SERVED, by_place, end, ends
from tests.analysis.walk.hosts import DIRECTOR, SILENT, Host, altered, direct_routing, real_server

FILTERED = {"filter": ["-A INPUT -s 203.0.113.0/24 -p tcp -m tcp --dport 80 -j DROP"]}


def test_a_filter_of_the_director_is_asked_for_this_client() -> None:
    nodes = direct_routing(lb1=replace(DIRECTOR, rules=FILTERED))
    outcomes = {
        ip: end(walk)
        for ip in ("203.0.113.7", "198.51.100.7")
        for walk in walks(nodes, clients=[ip_address(ip)])
        if walk.client.address == ip_address(ip)
    }
    assert outcomes["203.0.113.7"] == (Served.DIES, "lb1", Decision.INPUT_FILTER)
    assert outcomes["198.51.100.7"] == SERVED


def test_clients_that_a_filter_tells_from_the_others_of_their_network_are_followed_by_themselves() -> None:
    for rule, part in (
        ("-A INPUT -s 192.0.2.128/25 -p tcp -m tcp --dport 80 -j DROP", "192.0.2.128/25"),
        ("-A INPUT -m iprange --src-range 192.0.2.64-192.0.2.127 -p tcp -m tcp --dport 80 -j DROP", "192.0.2.64/26"),
    ):
        nodes = direct_routing(lb1=replace(DIRECTOR, rules={"filter": [rule]}))
        rows = [walk for walk in walks(nodes) if walk.client.place is SEGMENT and walk.real_server == "rs1"]
        lost = (Served.DIES, "lb1", Decision.INPUT_FILTER)
        assert {(str(walk.client.prefix), walk.client.part): end(walk) for walk in rows} == {
            ("192.0.2.0/24", False): SERVED,
            (part, True): lost,
        }
        assert all((walk.client.address in ip_network(part)) is walk.client.part for walk in rows)


def test_an_exception_for_a_host_or_a_filter_of_the_whole_network_parts_no_clients() -> None:
    for source in ("192.0.2.1", "192.0.2.0/24", "192.0.0.0/16", "192.0.2.254/31"):
        nodes = direct_routing(lb1=replace(DIRECTOR, rules={"filter": [f"-A INPUT -s {source} -j ACCEPT"]}))
        assert not any(walk.client.part for walk in walks(nodes))


def test_a_filter_quotes_its_rule_first() -> None:
    rs1 = replace(real_server(21), rules={"filter": ["-A INPUT -p tcp -m tcp --dport 80 -j DROP"]})
    verdict = by_place(direct_routing(rs1=rs1))[BEYOND].deciding
    assert verdict is not None
    assert verdict.because[0].seen.text == "-A INPUT -p tcp -m tcp --dport 80 -j DROP"
    assert ends(direct_routing(rs1=rs1))[CHECK] == (Served.DIES, "rs1", Decision.INPUT_FILTER)


@pytest.mark.parametrize(
    ("length", "outcome"),
    [("40:1500", Served.DIES), ("0:65535", Served.DIES), ("0:39", Served.SERVED), ("1400:1500", Served.UNKNOWN)],
)
def test_a_rule_for_packets_of_every_length_has_the_first_of_a_connection(length: str, outcome: Served) -> None:
    rules = {"filter": [f"-A INPUT -p tcp -m tcp --dport 80 -m length --length {length} -j DROP"]}
    assert by_place(direct_routing(rs1=replace(real_server(21), rules=rules)))[SEGMENT].outcome is outcome


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        ("--tcp-flags SYN,ACK SYN,ACK", (Served.DIES, "rs1", Decision.OUTPUT_FILTER)),
        ("--tcp-flags FIN,SYN,RST,ACK SYN,ACK", (Served.DIES, "rs1", Decision.OUTPUT_FILTER)),
        ("--tcp-flags SYN SYN", (Served.DIES, "rs1", Decision.OUTPUT_FILTER)),
        ("! --sport 80 --tcp-flags SYN,ACK SYN,ACK", SERVED),
    ],
)
def test_a_real_server_that_drops_the_second_packet_of_the_handshake_serves_nobody(rule: str, outcome: object) -> None:
    rules = {"filter": [f"-A OUTPUT -p tcp -m tcp {rule} -j DROP"]}
    assert ends(direct_routing(rs1=replace(real_server(21), rules=rules)))[SEGMENT] == outcome


def test_a_real_server_that_redirects_requests_needs_no_vip() -> None:
    rules = {"nat": ["-A PREROUTING -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080"]}
    rs1 = replace(
        real_server(21), addresses=[("eth0", "192.0.2.21/24")], rules=rules, listens=["0.0.0.0:8080", "0.0.0.0:80"]
    )
    assert ends(direct_routing(rs1=rs1)) == {SEGMENT: SERVED, BEYOND: SERVED, CHECK: SERVED}
    refusing = replace(rs1, listens=["0.0.0.0:80"])
    assert ends(direct_routing(rs1=refusing))[SEGMENT] == (Served.DIES, "rs1", Decision.LISTENER)


def test_a_rule_that_sends_requests_elsewhere_takes_them_from_ipvs() -> None:
    rules = {"nat": ["-A PREROUTING -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080"]}
    nodes = direct_routing(lb1=replace(DIRECTOR, rules=rules))
    assert ends(nodes)[SEGMENT] == (Served.DIES, "lb1", Decision.IPVS)


BY_MARK = replace(
    DIRECTOR,
    ipvs=["-A -f 1 -s rr", "-a -f 1 -r 192.0.2.21:0 -g -w 1"],
    rules={"mangle": ["-A PREROUTING -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffffffff"]},
)


def test_marked_requests_are_taken_by_the_service_of_their_mark() -> None:
    rows = [walk for walk in walks(direct_routing(lb1=BY_MARK)) if walk.client.place is SEGMENT]
    assert [(walk.service, walk.port, end(walk)) for walk in rows] == [("FWM 1", 80, SERVED)]


def test_a_mark_that_no_rule_gives_takes_no_requests() -> None:
    other = {"mangle": [line.replace("0x1/", "0x2/") for line in BY_MARK.rules["mangle"]]}
    nodes = direct_routing(lb1=replace(BY_MARK, rules=other))
    assert ends(nodes)[SEGMENT] == (Served.DIES, "lb1", Decision.IPVS)


def test_a_service_whose_requests_are_marked_for_another_has_none() -> None:
    both = replace(BY_MARK, ipvs=[*DIRECTOR.ipvs, *BY_MARK.ipvs])
    rows = [walk for walk in walks(direct_routing(lb1=both)) if walk.client.place is SEGMENT]
    assert {walk.service for walk in rows} == {"FWM 1"}


BY_MARK_AT_80 = replace(BY_MARK, ipvs=["-A -f 1 -s rr", "-a -f 1 -r 192.0.2.21:80 -g -w 1"])


def marked(*rules: str) -> tuple[Node, ...]:
    return direct_routing(lb1=replace(BY_MARK_AT_80, rules={"mangle": list(rules)}))


@pytest.mark.parametrize(
    ("sources", "unmarked"), [("-s 203.0.113.0/24", "198.51.100.7"), ("! -s 203.0.113.0/24", "203.0.113.7")]
)
def test_a_client_that_the_rule_leaves_out_is_not_marked(sources: str, unmarked: str) -> None:
    rule = f"-A PREROUTING {sources} -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffffffff"
    outcomes = {
        ip: end(walk)
        for ip in ("203.0.113.7", "198.51.100.7")
        for walk in walks(marked(rule), clients=[ip_address(ip)])
        if walk.client.address == ip_address(ip)
    }
    assert outcomes.pop(unmarked) == (Served.DIES, "lb1", Decision.IPVS)
    assert list(outcomes.values()) == [SERVED]


def test_a_mark_for_a_range_of_ports_is_followed_at_a_port_of_the_real_servers() -> None:
    rule = "-A PREROUTING -d 192.0.2.10/32 -p tcp -m tcp --dport 1:1024 -j MARK --set-xmark 0x1/0xffffffff"
    rows = [walk for walk in walks(marked(rule)) if walk.client.place is SEGMENT]
    assert [(walk.port, end(walk)) for walk in rows] == [(80, SERVED)]


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [
        (["-A OUTPUT -m owner --uid-owner 1234 -j DROP"], SERVED),
        (["-A OUTPUT -m owner ! --uid-owner 0 -p tcp -j DROP"], (Served.DIES, "lb1", Decision.OUTPUT_FILTER)),
        (
            ["-A OUTPUT -m owner --uid-owner 0 -j ACCEPT", "-A OUTPUT -p tcp -j DROP"],
            (Served.DIES, "lb1", Decision.OUTPUT_FILTER),
        ),
        (["-A INPUT -m pkttype --pkt-type broadcast -j DROP"], SERVED),
    ],
)
def test_what_ipvs_sends_is_of_no_user_and_a_request_no_broadcast(rules: list[str], outcome: object) -> None:
    assert ends(direct_routing(lb1=replace(DIRECTOR, rules={"filter": rules})))[BEYOND] == outcome


def test_tproxy_without_a_route_for_its_mark_delivers_nothing() -> None:
    rules = {"mangle": ["-A PREROUTING -d 192.0.2.10/32 -p tcp -j TPROXY --on-port 80 --on-ip 0.0.0.0"
                        " --tproxy-mark 0x1/0xffffffff"]}  # fmt: skip
    rs1 = replace(real_server(21), addresses=[("eth0", "192.0.2.21/24")], rules=rules)
    assert ends(direct_routing(rs1=rs1))[BEYOND] == (Served.DIES, "rs1", Decision.LOCAL_DELIVERY)


@pytest.mark.parametrize(
    ("conntrack", "outcome"), [(0, SERVED), (1, (Served.DIES, "rs1", Decision.RETURN_PATH))], ids=["without", "with"]
)
def test_a_masqueraded_request_of_direct_routing_is_answered_to_the_director(conntrack: int, outcome: object) -> None:
    rules = {"nat": ["-A POSTROUTING -o eth0 -j MASQUERADE"]}
    assert ends(direct_routing(lb1=replace(DIRECTOR, rules=rules, conntrack=conntrack)))[BEYOND] == outcome


PUBLISHED = {"nat": ["-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.17.0.2:80"]}


def test_a_request_that_a_rule_sends_to_another_host_dies_where_this_one_does_not_forward() -> None:
    verdict = by_place(direct_routing(rs1=replace(real_server(21), rules=PUBLISHED)))[SEGMENT].deciding
    assert verdict is not None
    assert (verdict.step.node, verdict.step.decision) == ("rs1", Decision.LOCAL_DELIVERY)
    assert verdict.because[0].seen.text == PUBLISHED["nat"][0]
    assert verdict.why.startswith("a rule sends the request to 172.17.0.2, and rs1 does not forward this request: ")


def test_what_becomes_of_it_in_a_container_behind_a_host_that_forwards_is_not_known() -> None:
    forwards = altered(replace(real_server(21), rules=PUBLISHED), all_forwarding=1, eth0_forwarding=1)
    assert ends(direct_routing(rs1=forwards))[SEGMENT][0] is Served.UNKNOWN


def test_where_the_mark_alone_delivers_requests_the_socket_has_to_be_transparent_which_no_list_shows() -> None:
    rules = {"mangle": ["-A PREROUTING -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffffffff"]}
    rs1 = Marked([("eth0", "192.0.2.21/24")], real_server(21).routes, SILENT, rules=rules, listens=["0.0.0.0:80"])
    assert ends(direct_routing(rs1=rs1))[SEGMENT] == (Served.UNKNOWN, "rs1", Decision.LISTENER)


class Marked(Host):
    """Packets with mark 1 are local here."""

    def dumps(self, number: int) -> dict[str, str]:
        dumps = super().dumps(number)
        local = "local default dev lo table 100 scope host\n"
        rule = "32765:\tfrom all fwmark 0x1 lookup 100\n32766:"
        return {
            **dumps, "ip rule": dumps["ip rule"].replace("32766:", rule), "ip route": dumps["ip route"] + local,
        }  # fmt: skip


AWAY = "-A PREROUTING -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination {target}"


@pytest.mark.parametrize(
    ("target", "outcome"), [("192.0.2.21", Served.UNKNOWN), ("192.0.2.99", Served.UNKNOWN), ("192.0.2.2", Served.DIES)]
)
def test_a_host_to_which_a_rule_sends_requests_before_ipvs_may_serve_them(target: str, outcome: Served) -> None:
    nodes = direct_routing(lb1=replace(DIRECTOR, rules={"nat": [AWAY.format(target=target)]}))
    assert ends(nodes)[SEGMENT] == (outcome, "lb1", Decision.IPVS)


def test_a_marking_rule_without_a_port_marks_the_ports_that_are_served() -> None:
    listed = ["-A -f 1 -s rr", "-a -f 1 -r 192.0.2.21:80 -g -w 1", "-a -f 1 -r 192.0.2.22:80 -g -w 1"]
    first = "-A PREROUTING -p tcp -m tcp --dport {port} -j ACCEPT"
    mark = "-A PREROUTING -d 192.0.2.10/32 -p tcp -j MARK --set-xmark 0x1/0xffffffff"
    served, lost = (
        direct_routing(lb1=replace(DIRECTOR, ipvs=listed, rules={"mangle": [first.format(port=port), mark]}))
        for port in (443, 80)
    )
    assert ends(served)[SEGMENT] == SERVED
    assert ends(lost)[SEGMENT] == (Served.DIES, "lb1", Decision.IPVS)
