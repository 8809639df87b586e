"""`ip route`: which table a row is of, and which tables were collected."""

from ipaddress import ip_address, ip_network

import pytest

from lvsdoctor.model.route import NextHop
from lvsdoctor.parse.iproute.ip_route import IpRoute
from lvsdoctor.parse.paste.stream import pieces
from tests.parse.driving_ip import drive

ALL = """\
default via 192.0.2.1 dev eth0 proto dhcp src 192.0.2.21 metric 100
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.21 linkdown
default via 198.51.100.1 dev eth1 table 100 onlink
local 192.0.2.10 dev lo table local proto kernel scope host src 192.0.2.10
local 203.0.113.0/24 dev lo table local scope host
broadcast 192.0.2.255 dev eth0 table local proto kernel scope link src 192.0.2.21
2001:db8::/64 dev eth0 proto ra metric 100 expires 2334sec pref medium
default via fe80::1 dev eth0 proto static metric 100 pref medium
local 2001:db8::10 dev lo table local proto kernel metric 0 pref medium
multicast ff00::/8 dev eth0 table local proto kernel metric 256 pref medium
"""


def test_routes_are_sorted_by_table() -> None:
    found = drive(IpRoute, ALL)
    assert [(str(row.dst), row.table, row.seen.line) for row in found["routes"]] == [
        ("0.0.0.0/0", "main", 1),
        ("192.0.2.0/24", "main", 2),
        ("0.0.0.0/0", "100", 3),
        ("2001:db8::/64", "main", 7),
        ("::/0", "main", 8),
    ]
    assert [(str(row.dst), row.type, row.seen.line) for row in found["local-routes"]] == [
        ("192.0.2.10/32", "local", 4),
        ("203.0.113.0/24", "local", 5),
        ("192.0.2.255/32", "broadcast", 6),
        ("2001:db8::10/128", "local", 9),
        ("ff00::/8", "multicast", 10),
    ]
    assert (found.refused, found.unread) == ((), [])


def test_a_route_tells_all_that_its_line_tells() -> None:
    row = drive(IpRoute, ALL)["routes"][0]
    assert (row.protocol, row.src, row.metric, row.scope) == ("dhcp", ip_address("192.0.2.21"), 100, "global")
    assert row.nexthops == (NextHop("eth0", ip_address("192.0.2.1")),)


def test_flags_are_the_routes_and_the_next_hops() -> None:
    rows = drive(IpRoute, ALL)["routes"]
    assert rows[1].flags == rows[1].nexthops[0].flags == {"linkdown"}
    assert rows[2].nexthops[0].flags == {"onlink"}


def test_what_is_not_shown_has_the_usual_value() -> None:
    row = drive(IpRoute, "198.51.100.0/24 via 192.0.2.1 dev eth0\n").row("routes")
    assert (row.protocol, row.scope, row.type, row.table, row.metric) == ("boot", "global", "unicast", "main", 0)


MULTIPATH = """\
default
\tnexthop via 192.0.2.1 dev eth0 weight 3
\tnexthop via 192.0.2.2 dev eth1 weight 1 dead linkdown
198.51.100.0/24 dev eth0 scope link
"""


def test_next_hops_on_the_lines_below_belong_to_the_route() -> None:
    default, other = drive(IpRoute, MULTIPATH)["routes"]
    assert default.nexthops == (
        NextHop("eth0", ip_address("192.0.2.1"), 3),
        NextHop("eth1", ip_address("192.0.2.2"), 1, frozenset({"dead", "linkdown"})),
    )
    assert default.seen.line == 1
    assert other.links == ("eth0",)


@pytest.mark.parametrize("end", ["\\\t", "\\ "])
def test_next_hops_on_one_line_read_the_same(end: str) -> None:
    text = "default " + MULTIPATH.replace("default\n", "").replace("\t", end).replace(f"\n{end}", f" {end}")
    assert drive(IpRoute, text)["routes"][0].nexthops == drive(IpRoute, MULTIPATH)["routes"][0].nexthops
    assert IpRoute.starts(text.splitlines()[0])


def test_half_a_multipath_route_is_no_route() -> None:
    text = MULTIPATH.replace("192.0.2.2", "x.x.x.2")
    found = drive(IpRoute, text)
    assert [str(row.dst) for row in found["routes"]] == ["198.51.100.0/24"]
    assert found.unread == ["default", "nexthop via x.x.x.2 dev eth1 weight 1 dead linkdown"]


def test_an_ipv4_default_route_may_have_an_ipv6_gateway() -> None:
    row = drive(IpRoute, "default via inet6 fe80::1 dev eth0\n").row("routes")
    assert (row.dst, row.gateways) == (ip_network("0.0.0.0/0"), (ip_address("fe80::1"),))


@pytest.mark.parametrize(
    ("line", "command", "family"),
    [
        ("default via fe80::1 dev eth0 metric 1024", "", 6),
        ("unreachable default dev lo metric 4294967295 error -101", "", 6),
        ("unreachable default metric 4278198272", "", 4),
        ("default dev wlan0 scope link", "", 4),
        ("default dev tun0 metric 1024", "ip -6 route", 6),
        ("default proto static src 2001:db8::1 dev eth0", "", 6),
    ],
)
def test_the_family_of_default_is_found(line: str, command: str, family: int) -> None:
    assert drive(IpRoute, line, command).row("routes").dst.version == family


@pytest.mark.parametrize("kind", ["unreachable", "blackhole", "prohibit", "throw"])
def test_routes_that_lead_nowhere(kind: str) -> None:
    row = drive(IpRoute, f"{kind} 198.51.100.0/24 metric 4\n").row("routes")
    assert (row.type, row.nexthops, row.metric) == (kind, (), 4)


def test_details_name_the_type_of_ordinary_routes_too() -> None:
    text = "unicast default via 192.0.2.1 dev eth0 table main proto boot scope global metric 5\n"
    assert drive(IpRoute, text).row("routes").type == "unicast"


def test_words_that_change_nothing_are_skipped() -> None:
    text = (
        "198.51.100.0/24 tos 0x10 nhid 12 via 192.0.2.1 dev eth0 mtu lock 1400 advmss 1300 wibble\n"
        "\tnh_info id 12 via 192.0.2.1 dev eth0 scope link proto unspec\n"
    )
    found = drive(IpRoute, text)
    assert (found.row("routes").tos, found.row("routes").links) == (16, ("eth0",))
    assert (found.refused, found.unread) == ((), [])


LOCAL = """\
local 192.0.2.10 dev lo proto kernel scope host src 192.0.2.10
broadcast 192.0.2.255 dev eth0 proto kernel scope link src 192.0.2.21
"""


@pytest.mark.parametrize(
    "command", ["", "ip route show table local", "ip r ls t local", "ip -4 route list table 255", "ip ro s ta local"]
)
def test_table_local_alone_does_not_mean_that_main_was_collected(command: str) -> None:
    found = drive(IpRoute, LOCAL, command=command)
    assert found.facts == {"local-routes"}
    assert {row.table for row in found["local-routes"]} == {"local"}


def test_the_command_may_name_the_type_so_that_lines_do_not() -> None:
    text = "192.0.2.10 dev kube-ipvs0 scope host src 192.0.2.10\n"
    found = drive(IpRoute, text, command="ip route show table local type local proto kernel")
    assert found.facts == {"local-routes"}


def test_another_table_is_neither_main_nor_local() -> None:
    text = "default via 192.0.2.1 dev eth0\n"
    found = drive(IpRoute, text, command="ip route show table 100")
    assert found.facts == {"other-routes"}
    assert found.row("other-routes").table == "100"
    assert drive(IpRoute, "default via 192.0.2.1 dev eth0 table 100\n").facts == {"other-routes"}
    assert drive(IpRoute, text, command="ip route show vrf red").row("other-routes").table == "vrf red"


def test_a_plain_command_shows_main_even_when_a_local_row_is_in_it() -> None:
    found = drive(IpRoute, "local 198.51.100.7 dev lo scope host\n", command="ip route")
    assert [(row.table, row.type) for row in found["routes"]] == [("main", "local")]


def test_table_all_collects_both_however_few_rows_there_are() -> None:
    found = drive(IpRoute, "default via 192.0.2.1 dev eth0\n", command="ip route show table all")
    assert (len(found["routes"]), found["local-routes"]) == (1, ())


@pytest.mark.parametrize("command", ["ip route show default", "ip route show dev eth0", "ip route | grep default"])
def test_a_narrowed_answer_is_not_the_whole_table(command: str) -> None:
    found = drive(IpRoute, "default via 192.0.2.1\n" if "dev" in command else ALL.splitlines()[0], command=command)
    assert found.facts == {"other-routes"}
    assert found.row("other-routes").links == ("eth0",)


def test_the_answer_of_route_get_is_no_route() -> None:
    text = "198.51.100.7 via 192.0.2.1 dev eth0 src 192.0.2.21 uid 0\n    cache\n"
    found = drive(IpRoute, text)
    assert found.facts == set()
    assert len(found.unread) == 2
    assert drive(IpRoute, text.replace(" uid 0", "")).facts == set()


@pytest.mark.parametrize(
    "line",
    [
        "192.0.2.0/24 dev",
        "192.0.2.0/24 dev eth0 metric",
        "192.0.2.0/24 via x.x.x.1 dev eth0",
        "192.0.2.0/24 dev eth0 src x.x.x.1",
        "192.0.2.0/24 dev eth0 metric 99999999999999999999999",
        "192.0.2.0/24 dev eth0 tos lowdelay",
        "192.0.2.0/24",
    ],
)
def test_a_row_that_is_not_understood_is_unread(line: str) -> None:
    found = drive(IpRoute, "198.51.100.0/24 dev eth0 scope link\n" + line)
    assert found.unread == [line]
    assert len(found["routes"]) == 1


@pytest.mark.parametrize("line", ALL.splitlines())
def test_it_starts_at_any_row(line: str) -> None:
    assert IpRoute.starts(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "192.0.2.51 dev eth0 lladdr 02:00:00:00:00:02 STALE",
        "192.0.2.52 dev eth0  FAILED",
        "192.0.2.53 dev eth0 proxy",
        "192.0.2.1       0.0.0.0         255.255.255.0   U     0      0        0 eth0",
        "192.0.2.1 rs1.example.com rs1",
        "192.0.2.0/24",
        "192.0.2.35 | SUCCESS | rc=0 >>",
        "    198.51.100.0/24 via 192.0.2.1 dev eth0",
        "default via the gateway",
        "default gateway is 192.0.2.1",
        "local 192.0.2.1",
        "nexthop via 192.0.2.1 dev eth0 weight 1",
        "0:\tfrom all lookup local",
        "net.ipv4.conf.all.rp_filter = 0",
        "ip route add default via 192.0.2.1 dev eth0",
    ],
)
def test_it_does_not_start_at(line: str) -> None:
    assert not IpRoute.starts(line)


def test_a_route_may_have_an_mtu_and_an_mss_of_its_own() -> None:
    text = "default via 192.0.2.1 dev eth0 mtu lock 1400 advmss 1360\n192.0.2.0/24 dev eth0 scope link\n"
    routes = drive(IpRoute, text)["routes"]
    assert [(row.mtu, row.advmss) for row in routes] == [(1400, 1360), (0, 0)]
    assert IpRoute.starts(text.splitlines()[0])


@pytest.mark.parametrize("head", ["", "root@rs1:~# ip route\n", "=== ip route ===\n"])
@pytest.mark.parametrize("damaged", ["198.51.100.0/24 via 192.0.2.9xx dev eth0", "default via 192.0.2.", "10.x.x.0/8"])
def test_a_line_that_is_not_understood_leaves_the_routes_partial_wherever_it_stands(damaged: str, head: str) -> None:
    above, below = "192.0.2.0/24 dev eth0 scope link\n", "203.0.113.0/24 dev eth2 scope link\n"
    for text in (f"{damaged}\n{above}{below}", f"{above}{damaged}\n{below}", f"{above}{below}{damaged}\n"):
        dumps = [piece.dump for piece in pieces(head + text, "x") if "routes" in piece.dump.facts]
        assert dumps, text
        for dump in dumps:
            assert dump.partial is not None, text
            assert dump.partial.seen is not None
            assert dump.partial.seen.text == damaged


def test_what_a_command_prints_below_its_prompt_before_the_routes_may_be_one_of_them() -> None:
    routes = "192.0.2.0/24 dev eth0 scope link\n"
    for line, whole in (("def%ult via 192.0.2.1", False), ("[sudo] password for joe:", True), ("sudo: no tty", True)):
        (dump,) = (piece.dump for piece in pieces(f"root@rs1:~# ip route\n{line}\n{routes}", "x") if piece.dump.facts)
        assert (dump.partial is None) is whole, line
    (dump,) = (piece.dump for piece in pieces(f"These are its routes\n{routes}", "x") if piece.dump.facts)
    assert dump.partial is None
