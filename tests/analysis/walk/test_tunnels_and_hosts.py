"""Tunnelling, LocalNode, and clients on the hosts of the cluster."""

from dataclasses import replace
from ipaddress import ip_address

from lvsdoctor.analysis.walk import walks
from lvsdoctor.model.walk import ClientPlace, Decision, Served
from tests.analysis.walk.ends import BEYOND, CHECK, SEGMENT, SERVED, by_place, end, ends
from tests.analysis.walk.hosts import DIRECTOR, ROUTER, SILENT, Host, direct_routing, real_server, scanned

TUNNELLING = replace(DIRECTOR, ipvs=["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 198.51.100.21:80 -i -w 1"])
UNPACKING = Host(
    [("eth0", "198.51.100.21/24"), ("tunl0", "192.0.2.10/32")],
    ["default via 198.51.100.1 dev eth0"],
    SILENT,
    listens=["0.0.0.0:80"],
    links={"tunl0": "link/ipip 0.0.0.0 brd 0.0.0.0"},
)


def test_a_tunnel_that_is_up_unpacks_the_requests() -> None:
    walked = by_place(scanned(lb1=TUNNELLING, rs1=UNPACKING))
    decisions = [verdict.step.decision for verdict in walked[BEYOND].steps]
    assert walked[BEYOND].outcome is Served.SERVED
    assert decisions.index(Decision.MTU) < decisions.index(Decision.DECAPSULATION) < decisions.index(Decision.LISTENER)


def test_without_a_tunnel_requests_are_not_unpacked_and_the_health_check_passes() -> None:
    plain = replace(UNPACKING, addresses=[("eth0", "198.51.100.21/24"), ("lo", "192.0.2.10/32")])
    nodes = scanned(lb1=TUNNELLING, rs1=plain)
    assert ends(nodes)[BEYOND] == (Served.DIES, "rs1", Decision.DECAPSULATION)
    assert ends(nodes)[CHECK] == SERVED


def test_strict_rp_filter_on_the_tunnel_drops_what_it_unpacks() -> None:
    strict = replace(UNPACKING, settings={**SILENT, "tunl0.rp_filter": 1})
    verdict = by_place(scanned(lb1=TUNNELLING, rs1=strict))[BEYOND].deciding
    assert verdict is not None
    assert (verdict.step.node, verdict.step.decision) == ("rs1", Decision.SOURCE_VALIDATION)
    assert "tunl0" in verdict.step.subject


def test_a_director_that_is_its_own_real_server_serves_clients_itself() -> None:
    ipvs = ["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 192.0.2.2:80 -g -w 1"]
    local = replace(DIRECTOR, ipvs=ipvs, listens=["0.0.0.0:80"])
    assert ends(scanned(lb1=local), "lb1") == {SEGMENT: SERVED, BEYOND: SERVED}
    deaf = replace(local, listens=["127.0.0.1:80"])
    assert ends(scanned(lb1=deaf), "lb1")[SEGMENT] == (Served.DIES, "lb1", Decision.LISTENER)


def test_a_client_on_the_director_gets_no_reply_by_direct_routing() -> None:
    client = ip_address("192.0.2.2")
    rows = [walk for walk in walks(direct_routing(), clients=[client]) if walk.client.place is ClientPlace.ON_DIRECTOR]
    assert {end(walk) for walk in rows} == {
        (Served.DIES, "rs1", Decision.RETURN_PATH),
        (Served.DIES, "rs2", Decision.RETURN_PATH),
    }


def test_a_client_on_a_real_server_is_served_there() -> None:
    client = ip_address("192.0.2.21")
    rows = [walk for walk in walks(direct_routing(), clients=[client]) if walk.client.address == client]
    (walk,) = [walk for walk in rows if walk.client.place is ClientPlace.ON_REAL_SERVER]
    assert (walk.answering, walk.outcome) == ("rs1", Served.SERVED)


def test_a_permanent_neighbour_entry_of_a_scanned_router_decides_who_gets_the_packets() -> None:
    entry = "192.0.2.10 dev eth0 lladdr 02:00:00:00:03:02 PERMANENT"
    router = Host([("eth0", "192.0.2.1/24"), ("eth1", "203.0.113.1/24")], neighbours=[entry])
    nodes = scanned(lb1=DIRECTOR, rs1=real_server(21), rs2=real_server(22), router=router)
    assert {walk.answering for walk in walks(nodes) if walk.client.place is BEYOND} == {"rs2"}
    assert {walk.answering for walk in walks(nodes) if walk.client.place is SEGMENT} == {"lb1"}


def test_an_unanswered_request_of_a_scanned_host_shows_that_there_is_no_other_director() -> None:
    standby = replace(DIRECTOR, addresses=[("eth0", "192.0.2.2/24")])
    router = Host([("eth0", "192.0.2.1/24")], neighbours=["192.0.2.10 dev eth0 FAILED"])
    rows = walks(scanned(lb1=standby, rs1=real_server(21), router=router))
    assert {walk.outcome for walk in rows if walk.client.place is BEYOND} == {Served.DIES}


def test_a_prefix_of_clients_that_is_local_on_a_real_server_is_a_class_of_its_own() -> None:
    rs1 = replace(real_server(21), addresses=[*real_server(21).addresses, ("lo", "203.0.113.9/24")])
    rows = [walk for walk in walks(direct_routing(rs1=rs1)) if str(walk.client.prefix) == "203.0.113.0/24"]
    assert [(walk.real_server, walk.outcome) for walk in rows] == [("rs1", Served.DIES), ("rs2", Served.SERVED)]
    assert ROUTER in rs1.routes


def test_a_neighbour_entry_that_is_not_permanent_is_another_possibility() -> None:
    entry = "192.0.2.10 dev eth0 lladdr 02:00:00:00:02:02 STALE"
    router = Host([("eth0", "192.0.2.1/24"), ("eth1", "203.0.113.1/24")], neighbours=[entry])
    nodes = scanned(lb1=DIRECTOR, rs1=real_server(21), rs2=real_server(22), router=router)
    assert {walk.answering for walk in walks(nodes) if walk.client.place is BEYOND} == {"lb1", "rs1"}


def test_masquerading_to_loopback_serves_no_client() -> None:
    ipvs = ["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 127.0.0.1:80 -m -w 1"]
    nodes = scanned(lb1=replace(DIRECTOR, ipvs=ipvs, listens=["0.0.0.0:80"]))
    assert ends(nodes, "lb1")[SEGMENT] == (Served.DIES, "lb1", Decision.ROUTE)
