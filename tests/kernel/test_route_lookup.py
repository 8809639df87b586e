"""Which route a packet takes: policy rules, tables, longest prefix, metric; and what follows from addresses alone."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest

from lvsdoctor.kernel.default_gateways import default_gateways
from lvsdoctor.kernel.policy_rules import has_custom_rules
from lvsdoctor.kernel.routing import (
    captured_by_mark,
    has_custom_local_routes,
    is_local,
    local_routes,
    route_lookup,
)
from lvsdoctor.kernel.rp_filter import source_ok
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from tests.kernel.hosts import CLIENT, FAR, REAL_SERVER, RIP, THREE_RULES, VIP, host, quoted

CONNECTED = "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.21"
LOCAL, MAIN, DEFAULT = THREE_RULES.splitlines()


def rules(*more: str, local: str = LOCAL) -> str:
    """The default three and more, in the order of their priorities."""
    return "\n".join(sorted([local, MAIN, DEFAULT, *more], key=lambda line: int(line.partition(":")[0])))


# -- one table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("routes", "dst", "kind", "links", "line"),
    [
        pytest.param("default via 192.0.2.254 dev eth0", FAR, "unicast", ("eth0",), "default via 192.0.2.254",
                     id="a default route"),
        pytest.param("default via 192.0.2.254 dev eth0\n203.0.113.0/24 dev eth1 scope link", FAR,
                     "unicast", ("eth1",), "203.0.113.0/24", id="the longer prefix"),
        pytest.param("203.0.113.0/24 dev eth1 metric 100\n203.0.113.0/24 dev eth0 metric 50", FAR,
                     "unicast", ("eth0",), "metric 50", id="the smaller metric"),
        pytest.param("203.0.113.0/24 dev eth0\n203.0.113.0/24 dev eth1", FAR,
                     "unicast", ("eth0",), "203.0.113.0/24 dev eth0", id="the first of equals"),
        pytest.param("203.0.113.8/29 dev eth1 metric 9999\n203.0.113.0/24 dev eth0", FAR,
                     "unicast", ("eth1",), "/29", id="prefix before metric"),
        pytest.param("203.0.113.0/24 tos 0x10 dev eth1\n203.0.112.0/20 dev eth0", FAR,
                     "unicast", ("eth0",), "/20", id="not the route for another TOS"),
        pytest.param("203.0.113.0/24 via 198.51.100.1 dev eth1 dead linkdown\ndefault via 192.0.2.254 dev eth0", FAR,
                     "unicast", ("eth0",), "default", id="not the route over a dead link"),
        pytest.param(CONNECTED + "\n203.0.113.0/24 \n\tnexthop via 198.51.100.1 dev eth1 weight 1 dead linkdown"
                     " \n\tnexthop via 192.0.2.254 dev eth0 weight 1", FAR,
                     "unicast", ("eth1", "eth0"), "203.0.113.0/24", id="a route that has a living next hop"),
        pytest.param("unreachable 203.0.113.0/24\ndefault via 192.0.2.254 dev eth0", FAR,
                     "unreachable", (), "unreachable 203.0.113.0/24", id="unreachable"),
        pytest.param("blackhole 203.0.113.0/24\ndefault via 192.0.2.254 dev eth0", FAR,
                     "unreachable", (), "blackhole 203.0.113.0/24", id="blackhole"),
        pytest.param("prohibit 203.0.113.0/24", FAR, "unreachable", (), "prohibit", id="prohibit"),
        pytest.param("unreachable 203.0.113.0/24\n203.0.113.0/24 dev eth0 table default", FAR,
                     "unreachable", (), "unreachable", id="what is unreachable is not looked for in table default"),
        pytest.param(CONNECTED, FAR, "unreachable", (), "", id="no route"),
        pytest.param("203.0.113.0/24 dev eth0 table default", FAR, "unicast", ("eth0",), "table default",
                     id="table default comes last"),
        pytest.param("throw 203.0.113.0/24\ndefault via 192.0.2.254 dev eth0\n"
                     "203.0.113.0/24 dev eth1 table default", FAR,
                     "unicast", ("eth1",), "table default", id="throw leaves the table"),
        pytest.param(CONNECTED, CLIENT, "unicast", ("eth0",), CONNECTED, id="a connected route"),
        pytest.param(CONNECTED, VIP, "local", ("lo",), "inet 192.0.2.200/32", id="a local address"),
        pytest.param(CONNECTED, ip_address("192.0.2.255"), "broadcast", ("eth0",), "inet 192.0.2.21/24",
                     id="a broadcast address"),
    ],
)  # fmt: skip
def test_this_route_is_taken(routes: str, dst: IPv4Address, kind: str, links: tuple[str, ...], line: str) -> None:
    found = route_lookup(host((*REAL_SERVER, "eth1 198.51.100.21/24"), routes=routes), dst)
    assert (found.type, found.links) == (kind, links)
    assert line in quoted(found.because)


def test_onlink_is_what_has_no_gateway() -> None:
    node = host(routes=f"{CONNECTED}\ndefault via 192.0.2.254 dev eth0")
    near, far = route_lookup(node, CLIENT), route_lookup(node, FAR)
    assert (near.onlink, near.gateways) == (True, ())
    assert (far.onlink, far.gateways) == (False, (ip_address("192.0.2.254"),))


def test_oif_takes_only_routes_over_that_link() -> None:
    routes = "203.0.113.0/24 dev eth0\n203.0.113.0/24 dev eth1 metric 100"
    node = host((*REAL_SERVER, "eth1 198.51.100.21/24"), routes=routes)
    assert route_lookup(node, FAR, oif="eth1").links == ("eth1",)
    assert route_lookup(node, FAR, oif="eth2").type == "unreachable"


# -- tables local and main are one ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on_lo", "extra", "kind"),
    [
        pytest.param("lo 192.0.2.200/24", (), "local", id="as long as eth0's: local"),
        pytest.param("lo 192.0.2.200/16", (), "unicast", id="shorter than eth0's: eth0's subnet"),
        pytest.param(
            "lo 192.0.2.200/16",
            ("9: from all fwmark 0x1 lookup 100",),
            "local",
            id="shorter, and any policy rule: table local is asked first",
        ),
        pytest.param("lo 192.0.2.65/26", (), "local", id="longer: local"),
    ],
)
def test_a_prefix_on_lo_takes_the_neighbours_that_no_longer_prefix_has(
    on_lo: str, extra: tuple[str, ...], kind: str
) -> None:
    """net/ipv4/fib_trie.c: fib_trie_table(). The neighbour is 192.0.2.77."""
    node = host((on_lo, "eth0 192.0.2.21/24"), routes=CONNECTED, rules=rules(*extra))
    neighbour = ip_address("192.0.2.77")
    assert route_lookup(node, neighbour).type == kind
    assert (is_local(node, neighbour) is not None) is (kind == "local")


def test_a_local_route_wins_over_an_equal_one_of_main_whatever_its_metric() -> None:
    local = f"{CONNECTED}\nlocal 192.0.2.0/24 dev lo table local proto static scope host metric 50"
    assert route_lookup(host(("eth0 192.0.2.21/24",), routes=local), CLIENT).type == "local"


# -- policy rules -----------------------------------------------------------------------------------------------------

TABLES = f"""{CONNECTED}
default via 192.0.2.254 dev eth0
default via 198.51.100.1 dev eth1 table 100
unreachable default table 200
throw default table 250
"""
BY_MAIN, BY_100, NOWHERE = ("unicast", ("eth0",)), ("unicast", ("eth1",)), ("unreachable", ())


@pytest.mark.parametrize(
    ("more", "asked", "route", "line"),
    [
        pytest.param(("9: from 192.0.2.200 lookup 100",), {"src": VIP}, BY_100, "9: from 192.0.2.200", id="from"),
        pytest.param(("9: from 192.0.2.200 lookup 100",), {"src": RIP}, BY_MAIN, "default via", id="from another"),
        pytest.param(("9: from 192.0.2.200 lookup 100",), {}, BY_MAIN, "default via", id="from, but nothing is said"),
        pytest.param(("9: from 192.0.2.0/24 lookup 100",), {"src": VIP}, BY_100, "9: from", id="from a prefix"),
        pytest.param(("9: from all to 203.0.113.0/24 lookup 100",), {}, BY_100, "to 203.0.113.0/24", id="to"),
        pytest.param(("9: from all to 198.51.100.0/24 lookup 100",), {}, BY_MAIN, "default via", id="to another"),
        pytest.param(("9: from all iif eth0 lookup 100",), {"arrived_on": "eth0"}, BY_100, "iif eth0", id="iif"),
        pytest.param(("9: from all iif eth0 lookup 100",), {"arrived_on": "eth1"}, BY_MAIN, "", id="iif, another link"),
        pytest.param(("9: from all iif lo lookup 100",), {}, BY_100, "iif lo", id="iif lo: the node's own packets"),
        pytest.param(("9: from all iif lo lookup 100",), {"arrived_on": "eth0"}, BY_MAIN, "", id="iif lo: not others'"),
        pytest.param(("9: from all oif eth1 lookup 100",), {"oif": "eth1"}, BY_100, "oif eth1", id="oif"),
        pytest.param(("9: from all oif eth1 lookup 100",), {}, BY_MAIN, "", id="oif, and none is given"),
        pytest.param(("9: from all fwmark 0x1 lookup 100",), {}, BY_MAIN, "", id="a mark that the packet lacks"),
        pytest.param(("9: from all fwmark 0x0/0xff lookup 100",), {}, BY_100, "fwmark", id="no mark is a mark of 0"),
        pytest.param(("9: from all tos 0x10 lookup 100",), {}, BY_MAIN, "", id="a TOS that the packet lacks"),
        pytest.param(("9: from all ipproto tcp lookup 100",), {}, BY_MAIN, "", id="a protocol that nobody named"),
        pytest.param(("9: not from 192.0.2.21 lookup 100",), {"src": VIP}, BY_100, "9: not from", id="not: another"),
        pytest.param(("9: not from 192.0.2.21 lookup 100",), {"src": RIP}, BY_MAIN, "", id="not: this one"),
        pytest.param(("9: not from all fwmark 0x1 lookup 100",), {}, BY_100, "not", id="not marked"),
        pytest.param(("9: from all blackhole",), {}, NOWHERE, "9: from all blackhole (this rule ends", id="blackhole"),
        pytest.param(("9: from all prohibit",), {}, NOWHERE, "prohibit", id="prohibit"),
        pytest.param(("9: from all unreachable",), {}, NOWHERE, "unreachable", id="unreachable"),
        pytest.param(("9: from all nop",), {}, BY_MAIN, "", id="nop"),
        pytest.param(("9: from all lookup 100", "8: from all goto 10", "10: from all nop"), {}, BY_MAIN, "",
                     id="goto jumps over"),
        pytest.param(("9: from all lookup 100", "8: from all goto 7", "7: from all nop"), {}, BY_100, "",
                     id="goto never jumps back"),
        pytest.param(("9: from all lookup 100", "8: from all goto 11 [unresolved]"), {}, BY_100, "",
                     id="goto to a rule that is not there is none"),
        pytest.param(("9: from all lookup 99",), {}, BY_MAIN, "", id="a table without a route"),
        pytest.param(("9: from all lookup 250",), {}, BY_MAIN, "", id="a table that throws"),
        pytest.param(("9: from all lookup 200",), {}, NOWHERE, "unreachable default table 200", id="a table ends it"),
        pytest.param(("9: from all lookup 100 suppress_prefixlength 0",), {}, BY_MAIN, "", id="a default suppressed"),
        pytest.param(("9: from all lookup 200 suppress_prefixlength 0",), {}, NOWHERE, "",
                     id="but not what is unreachable"),
        pytest.param(("9: from all lookup main suppress_prefixlength 0", "10: from all lookup 100"), {}, BY_100, "",
                     id="main without its default"),
        pytest.param(("9: from all lookup [l3mdev-table]",), {}, BY_MAIN, "", id="l3mdev, and there is no VRF"),
    ],
)  # fmt: skip
def test_this_rule_chooses_the_table(
    more: tuple[str, ...], asked: dict[str, object], route: tuple[str, tuple[str, ...]], line: str
) -> None:
    node = host((*REAL_SERVER, "eth1 198.51.100.21/24"), routes=TABLES, rules=rules(*more))
    found = route_lookup(node, FAR, **asked)  # type: ignore[arg-type]
    assert (found.type, found.links) == route
    assert line in quoted(found.because)


def test_a_default_rule_is_not_worth_quoting_but_another_is() -> None:
    plain = route_lookup(host(routes=TABLES), FAR)
    assert quoted(plain.because) == "default via 192.0.2.254 dev eth0 (the route to 203.0.113.9)"
    ruled = route_lookup(host(routes=TABLES, rules=rules("9: from all to 203.0.113.0/24 lookup 100")), FAR)
    assert quoted(ruled.because).splitlines() == [
        "9: from all to 203.0.113.0/24 lookup 100 (this rule chooses table 100)",
        "default via 198.51.100.1 dev eth1 table 100 (the route to 203.0.113.9)",
    ]


def test_a_rule_before_local_takes_even_what_is_local() -> None:
    routes = "default via 198.51.100.1 dev eth1 table 100"
    asked = {"src": CLIENT, "arrived_on": "eth0"}
    early = host(routes=routes, rules=rules("9: from all iif eth0 lookup 100", local="10: from all lookup local"))
    late = host(routes=routes, rules=rules("9: from all iif eth0 lookup 100"))
    assert route_lookup(early, VIP, **asked).type == "unicast"  # type: ignore[arg-type]
    assert route_lookup(late, VIP, **asked).type == "local"  # type: ignore[arg-type]


LO = """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
"""
PORT = """3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master red state UP
    link/ether 02:00:00:00:00:03 brd ff:ff:ff:ff:ff:ff promiscuity 0
    vrf_slave table 100
"""
VRF = """2: red: <NOARP,MASTER,UP,LOWER_UP> mtu 65575 state UP
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff promiscuity 0
    vrf table 100
"""
ON_VIP = "    inet 192.0.2.10/32 scope global lo\n"
ON_PORT = "    inet 192.0.2.21/24 scope global eth1\n"
ALL_IN_VRF = """# ip route show table all
default via 192.0.2.1 dev eth1 table 100
192.0.2.0/24 dev eth1 table 100 proto kernel scope link src 192.0.2.21
local 192.0.2.21 dev eth1 table 100 proto kernel scope host src 192.0.2.21
local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
local 192.0.2.10 dev lo table local proto kernel scope host src 192.0.2.10
"""
SHOWN_RULES = f"# ip rule\n{rules('9: from all lookup [l3mdev-table]')}"


def in_vrf(**dumps: str) -> Node:
    from lvsdoctor.collect.assemble import NodeDump, nodes_of
    from lvsdoctor.parse.paste.stream import pieces

    texts = {where.replace("_", "-") + ".txt": text for where, text in dumps.items()}
    (node,) = nodes_of(
        [NodeDump(piece, "rs1", "rs1") for where, text in texts.items() for piece in pieces(text, where)]
    )
    return node


def test_a_port_of_a_vrf_is_looked_up_in_the_vrf_s_table() -> None:
    """The one thing that `ip -d link` alone tells."""
    routes = f"# ip route show table all\n{TABLES}local 127.0.0.1 dev lo table local proto kernel"
    node = in_vrf(ip_link=LO + VRF + PORT, ip_route=routes, ip_rule=SHOWN_RULES)
    assert route_lookup(node, FAR, arrived_on="eth1").links == ("eth1",)
    assert route_lookup(node, FAR, within="eth1").links == ("eth1",)
    assert route_lookup(node, FAR, oif="red").route is None
    assert route_lookup(node, FAR).links == ("eth0",)


@pytest.mark.parametrize("heading", ["# ip route show table all\n", ""], ids=["by its command", "by table local"])
def test_where_every_interface_is_in_a_vrf_table_main_is_empty_and_not_unseen(heading: str) -> None:
    routes = heading + ALL_IN_VRF.partition("\n")[2]
    dumps = {"ip_route": routes, "ip_rule": SHOWN_RULES, "sysctl": "net.ipv4.conf.all.rp_filter = 1\n"}
    node = in_vrf(ip_addr=LO + ON_VIP + VRF + PORT + ON_PORT, **dumps)
    assert route_lookup(node, FAR).route is None
    assert route_lookup(node, FAR, within="eth1").gateways == (CLIENT,)
    assert (is_local(node, RIP), is_local(node, VIP)) != (None, None)
    assert source_ok(node, CLIENT, RIP, arrived_on="eth1")


@pytest.mark.parametrize("dump", [{}, {"ip_rule": SHOWN_RULES}, {"ip_route": "# ip route\n198.51.100.0/24 dev eth0\n"}])
def test_the_routes_that_addresses_make_in_a_vrf_are_of_its_table(dump: dict[str, str]) -> None:
    node = in_vrf(ip_addr=LO + ON_VIP + VRF + PORT + ON_PORT, **dump)
    assert route_lookup(node, RIP, arrived_on="eth1").type == "local"
    assert is_local(node, RIP) is not None
    with pytest.raises(NotCollected, match="table 100"):
        route_lookup(node, FAR, within="eth1")


def test_a_vrf_s_routes_may_be_shown_by_its_name() -> None:
    routes = f"{ALL_IN_VRF}# ip route show vrf red\ndefault via 192.0.2.9 dev eth1\n192.0.2.0/24 dev eth1\n"
    routes = routes.replace(" table 100", " table 7")
    node = in_vrf(ip_addr=LO + ON_VIP + VRF + PORT + ON_PORT, ip_route=routes, ip_rule=SHOWN_RULES)
    assert [str(ip) for ip in route_lookup(node, FAR, within="eth1").gateways] == ["192.0.2.9"]


# -- what was not collected -------------------------------------------------------------------------------------------


def test_routes_follow_from_addresses_and_that_is_said() -> None:
    found = route_lookup(host(), CLIENT)
    assert (found.type, found.links) == ("unicast", ("eth0",))
    assert "inet 192.0.2.21/24 scope global eth0 (the route to 192.0.2.1)" in quoted(found.because)
    assert "assumed: no route but those that the addresses make" in quoted(found.because)


def test_a_single_address_is_local_for_sure() -> None:
    assert "assumed" not in quoted(route_lookup(host(), VIP).because)


def test_a_whole_prefix_on_lo_is_local_unless_there_is_a_longer_one() -> None:
    node = host(("lo 192.0.2.200/24", "eth0 192.0.2.21/24"))
    assert "assumed: no route but those" in quoted(route_lookup(node, CLIENT).because)


def test_where_addresses_cannot_tell_the_routes_are_missed() -> None:
    with pytest.raises(NotCollected, match=r"the route to 203\.0\.113\.9 of rs1"):
        route_lookup(host(), FAR)


def test_rules_that_were_not_collected_are_the_default_ones_and_that_is_said() -> None:
    found = route_lookup(host(routes=TABLES, rules=None), FAR)
    assert found.links == ("eth0",)
    assert "assumed: no policy rule besides the default three" in quoted(found.because)


@pytest.mark.parametrize(
    ("address", "links", "dst", "kind"),
    [
        pytest.param("lo 192.0.2.200/24", (), CLIENT, "local", id="a prefix on lo is local"),
        pytest.param("lo 192.0.2.200/24 scope global noprefixroute", (), CLIENT, None, id="not with noprefixroute"),
        pytest.param("lo 192.0.2.200/32", (), CLIENT, None, id="a single address has no prefix"),
        pytest.param("eth0 192.0.2.21/24", (), CLIENT, "unicast", id="a prefix on a link is unicast"),
        pytest.param("eth0 192.0.2.21/24 scope global noprefixroute", (), CLIENT, None, id="noprefixroute has none"),
        pytest.param("eth0 192.0.2.21/24 scope global secondary", (), CLIENT, None, id="a secondary has none"),
        pytest.param("eth0 192.0.2.21/24 scope global secondary", (), RIP, "local", id="but is local itself"),
        pytest.param("eth0 192.0.2.21/24", ("eth0 down",), CLIENT, None, id="a link that is down has none"),
        pytest.param("eth0 192.0.2.21/24", ("eth0 down",), RIP, "local", id="but its address is local"),
        pytest.param("eth0 192.0.2.21 peer 192.0.2.1/32", (), CLIENT, "unicast", id="the far end of a point-to-point"),
        pytest.param("eth0 192.0.2.21 peer 192.0.2.1/32", (), RIP, "local", id="and the near end"),
        pytest.param("dummy0 192.0.2.200/24", (), CLIENT, "unicast", id="a dummy is no loopback"),
        pytest.param("eth0 192.0.2.21/24 brd 192.0.2.127 scope global", (), ip_address("192.0.2.127"), "broadcast",
                     id="the broadcast address that was given"),
        pytest.param("eth0 192.0.2.21/24", (), ip_address("192.0.2.255"), "broadcast", id="and that of the prefix"),
        pytest.param("eth0 192.0.2.20/31", (), ip_address("192.0.2.21"), "unicast", id="a /31 has none"),
    ],
)  # fmt: skip
def test_this_follows_from_an_address(address: str, links: tuple[str, ...], dst: IPv4Address, kind: str | None) -> None:
    """net/ipv4/fib_frontend.c: fib_add_ifaddr(). None: the addresses make no route to it."""
    node = host((address,), links=links)
    if kind is None:
        with pytest.raises(NotCollected):
            route_lookup(node, dst)
        return
    assert route_lookup(node, dst).type == kind


# -- questions about one table ----------------------------------------------------------------------------------------


def test_is_local_needs_no_address() -> None:
    routes = f"{CONNECTED}\nlocal 192.0.2.200 dev lo table local proto static scope host"
    found = is_local(host(("eth0 192.0.2.21/24",), routes=routes), VIP)
    assert found is not None
    assert quoted(found.because) == (
        "local 192.0.2.200 dev lo table local proto static scope host (192.0.2.200 is local here)"
    )


@pytest.mark.parametrize(
    "ip",
    [CLIENT, FAR, ip_address("192.0.2.255"), IPv6Address("2001:db8::1")],
    ids=["neighbour", "far", "broadcast", "v6"],
)
def test_what_is_not_local(ip: IPv4Address) -> None:
    assert is_local(host(), ip) is None


def test_is_local_asks_table_local_alone_so_a_rule_s_table_does_not_count() -> None:
    """inet_addr_type() does the same: such a VIP is nobody's source."""
    routes = f"{CONNECTED}\nlocal 192.0.2.200 dev lo table 100 proto static scope host"
    node = host(("eth0 192.0.2.21/24",), routes=routes, rules=rules("9: from all to 192.0.2.200 lookup 100"))
    assert is_local(node, VIP) is None
    assert route_lookup(node, VIP).type == "local"


def test_is_local_works_with_nothing_but_addresses_or_nothing_but_local_routes() -> None:
    assert is_local(host(rules=None, arptables=None), VIP)
    with_routes = host(routes=f"{CONNECTED}\nlocal 192.0.2.200 dev lo table local proto static scope host", rules=None)
    bare = {fact: rows for fact, rows in with_routes.evidence.items() if fact == "local-routes"}
    from dataclasses import replace

    assert is_local(replace(with_routes, evidence=bare), VIP)


def test_table_local_that_shows_only_ipv6_says_nothing_of_ipv4() -> None:
    node = host(routes=f"{CONNECTED}\nlocal ::1 dev lo table local proto kernel metric 0 pref medium")
    assert "192.0.2.200/32" in {str(route.dst) for route in local_routes(node)}


@pytest.mark.parametrize(
    ("line", "quotes"),
    [
        ("local 192.0.2.200 dev lo table local proto static scope host", "local 192.0.2.200"),
        ("local 192.0.2.200 dev lo table local scope host", "local 192.0.2.200"),
        ("local default dev lo table 100 scope host", "local default dev lo table 100"),
        ("local 192.0.2.200 dev lo table local proto kernel scope host src 192.0.2.200", None),
        ("broadcast 192.0.2.255 dev eth0 table local proto static scope link", None),
        ("192.0.2.0/24 dev eth0 proto static", None),
    ],
)
def test_a_local_route_that_no_address_made(line: str, quotes: str | None) -> None:
    found = has_custom_local_routes(host(routes=f"{CONNECTED}\n{line}"))
    assert (found.seen.text[: len(quotes)] if found and quotes else found) == quotes


@pytest.mark.parametrize(
    ("shown", "quotes"),
    [
        pytest.param(THREE_RULES, None, id="the default three"),
        pytest.param(rules("9: from all lookup 100"), "9: from all lookup 100", id="one more"),
        pytest.param(rules(local="10: from all lookup local"), "10: from all lookup local", id="local elsewhere"),
        pytest.param(rules("32766: from all fwmark 0x1 lookup main"), "32766: from all fwmark 0x1 lookup main",
                     id="of a usual priority"),
        pytest.param(rules("32766: from all lookup main suppress_prefixlength 0"),
                     "32766: from all lookup main suppress_prefixlength 0", id="of a usual priority, suppressing"),
        pytest.param(f"{LOCAL}\n32767: from all lookup default", LOCAL, id="one of the three is gone"),
        pytest.param(None, None, id="not collected"),
    ],
)  # fmt: skip
def test_a_policy_rule_of_one_s_own(shown: str | None, quotes: str | None) -> None:
    found = has_custom_rules(host(rules=shown))
    assert (found and found.seen.text) == quotes


TPROXY = f"{CONNECTED}\nlocal default dev lo table 100 scope host"


@pytest.mark.parametrize(
    ("rule", "captured"),
    [
        pytest.param("9: from all fwmark 0x1 lookup 100", True, id="marked packets find everything local"),
        pytest.param("9: from all fwmark 0x1 lookup 101", False, id="another table"),
        pytest.param("9: from all lookup 100", False, id="that is for all packets, not for marked ones"),
        pytest.param("9: from all fwmark 0x1 blackhole", False, id="a rule without a table"),
    ],
)
def test_marked_packets_are_captured(rule: str, captured: bool) -> None:
    found = captured_by_mark(host(("eth0 192.0.2.21/24",), routes=TPROXY, rules=rules(rule)), VIP)
    assert (found is not None) is captured
    if found:
        assert quoted([found]) == f"{rule} (marked packets find 192.0.2.200 local in table 100)"


def test_nothing_is_known_to_be_captured_where_no_rules_were_collected() -> None:
    assert captured_by_mark(host(routes=TPROXY, rules=None), VIP) is None


def test_default_gateways_come_best_metric_first() -> None:
    routes = ("via 192.0.2.253 dev eth0 metric 200", "via 192.0.2.254 dev eth0 metric 100", "dev eth1 metric 1")
    node = host(routes="\n".join(f"default {words}" for words in routes))
    found = [str(hop.gateway) for _, hop in default_gateways(node)]
    assert found == ["192.0.2.254", "192.0.2.253"]
