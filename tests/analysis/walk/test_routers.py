"""Routers that the scan has: do they pass packets on, and does a neighbour entry lead to them?"""

from dataclasses import replace

import pytest

from lvsdoctor.analysis.walk import walks
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Role, RoleEvidence
from lvsdoctor.model.walk import ClientPlace, Decision, Served
from tests.analysis.walk.ends import BEYOND, CHECK, SEGMENT, SERVED, by_place, ends
from tests.analysis.walk.hosts import DIRECTOR as STANDARD
from tests.analysis.walk.hosts import ROUTER, Host, altered, direct_routing, real_server, scanned

OUTER = altered(
    Host([("eth0", "192.0.2.1/24"), ("eth1", "203.0.113.1/24")]), all_forwarding=1, eth0_forwarding=1, eth1_forwarding=1
)
INNER = altered(
    Host([("eth0", "198.51.100.9/24"), ("eth1", "10.1.0.1/24")], ["default via 198.51.100.1 dev eth0"]),
    all_forwarding=1, eth0_forwarding=1, eth1_forwarding=1,
)  # fmt: skip
DIRECTOR = altered(
    Host(
        [("eth0", "192.0.2.2/24"), ("eth0", "192.0.2.10/32"), ("eth1", "198.51.100.1/24")],
        [ROUTER, "10.1.0.0/24 via 198.51.100.9 dev eth1"],
        ipvs=["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 10.1.0.21:80 -m -w 1"],
    ),
    all_forwarding=1, eth0_forwarding=1, eth1_forwarding=1,
)  # fmt: skip
DEEP = Host([("eth0", "10.1.0.21/24")], ["default via 10.1.0.1 dev eth0"], listens=["0.0.0.0:80"])
DROPS = {"filter": ["-A FORWARD -p tcp -j DROP"]}


def deep(inner: Host) -> tuple[Node, ...]:
    return scanned(lb1=DIRECTOR, rs1=DEEP, inner=inner)


def test_a_router_with_its_default_route_through_the_director_brings_nat_replies_back() -> None:
    assert ends(deep(INNER))[SEGMENT] == SERVED


@pytest.mark.parametrize(
    "inner", [altered(INNER, eth0_forwarding=0, eth1_forwarding=0), replace(INNER, rules=DROPS)],
    ids=["it does not forward", "its filter drops"],
)  # fmt: skip
def test_a_router_that_passes_no_request_on_ends_the_walk_at_the_director(inner: Host) -> None:
    assert ends(deep(inner))[SEGMENT] == (Served.DIES, "lb1", Decision.ROUTE)
    assert ends(deep(inner))[CHECK] == (Served.DIES, "lb1", Decision.ROUTE)


def test_a_router_with_a_filter_drops_replies_of_direct_routing() -> None:
    drops_replies = {"filter": ["-A FORWARD -p tcp --sport 80 -j DROP"]}
    nodes = direct_routing(router=replace(OUTER, rules=drops_replies))
    assert ends(nodes)[BEYOND] == (Served.DIES, "rs1", Decision.RETURN_PATH)
    assert ends(nodes)[SEGMENT] == SERVED
    assert ends(direct_routing(router=OUTER))[BEYOND] == SERVED


def test_a_router_with_a_filter_drops_requests_first() -> None:
    nodes = direct_routing(router=replace(OUTER, rules=DROPS))
    assert ends(nodes)[BEYOND] == (Served.DIES, "router", Decision.ROUTE)
    assert ends(nodes)[SEGMENT] == SERVED


def test_clients_beyond_a_scanned_router_are_in_a_subnet_of_its_and_are_shown() -> None:
    walk = by_place(direct_routing(router=OUTER))[BEYOND]
    assert str(walk.client.address).startswith("203.0.113.")
    assert walk.client.evidenced
    assert not walk.client.connects
    assert not by_place(direct_routing())[BEYOND].client.evidenced


def test_the_host_that_probed_is_a_client_that_the_scan_shows() -> None:
    *nodes, asker = direct_routing(zz=Host([("eth0", "192.0.2.77/24")]))
    roles = (RoleEvidence(Role.CLIENT, "it asked the wire"),)
    probed = (*nodes, replace(asker, standing=replace(asker.standing, roles=roles)))
    clients = [walk.client for walk in walks(probed) if walk.client.place is SEGMENT]
    assert {str(client.address) for client in clients} == {"192.0.2.77"}
    assert all(client.evidenced for client in clients)


@pytest.mark.parametrize(
    ("mac", "state", "end"),
    [
        ("02:00:00:00:00:99", "PERMANENT", (Served.DIES, "rs1", Decision.NEIGHBOUR)),
        ("02:00:00:00:00:99", "STALE", SERVED),  # it changes by itself
        ("02:00:00:00:04:02", "PERMANENT", SERVED),  # the router's own
    ],
)
def test_a_permanent_entry_for_the_gateway_with_a_mac_of_no_host_loses_replies(
    mac: str, state: str, end: object
) -> None:
    rs1 = replace(real_server(21), neighbours=[f"192.0.2.1 dev eth0 lladdr {mac} {state}"])
    nodes = direct_routing(rs1=rs1, router=OUTER)
    assert ends(nodes)[BEYOND] == end
    assert ends(nodes)[SEGMENT] == SERVED


def test_a_gateway_that_no_scanned_host_has_and_nobody_answers_for_gets_no_reply() -> None:
    lost = replace(
        real_server(21), routes=["default via 192.0.2.99 dev eth0"], neighbours=["192.0.2.99 dev eth0 FAILED"]
    )
    assert ends(direct_routing(rs1=lost))[BEYOND] == (Served.DIES, "rs1", Decision.NEIGHBOUR)
    known = replace(lost, neighbours=["192.0.2.99 dev eth0 lladdr 02:00:00:00:00:99 STALE"])
    assert ends(direct_routing(rs1=known))[BEYOND] == SERVED


def test_a_permanent_entry_of_the_last_router_with_a_mac_of_no_host_loses_requests() -> None:
    inner = replace(INNER, neighbours=["10.1.0.21 dev eth1 lladdr 02:00:00:00:00:99 PERMANENT"])
    assert ends(deep(inner))[SEGMENT] == (Served.DIES, "lb1", Decision.ROUTE)
    assert ends(deep(inner))[CHECK] == (Served.DIES, "lb1", Decision.ROUTE)


AWAY = replace(OUTER, routes=["192.0.2.10 dev eth1 scope link"])


def test_a_router_that_looks_for_the_vip_on_another_link_and_finds_no_host_loses_the_requests() -> None:
    failed = replace(AWAY, neighbours=["192.0.2.10 dev eth1 FAILED"])
    by_router = by_place(direct_routing(router=failed))[BEYOND]
    verdict = by_router.deciding
    assert (by_router.outcome, verdict and verdict.step.node) == (Served.DIES, "router")
    assert verdict is not None
    assert [line.seen.text for line in verdict.because] == [*AWAY.routes, "192.0.2.10 dev eth1 FAILED"]
    assert ends(direct_routing(router=failed))[SEGMENT] == SERVED


def test_whether_a_host_of_that_other_link_has_the_vip_only_a_neighbour_entry_tells() -> None:
    assert ends(direct_routing(router=AWAY))[BEYOND][0] is Served.UNKNOWN


def test_a_route_of_the_router_that_refuses_the_vip_loses_the_requests() -> None:
    refuses = replace(OUTER, routes=["prohibit 192.0.2.10"])
    assert ends(direct_routing(router=refuses))[BEYOND] == (Served.DIES, "router", Decision.ROUTE)


@pytest.mark.parametrize("routes", [[], ["192.0.2.10 dev eth0 scope link"], ["192.0.2.10 via 192.0.2.2 dev eth0"]])
def test_a_router_that_sends_the_requests_by_the_link_beside_the_director_is_as_usual(routes: list[str]) -> None:
    assert ends(direct_routing(router=replace(OUTER, routes=routes)))[BEYOND] == SERVED


def test_the_reply_to_a_health_check_that_a_router_drops_fails_the_check() -> None:
    drops = {"filter": ["-A FORWARD -p tcp -m tcp --sport 80 -j DROP"]}
    assert ends(deep(replace(INNER, rules=drops)))[CHECK] == (Served.DIES, "rs1", Decision.ROUTE)
    past = replace(real_server(21), routes=[*real_server(21).routes, "192.0.2.2 via 192.0.2.1 dev eth0"])
    assert ends(direct_routing(rs1=past, router=OUTER))[CHECK] == SERVED
    invalid = {"filter": ["-A FORWARD -m conntrack --ctstate INVALID -j DROP"]}
    nodes = direct_routing(rs1=past, router=replace(OUTER, rules=invalid))
    assert ends(nodes)[CHECK] == (Served.DIES, "rs1", Decision.ROUTE)


def test_a_host_that_is_no_director_and_holds_the_vip_draws_clients_too() -> None:
    holder = replace(OUTER, addresses=[*OUTER.addresses, ("eth0", "192.0.2.10/32")])
    on_segment = [walk for walk in walks(direct_routing(router=holder)) if walk.client.place is ClientPlace.ON_SEGMENT]
    assert {walk.answering for walk in on_segment} == {"lb1", "router"}
    assert all(walk.outcome is Served.SERVED for walk in on_segment if walk.answering == "lb1")


def test_a_route_without_a_gateway_to_a_client_of_no_subnet_needs_a_proxy() -> None:
    flat = replace(real_server(21), routes=["default dev eth0"])
    lost = replace(flat, neighbours=["203.0.113.9 dev eth0 FAILED"])
    proxied = replace(flat, neighbours=["203.0.113.9 dev eth0 lladdr 02:00:00:00:09:09 REACHABLE"])
    assert ends(direct_routing(rs1=lost))[BEYOND] == (Served.DIES, "rs1", Decision.RETURN_PATH)
    assert ends(direct_routing(rs1=proxied))[BEYOND] == SERVED
    assert ends(direct_routing(rs1=flat))[BEYOND][0] is Served.UNKNOWN
    assert ends(direct_routing(rs1=lost))[SEGMENT] == SERVED


def test_a_director_without_a_route_to_the_clients_of_a_scanned_router_loses_them() -> None:
    lb1 = replace(DIRECTOR, routes=[])
    client = Host([("eth0", "192.0.2.100/24")], [ROUTER])
    rs1 = Host([("eth0", "198.51.100.21/24")], ["default via 198.51.100.1 dev eth0"], listens=["0.0.0.0:80"])
    lb1 = replace(lb1, ipvs=["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 198.51.100.21:80 -m -w 1"])
    outcomes = ends(scanned(lb1=lb1, rs1=rs1, client=client, router=OUTER))
    assert outcomes[BEYOND] == (Served.DIES, "lb1", Decision.RETURN_PATH)


def test_a_router_that_does_not_track_replies_takes_what_follows_a_syn_for_invalid() -> None:
    untracked = {"raw": ["-A PREROUTING -s 192.0.2.10/32 -j NOTRACK"]}
    invalid = {"filter": ["-A FORWARD -m conntrack --ctstate INVALID -j DROP"]}
    lost = (Served.DIES, "router", Decision.ROUTE)
    assert ends(direct_routing(router=replace(OUTER, rules={**untracked, **invalid})))[BEYOND] == lost
    assert ends(direct_routing(router=replace(OUTER, rules=untracked)))[BEYOND] == SERVED
    assert ends(direct_routing(router=replace(OUTER, rules=invalid)))[BEYOND] == SERVED
    both = {"raw": [*untracked["raw"], "-A PREROUTING -d 192.0.2.10/32 -j NOTRACK"]}
    assert ends(direct_routing(router=replace(OUTER, rules={**both, **invalid})))[BEYOND] == SERVED


def test_where_a_router_sends_the_requests_for_a_vip_to_a_real_server_it_serves_them() -> None:
    router = replace(OUTER, routes=["198.51.100.10 via 192.0.2.21 dev eth0"])
    table = [line.replace("192.0.2.10", "198.51.100.10") for line in STANDARD.ipvs]
    lb1 = replace(STANDARD, addresses=[("eth0", "192.0.2.2/24"), ("lo", "198.51.100.10/32")], ipvs=table)
    own = [("eth0", "192.0.2.21/24"), ("lo", "198.51.100.10/32")]
    nodes = direct_routing(lb1=lb1, rs1=replace(real_server(21), addresses=own), router=router)
    past = [walk for walk in walks(nodes) if walk.answering == "rs1"]
    assert past
    assert all(walk.outcome is not Served.DIES for walk in past)
