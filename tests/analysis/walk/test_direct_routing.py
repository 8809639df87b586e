"""Who can reach a service of direct routing, and where the others' connections die."""

from dataclasses import replace
from ipaddress import ip_address

from lvsdoctor.analysis.l2_segments import vip_on_segment
from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.analysis.walk import walks
from lvsdoctor.analysis.walk.clients import crowd
from lvsdoctor.model.coverage import Coverage, Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.walk import Decided, Decision, Served
from tests.analysis.walk.ends import BEYOND, CHECK, PREFIX, SEGMENT, SERVED, by_place, end, ends
from tests.analysis.walk.hosts import DIRECTOR, ROUTER, Host, altered, direct_routing, real_server, scanned


def test_a_healthy_cluster_serves_everybody() -> None:
    nodes = direct_routing()
    assert ends(nodes) == {SEGMENT: SERVED, BEYOND: SERVED, CHECK: SERVED}
    assert ends(nodes, "rs2") == ends(nodes)


def shares(scheduler: str) -> dict[str, float]:
    ipvs = [line.replace("-s rr", f"-s {scheduler}") for line in DIRECTOR.ipvs]
    return {walk.real_server: walk.share for walk in walks(direct_routing(lb1=replace(DIRECTOR, ipvs=ipvs)))}


def test_weights_share_the_new_connections_if_the_scheduler_asks_for_them() -> None:
    assert shares("wrr") == {"rs1": 0.25, "rs2": 0.75}
    assert shares("rr") == {"rs1": 0.5, "rs2": 0.5}
    assert shares("fo") == {"rs1": 0.0, "rs2": 1.0}


def test_no_packet_filter_of_which_there_is_no_sign_is_taken_for_absent_and_named() -> None:
    nodes = direct_routing(rs1=replace(real_server(21), without=frozenset({"iptables-save"})))
    walk = by_place(nodes)[SEGMENT]
    assert walk.outcome is Served.SERVED
    assert {line.settle for verdict in walk.steps for line in verdict.assumed} == {"iptables-save"}


def test_the_address_of_a_link_that_a_neighbour_has_is_no_client_s() -> None:
    entries = ["192.0.2.77 dev eth0 lladdr 02:00:00:00:00:77 STALE", "fe80::77 dev eth0 lladdr 02:00:00:00:00:77 STALE"]
    nodes = direct_routing(lb1=replace(DIRECTOR, neighbours=entries))
    assert [str(ip) for ip, _ in crowd(nodes).shown] == ["192.0.2.77"]


def test_a_vip_with_the_subnets_mask_on_lo_loses_the_replies_to_that_subnet() -> None:
    rs1 = replace(real_server(21), addresses=[("eth0", "192.0.2.21/24"), ("lo", "192.0.2.10/24")])
    walked = by_place(direct_routing(rs1=rs1))
    dies = walked[SEGMENT].deciding
    assert dies is not None
    assert (dies.step.node, dies.step.decision) == ("rs1", Decision.REPLY_ROUTE)
    assert "192.0.2.0/24 is a local route" in dies.why
    assert dies.because[0].seen.text.startswith("local 192.0.2.0/24 dev lo")
    assert ends(direct_routing(rs1=rs1))[CHECK] == (Served.DIES, "rs1", Decision.REPLY_ROUTE)
    assert by_place(direct_routing(rs1=rs1), "rs2")[SEGMENT].outcome is Served.SERVED


def test_a_subnet_of_the_director_that_may_not_have_been_seen_is_not_absent() -> None:
    partial = Partial("`ip addr show dev eth0` shows only a part", Seen("lb1.txt", 1, "$ ip addr show dev eth0"))
    lb1, *others = direct_routing()
    nodes = with_standing([replace(lb1, coverage={**lb1.coverage, "links": Coverage(partial=partial)}), *others])
    first = [walk.steps[0] for walk in walks(nodes) if walk.answering == "lb1" and walk.client.place is SEGMENT]
    assert {(verdict.step.decision, verdict.decided, verdict.why) for verdict in first} == {
        (Decision.ARP_REPLY, Decided.UNKNOWN, "`ip addr show dev eth0` shows only a part")
    }


def test_a_permanent_entry_with_the_mac_of_another_real_server_sends_requests_there_and_checks_nowhere() -> None:
    misled = replace(DIRECTOR, neighbours=["192.0.2.21 dev eth0 lladdr 02:00:00:00:03:02 PERMANENT"])
    nodes = direct_routing(lb1=misled)
    assert ends(nodes)[SEGMENT] == SERVED
    assert {v.step.node for v in by_place(nodes)[SEGMENT].steps if v.step.decision is Decision.LISTENER} == {"rs2"}
    assert ends(nodes)[CHECK] == (Served.DIES, "lb1", Decision.NEIGHBOUR)


def test_an_entry_with_the_mac_of_another_holder_of_the_rip_serves_clients() -> None:
    second = replace(real_server(22), addresses=[*real_server(22).addresses, ("eth0", "192.0.2.21/24")])
    entry = "192.0.2.21 dev eth0 lladdr 02:00:00:00:03:02 REACHABLE"
    nodes = direct_routing(lb1=replace(DIRECTOR, neighbours=[entry]), rs2=second)
    assert {w.outcome for w in walks(nodes) if str(w.rip) == "192.0.2.21"} == {Served.SERVED}


def test_a_real_server_without_the_vip_takes_no_request() -> None:
    rs1 = replace(real_server(21), addresses=[("eth0", "192.0.2.21/24")])
    nodes = direct_routing(rs1=rs1)
    assert ends(nodes)[SEGMENT] == (Served.DIES, "rs1", Decision.LOCAL_DELIVERY)
    assert ends(nodes)[CHECK] == SERVED


def test_a_real_server_without_a_gateway_serves_its_own_subnet_alone() -> None:
    nodes = direct_routing(rs1=replace(real_server(21), routes=[]))
    assert ends(nodes) == {SEGMENT: SERVED, BEYOND: (Served.DIES, "rs1", Decision.REPLY_ROUTE), CHECK: SERVED}


def test_replies_through_the_director_are_dropped_there_as_martian() -> None:
    nodes = direct_routing(rs1=replace(real_server(21), routes=["default via 192.0.2.2 dev eth0"]))
    assert ends(nodes)[BEYOND] == (Served.DIES, "rs1", Decision.RETURN_PATH)
    assert ends(nodes)[SEGMENT] == SERVED


def test_a_real_server_that_answers_arp_is_a_possibility_of_its_own() -> None:
    nodes = direct_routing(rs1=replace(real_server(21), settings={}))
    rows = [walk for walk in walks(nodes) if walk.client.place is SEGMENT]
    assert [walk.answering for walk in rows] == ["lb1", "lb1", "rs1"]
    assert rows[2].forwarding is None
    assert rows[2].outcome is Served.SERVED
    assert all(step.step.node == "rs1" for step in rows[2].steps)


def test_the_vip_as_sender_harms_others_and_ends_no_walk() -> None:
    rs1 = replace(real_server(21), settings={"all.arp_ignore": 1})
    walk = by_place(direct_routing(rs1=rs1))[BEYOND]
    (sender,) = [verdict for verdict in walk.steps if verdict.step.decision is Decision.ARP_SENDER]
    assert "uses 192.0.2.10 as sender" in sender.why
    assert walk.outcome is Served.SERVED


def test_a_program_that_listens_on_the_rip_alone_serves_the_health_check_and_no_client() -> None:
    nodes = direct_routing(rs1=replace(real_server(21), listens=["192.0.2.21:80"]))
    listener = (Served.DIES, "rs1", Decision.LISTENER)
    assert ends(nodes) == {SEGMENT: listener, BEYOND: listener, CHECK: SERVED}


def test_what_was_not_collected_is_unknown_and_names_its_command() -> None:
    nodes = direct_routing(rs1=replace(real_server(21), without=frozenset({"ss"})))
    verdict = by_place(nodes)[SEGMENT].deciding
    assert verdict is not None
    assert by_place(nodes)[SEGMENT].outcome is Served.UNKNOWN
    assert (verdict.step.decision, verdict.settle) == (Decision.LISTENER, "ss -lntup")


def test_a_real_server_that_is_not_in_the_scan_is_unknown() -> None:
    rows = [walk for walk in walks(scanned(lb1=DIRECTOR, rs2=real_server(22))) if walk.rip == ip_address("192.0.2.21")]
    assert {walk.outcome for walk in rows} == {Served.UNKNOWN}
    assert {walk.real_server for walk in rows} == {""}


def test_a_director_without_the_vip_may_stand_by_for_a_stranger_and_not_for_another_that_is_scanned() -> None:
    standby = replace(DIRECTOR, addresses=[("eth0", "192.0.2.2/24")])
    alone = [walk for walk in walks(direct_routing(lb1=standby)) if walk.client.place is SEGMENT]
    assert {(walk.answering, walk.outcome) for walk in alone} == {("lb1", Served.UNKNOWN)}
    assert {walk.deciding.settle for walk in alone if walk.deciding} == {"# scan the directors together"}
    other = replace(standby, addresses=[("eth0", "192.0.2.3/24")])
    pair = [walk for walk in walks(direct_routing(lb1=standby, lb2=other)) if walk.client.place is SEGMENT]
    assert {(walk.answering, walk.outcome) for walk in pair} == {("", Served.DIES)}


def test_the_director_that_has_the_vip_is_the_one_that_is_followed() -> None:
    standby = replace(DIRECTOR, addresses=[("eth0", "192.0.2.3/24")])
    nodes = direct_routing(lb1=standby, lb2=DIRECTOR)
    assert {walk.answering for walk in walks(nodes)} == {"lb2"}
    assert {walk.outcome for walk in walks(nodes)} == {Served.SERVED}


def test_weight_0_gets_no_new_connections() -> None:
    ipvs = [line.replace("-w 1", "-w 0") for line in DIRECTOR.ipvs]
    nodes = direct_routing(lb1=replace(DIRECTOR, ipvs=ipvs))
    assert ends(nodes)[SEGMENT] == (Served.DIES, "lb1", Decision.REAL_SERVER)
    assert ends(nodes)[CHECK] == SERVED
    assert by_place(nodes)[SEGMENT].share == 0.0


def test_strict_rp_filter_drops_requests_on_the_back_network() -> None:
    own = [("eth0", "192.0.2.31/24"), ("eth1", "198.51.100.21/24"), ("lo", "192.0.2.10/32")]
    rs1 = altered(Host(own, [ROUTER], real_server(21).settings, listens=["0.0.0.0:80"]), all_rp_filter=1)
    lb1 = replace(
        DIRECTOR,
        addresses=[*DIRECTOR.addresses, ("eth1", "198.51.100.2/24")],
        ipvs=[line.replace("192.0.2.21", "198.51.100.21") for line in DIRECTOR.ipvs],
    )
    nodes = direct_routing(lb1=lb1, rs1=rs1)
    assert ends(nodes)[BEYOND] == (Served.DIES, "rs1", Decision.SOURCE_VALIDATION)
    assert ends(nodes)[CHECK] == SERVED


def test_a_client_that_is_named_is_evidenced() -> None:
    client = ip_address("203.0.113.7")
    rows = [walk for walk in walks(direct_routing(), clients=[client]) if walk.client.address == client]
    assert [walk.real_server for walk in rows] == ["rs1", "rs2"]
    assert all(walk.client.evidenced and walk.outcome is Served.SERVED for walk in rows)


def test_a_host_that_no_director_lists_gets_connections_where_it_answers_for_the_vip() -> None:
    """A real server of another port, or one that was taken out of the table."""
    silent = altered(real_server(23), all_arp_ignore=1)
    assert {walk.answering for walk in walks(direct_routing(rs3=silent))} == {"lb1"}
    leaking = replace(altered(real_server(23), all_arp_ignore=0, eth0_arp_ignore=0), listens=["0.0.0.0:443"])
    nodes = direct_routing(rs3=leaking)
    (walk,) = [walk for walk in walks(nodes) if walk.answering == "rs3" and walk.client.place is SEGMENT]
    assert (walk.rip, walk.real_server, end(walk)) == (None, "rs3", (Served.DIES, "rs3", Decision.LISTENER))


def test_beside_another_address_the_mask_of_a_vip_tells_of_no_segment() -> None:
    """rs1 has the VIP on the link of another network, where nobody asks for it."""
    own = [("eth0", "192.0.2.21/24"), ("eth1", "198.51.100.21/24"), ("eth1", "192.0.2.10/24")]
    nodes = direct_routing(rs1=replace(real_server(21), addresses=own))
    assert {walk.answering for walk in walks(nodes)} == {"lb1"}
    rs1 = next(node for node in nodes if node.name == "rs1")
    segments = {link.name: vip_on_segment(rs1, ip_address("192.0.2.10"), link) for link in rs1.links_hearing_arp}
    assert segments["eth0"] is not None
    assert segments["eth1"] is None


def test_a_reply_by_a_link_of_another_segment_than_the_clients_is_not_called_served() -> None:
    lb1 = replace(DIRECTOR, addresses=[*DIRECTOR.addresses, ("eth1", "198.51.100.2/24")])
    rs1 = replace(
        real_server(21), addresses=[("eth0", "192.0.2.21/24"), ("eth1", "198.51.100.21/24"), ("eth1", "192.0.2.10/25")]
    )
    client = ip_address("192.0.2.100")
    rows = [walk for walk in walks(direct_routing(lb1=lb1, rs1=rs1), clients=[client]) if walk.real_server == "rs1"]
    assert {walk.outcome for walk in rows if walk.client.address == client} == {Served.UNKNOWN}


def test_a_source_that_passes_on_each_link_where_it_may_come_passes() -> None:
    lb1 = replace(DIRECTOR, addresses=[*DIRECTOR.addresses, ("eth1", "203.0.113.2/24")])
    assert ends(direct_routing(lb1=lb1))[PREFIX] == SERVED
    strict = altered(lb1, all_rp_filter=1)
    assert by_place(direct_routing(lb1=strict))[PREFIX].outcome is Served.UNKNOWN


def test_the_segment_of_a_link_without_an_address_is_not_known_so_its_answer_may_reach_clients() -> None:
    answers = {"all.arp_ignore": 0, "eth0.arp_ignore": 1, "all.arp_announce": 2, "eth1.arp_ignore": 0}
    rs1 = replace(real_server(21), addresses=[*real_server(21).addresses, ("eth1", "")], settings=answers)
    walks_by_rs1 = by_place(direct_routing(rs1=rs1), answering="rs1")
    assert end(walks_by_rs1[SEGMENT]) == (Served.UNKNOWN, "rs1", Decision.ARP_REPLY)
    silent = replace(rs1, settings={**answers, "all.arp_ignore": 1})
    assert SEGMENT not in by_place(direct_routing(rs1=silent), answering="rs1")


def test_a_gateway_tells_of_the_segment_of_a_link_whose_addresses_have_no_subnet() -> None:
    own = [("eth0", "192.0.2.10/32"), ("eth0", "192.0.2.21/32")]
    rs1 = replace(real_server(21), addresses=own, routes=["default via 192.0.2.1 dev eth0 onlink"], settings={})
    assert by_place(direct_routing(rs1=rs1), answering="rs1")[SEGMENT].steps[0].decided is Decided.YES


def test_a_director_whose_link_has_no_arp_is_found_only_by_permanent_entries() -> None:
    lb1 = replace(DIRECTOR, links={"eth0": "link/ether 02:00:00:00:01:02 brd ff:ff:ff:ff:ff:ff"})
    first = by_place(direct_routing(lb1=lb1))[SEGMENT].steps[0]
    assert (first.step.decision, first.decided) == (Decision.ARP_REPLY, Decided.UNKNOWN)
