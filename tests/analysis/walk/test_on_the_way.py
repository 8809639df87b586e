"""Requests on their way to a director, and masqueraded replies beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address

import pytest

from lvsdoctor.analysis.filters.filter_paths import locality
from lvsdoctor.kernel.packet_filter import DELIVERED, FilterOutcome, filtered
from lvsdoctor.kernel.packet_matching import NEW, Packet
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Decision, Served
from tests.analysis.walk.ends import BEYOND, CHECK, SEGMENT, SERVED, by_place, ends
from tests.analysis.walk.hosts import DIRECTOR, ROUTER, Host, altered, direct_routing, real_server, scanned

OUTER = altered(
    Host([("eth0", "192.0.2.1/24"), ("eth1", "203.0.113.1/24")]), all_forwarding=1, eth0_forwarding=1, eth1_forwarding=1
)
ROUTED = "198.51.100.10"


def filtering(*rules: str) -> Host:
    return replace(OUTER, rules={"filter": rules})


@pytest.mark.parametrize(
    ("rule", "end"),
    [
        ("-A FORWARD -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j DROP", (Served.DIES, "router", Decision.ROUTE)),
        ("-A FORWARD -d 192.0.2.10/32 -i eth1 -j DROP", (Served.DIES, "router", Decision.ROUTE)),
        ("-A FORWARD -d 192.0.2.10/32 -i eth0 -j DROP", SERVED),  # that of another link
        ("-A FORWARD -d 192.0.2.10/32 -p tcp -m tcp --dport 443 -j DROP", SERVED),
    ],
)
def test_a_router_that_drops_the_requests_ends_the_walk(rule: str, end: object) -> None:
    nodes = direct_routing(router=filtering(rule))
    assert ends(nodes)[BEYOND] == end
    assert ends(nodes)[SEGMENT] == SERVED


def routed(router: Sequence[str], neighbours: Sequence[str] = (), **more: Host) -> tuple[Node, ...]:
    """The VIP is in no host's subnet, and the router has these routes and neighbour entries."""
    lb1 = Host(
        [("eth0", "192.0.2.2/24"), ("eth0", f"{ROUTED}/32")], [ROUTER],
        ipvs=[f"-A -t {ROUTED}:80 -s rr", f"-a -t {ROUTED}:80 -r 192.0.2.21:80 -g -w 1"],
    )  # fmt: skip
    rs1 = replace(real_server(21), addresses=[("eth0", "192.0.2.21/24"), ("lo", f"{ROUTED}/32")])
    return scanned(lb1=lb1, rs1=rs1, router=replace(OUTER, routes=router, neighbours=neighbours), **more)


STANDBY = Host([("eth0", "192.0.2.3/24")], [ROUTER])


@pytest.mark.parametrize(
    ("routes", "end"),
    [
        ([f"{ROUTED} via 192.0.2.2 dev eth0"], SERVED),
        ([f"{ROUTED} via 192.0.2.3 dev eth0"], (Served.DIES, "router", Decision.ROUTE)),
        ([], (Served.DIES, "router", Decision.ROUTE)),
        (["default via 203.0.113.99 dev eth1"], SERVED),  # what that one does was not collected
    ],
    ids=["to the director", "to the one that stands by", "no route", "to a router that was not scanned"],
)
def test_a_router_has_to_bring_a_routed_vip_to_its_director(routes: Sequence[str], end: object) -> None:
    assert ends(routed(routes, lb2=STANDBY))[BEYOND] == end


INVALID = "-A FORWARD -m conntrack --ctstate INVALID -j DROP"
BACK = altered(
    Host([("eth0", "192.0.2.1/24"), ("eth1", "203.0.113.1/24"), ("eth2", "198.51.100.1/24")]),
    all_forwarding=1, eth0_forwarding=1, eth1_forwarding=1, eth2_forwarding=1,
)  # fmt: skip


def by_back_network(rules: Mapping[str, Sequence[str]]) -> tuple[Node, ...]:
    """The real server replies by a router that does not see the requests of clients beside the director."""
    lb1 = replace(
        DIRECTOR, addresses=[*DIRECTOR.addresses, ("eth1", "198.51.100.2/24")],
        ipvs=["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 198.51.100.21:80 -g -w 1"],
    )  # fmt: skip
    own = [("eth0", "198.51.100.21/24"), ("lo", "192.0.2.10/32")]
    rs1 = replace(real_server(21), addresses=own, routes=["default via 198.51.100.1 dev eth0"])
    return scanned(lb1=lb1, rs1=rs1, router=replace(BACK, rules=rules))


@pytest.mark.parametrize("rules", [[INVALID], ["-A FORWARD -m conntrack ! --ctstate ESTABLISHED -j DROP"]])
def test_what_a_router_sees_of_replies_alone_is_invalid_to_it(rules: Sequence[str]) -> None:
    nodes = by_back_network({"filter": rules})
    assert ends(nodes)[SEGMENT] == (Served.DIES, "rs1", Decision.RETURN_PATH)
    assert ends(by_back_network({}))[SEGMENT] == SERVED


def test_of_clients_beyond_it_that_router_sees_the_requests_too() -> None:
    assert ends(by_back_network({"filter": [INVALID]}))[BEYOND] == SERVED


NOTRACK = "-A PREROUTING -d 192.0.2.10/32 -j NOTRACK"
ESTABLISHED_ALONE = "-A FORWARD -s 192.0.2.10/32 -m conntrack ! --ctstate ESTABLISHED -j DROP"


@pytest.mark.parametrize(
    ("raw", "rule", "end"),
    [
        ([NOTRACK], ESTABLISHED_ALONE, (Served.DIES, "rs1", Decision.RETURN_PATH)),
        ([NOTRACK], INVALID, (Served.DIES, "rs1", Decision.RETURN_PATH)),
        ([], ESTABLISHED_ALONE, SERVED),
        (["-A PREROUTING -d 192.0.2.10/32 -i eth0 -j NOTRACK"], ESTABLISHED_ALONE, SERVED),  # that of another link
        (["-A PREROUTING -d 192.0.2.10/32 -p udp -j NOTRACK"], ESTABLISHED_ALONE, SERVED),
        ([NOTRACK, "-A PREROUTING -s 192.0.2.10/32 -j NOTRACK"], INVALID, SERVED),  # neither direction is tracked
    ],
)
def test_to_a_router_that_does_not_track_the_requests_the_replies_are_invalid(
    raw: Sequence[str], rule: str, end: object
) -> None:
    nodes = direct_routing(router=replace(OUTER, rules={"raw": raw, "filter": [rule]}))
    assert ends(nodes)[BEYOND] == end


MASQUERADING = altered(
    Host(
        [("eth0", "192.0.2.2/24"), ("eth0", "192.0.2.10/32"), ("eth1", "198.51.100.2/24"), ("eth1", "198.51.100.9/32")],
        [ROUTER],
        ipvs=["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 198.51.100.21:80 -m -w 1"],
    ),
    all_forwarding=1, eth0_forwarding=1, eth1_forwarding=1,
)  # fmt: skip
SECOND = Host([("eth0", "192.0.2.3/24"), ("eth1", "198.51.100.3/24"), ("eth1", "198.51.100.9/32")], [ROUTER])


def masqueraded(mac: str = "", **more: Host) -> tuple[Node, ...]:
    """The real server replies by an address that moves between directors; its entry for it has this MAC."""
    entry = [f"198.51.100.9 dev eth0 lladdr {mac} STALE"] if mac else []
    rs1 = Host(
        [("eth0", "198.51.100.21/24")], ["default via 198.51.100.9 dev eth0"], listens=["0.0.0.0:80"], neighbours=entry
    )
    return scanned(lb1=MASQUERADING, rs1=rs1, **more)


def test_a_gateway_that_two_directors_have_leads_to_the_one_whose_mac_the_real_server_has() -> None:
    assert ends(masqueraded())[SEGMENT] == SERVED
    assert ends(masqueraded("02:00:00:00:01:03", lb2=SECOND))[SEGMENT] == SERVED
    assert ends(masqueraded("02:00:00:00:03:03", lb2=SECOND))[SEGMENT] == (Served.DIES, "rs1", Decision.RETURN_PATH)
    assert ends(masqueraded(lb2=SECOND))[SEGMENT][0] is Served.UNKNOWN


def test_a_host_on_a_segment_of_two_networks_answers_there_for_the_vip() -> None:
    lb1 = replace(
        DIRECTOR, addresses=[*DIRECTOR.addresses, ("eth0", "198.51.100.2/24")],
        ipvs=["-A -t 192.0.2.10:80 -s rr", "-a -t 192.0.2.10:80 -r 198.51.100.21:80 -g -w 1"],
    )  # fmt: skip
    own = [("eth0", "198.51.100.21/24"), ("lo", "192.0.2.10/32")]
    silent = replace(real_server(21), addresses=own, routes=["default via 198.51.100.1 dev eth0"])
    assert SEGMENT not in by_place(scanned(lb1=lb1, rs1=silent), answering="rs1")
    loud = altered(silent, all_arp_ignore=0)
    assert SEGMENT in by_place(scanned(lb1=lb1, rs1=loud), answering="rs1")


def test_a_table_for_the_source_that_has_no_route_fails_health_checks() -> None:
    """net/ipv4/route.c: ip_route_connect() looks for the route once more, with the source that it has found."""
    rule = "0:\tfrom all lookup local\n50:\tfrom 192.0.2.0/24 lookup 100\n32766:\tfrom all lookup main\n"
    lb1 = replace(DIRECTOR, routes=[ROUTER, "unreachable default table 100"], policy=rule)
    assert ends(direct_routing(lb1=lb1))[CHECK] == (Served.DIES, "lb1", Decision.HEALTH_CHECK)
    assert ends(direct_routing())[CHECK] == SERVED


def test_masqueraded_replies_are_routed_again_with_the_vip_as_source() -> None:
    rule = "0:\tfrom all lookup local\n50:\tfrom 192.0.2.10 lookup 100\n32766:\tfrom all lookup main\n"
    rs1 = Host([("eth0", "198.51.100.21/24")], ["default via 198.51.100.2 dev eth0"], listens=["0.0.0.0:80"])
    for kind, end in (
        ("unreachable default table 100", (Served.DIES, "lb1", Decision.RETURN_PATH)),
        ("default via 192.0.2.1 dev eth0 table 100", SERVED),
    ):
        lb1 = replace(MASQUERADING, routes=[ROUTER, kind], policy=rule)
        assert ends(scanned(lb1=lb1, rs1=rs1))[SEGMENT] == end


@pytest.mark.parametrize(
    ("rule", "end"),
    [
        ("-A INPUT -p tcp -m tcp --sport 0:1023 -j DROP", SERVED),
        ("-A INPUT -p tcp -m tcp --sport 1024:65535 --dport 80 -j DROP", (Served.DIES, "rs1", Decision.INPUT_FILTER)),
        ("-A OUTPUT -p tcp -m multiport --dports 8080,8081 -j DROP", SERVED),
        (
            "-A OUTPUT -p tcp -m tcp --sport 80 --dport 32768:60999 -j DROP",
            (Served.DIES, "rs1", Decision.OUTPUT_FILTER),
        ),
    ],
)
def test_a_client_has_a_high_port(rule: str, end: object) -> None:
    rs1 = replace(real_server(21), rules={"filter": [rule]})
    assert ends(direct_routing(rs1=rs1))[SEGMENT] == end


def test_where_a_link_has_no_address_redirect_drops_the_packet() -> None:
    """net/netfilter/nf_nat_redirect.c: nf_nat_redirect_ipv4(). Measured with what tunl0 unpacks."""
    redirect = {"nat": ["-A PREROUTING -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j REDIRECT"]}
    (rs1,) = scanned(rs1=replace(real_server(21), addresses=[("eth0", "192.0.2.21/24")], rules=redirect))
    request = Packet(ip_address("8.8.8.8"), ip_address("192.0.2.10"), dport=80, states=NEW)
    for link, outcome in (("eth0", FilterOutcome.ACCEPTED), ("tunl0", FilterOutcome.DROPPED)):
        assert filtered(rs1, replace(request, in_link=link), DELIVERED, locality(rs1, 4)).outcome is outcome


def test_a_vip_that_only_a_policy_rule_makes_local_sends_no_replies() -> None:
    """Measured on Linux 6.1: the request is delivered, and the server's SYN,ACK has no source."""
    rule = "0:\tfrom all lookup local\n50:\tfrom all to 192.0.2.10 lookup 100\n32766:\tfrom all lookup main\n"
    route = "local 192.0.2.10 dev lo table 100"
    rs1 = replace(real_server(21), addresses=[("eth0", "192.0.2.21/24")], routes=[ROUTER, route], policy=rule)
    assert ends(direct_routing(rs1=rs1))[SEGMENT] == (Served.DIES, "rs1", Decision.REPLY_ROUTE)


def test_a_router_that_sends_requests_to_a_real_server_passes_the_director_by() -> None:
    assert ends(routed([f"{ROUTED} via 192.0.2.21 dev eth0"]))[BEYOND] == (Served.DIES, "router", Decision.ROUTE)


@pytest.mark.parametrize(
    ("mac", "end"),
    [("02:00:00:00:00:99", (Served.DIES, "router", Decision.ROUTE)), ("02:00:00:00:01:02", SERVED)],
)
def test_a_router_with_a_permanent_entry_of_another_mac_does_not_reach_the_director(mac: str, end: object) -> None:
    route, entry = f"{ROUTED} via 192.0.2.2 dev eth0", f"192.0.2.2 dev eth0 lladdr {mac} PERMANENT"
    assert ends(routed([route], neighbours=[entry]))[BEYOND] == end


def test_a_router_whose_next_hop_no_host_has_brings_no_request() -> None:
    route, entry = f"{ROUTED} via 192.0.2.77 dev eth0", "192.0.2.77 dev eth0 FAILED"
    assert ends(routed([route], neighbours=[entry]))[BEYOND] == (Served.DIES, "router", Decision.ROUTE)
    assert ends(routed([route]))[BEYOND] == SERVED  # a host that was not scanned may have it
