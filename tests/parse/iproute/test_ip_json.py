"""`ip -j`: the same rows as the text gives, and each still knows its line."""

import json
from typing import Any

import pytest

from lvsdoctor.parse.iproute.ip_addr import IpAddr
from lvsdoctor.parse.iproute.ip_json import IpJson
from lvsdoctor.parse.iproute.ip_neigh import IpNeigh
from lvsdoctor.parse.iproute.ip_route import IpRoute
from lvsdoctor.parse.iproute.ip_rule import IpRule
from lvsdoctor.parse.reader import Reader
from tests.parse.driving_ip import drive, without_seen

FOREVER = {"valid_life_time": 4294967295, "preferred_life_time": 4294967295}
ADDRESSES: list[dict[str, Any]] = [
    {
        "ifindex": 1,
        "ifname": "lo",
        "flags": ["LOOPBACK", "UP", "LOWER_UP"],
        "mtu": 65536,
        "operstate": "UNKNOWN",
        "link_type": "loopback",
        "address": "00:00:00:00:00:00",
        "promiscuity": 0,
        "addr_info": [
            {"family": "inet", "local": "127.0.0.1", "prefixlen": 8, "scope": "host", "label": "lo", **FOREVER},
            {"family": "inet", "local": "192.0.2.10", "prefixlen": 32, "scope": "global", "label": "lo:0", **FOREVER},
        ],
    },
    {},
    {
        "ifindex": 4,
        "link": "eth0",
        "ifname": "tun4",
        "flags": ["POINTOPOINT", "NOARP", "UP"],
        "mtu": 1480,
        "operstate": "UNKNOWN",
        "link_type": "ipip",
        "address": "192.0.2.21",
        "broadcast": "192.0.2.22",
        "linkinfo": {
            "info_kind": "ipip",
            "info_data": {
                "remote": "192.0.2.22",
                "local": "192.0.2.21",
                "ttl": 64,
                "encap": {"type": "fou", "sport": 0, "dport": 5555},
            },
            "info_slave_kind": "vrf",
        },
        "addr_info": [
            {"family": "inet", "local": "198.51.100.1", "address": "198.51.100.2", "prefixlen": 32, "scope": "global"},
            {"family": "inet6", "local": "2001:db8::1", "prefixlen": 64, "scope": "global", "nodad": True, **FOREVER},
        ],
    },
]
TEXT = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0
    inet 127.0.0.1/8 scope host lo
    inet 192.0.2.10/32 scope global lo:0
4: tun4@eth0: <POINTOPOINT,NOARP,UP> mtu 1480 qdisc noqueue state UNKNOWN
    link/ipip 192.0.2.21 peer 192.0.2.22 promiscuity 0
    ipip remote 192.0.2.22 local 192.0.2.21 ttl 64 encap fou encap-sport auto encap-dport 5555
    vrf_slave table 10
    inet 198.51.100.1 peer 198.51.100.2/32 scope global
    inet6 2001:db8::1/64 scope global nodad
"""


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


@pytest.mark.parametrize("text", [compact(ADDRESSES), json.dumps(ADDRESSES, indent=4)])
def test_addresses_and_links_are_those_of_the_text(text: str) -> None:
    found, plain = drive(IpJson, text), drive(IpAddr, TEXT)
    assert without_seen(found["addresses"]) == without_seen(plain["addresses"])
    assert without_seen(found["links"]) == without_seen(plain["links"])
    assert (found.refused, found.unread) == ((), [])


def detail(kind: str, link_type: str, **data: object) -> object:
    row = {"ifname": "x0", "flags": [], "link_type": link_type, "address": "0.0.0.0", "broadcast": "0.0.0.0"}
    return drive(IpJson, compact([{**row, "linkinfo": {"info_kind": kind, "info_data": data}}])).row("links").detail


def test_a_vxlan_over_ipv6_has_its_ends() -> None:
    ends = {"remote": "2001:db8::9", "local": "2001:db8::1"}
    assert detail("vxlan", "ether", id=44, remote6=ends["remote"], local6=ends["local"]) == {"id": "44", **ends}


def test_a_bridge_port_that_suppresses_neighbours_is_one() -> None:
    port = {"ifname": "vxlan10", "flags": ["UP"], "mtu": 1450, "operstate": "UNKNOWN", "link_type": "ether",
            "master": "br0", "linkinfo": {"info_kind": "vxlan", "info_slave_kind": "bridge",
                                          "info_slave_data": {"neigh_suppress": True}}}  # fmt: skip
    row = drive(IpJson, json.dumps([port]), "ip -d -j link").row("links")
    assert (row.kind_of_port, row.detail.get("neigh_suppress")) == ("bridge", "on")


def test_an_external_tunnel_has_no_ends() -> None:
    assert detail("ipip", "ipip", external=True, remote="any", local="any", ttl=0) == {"external": "on"}


def test_on_one_line_an_address_is_quoted_alone() -> None:
    found = drive(IpJson, "\n\n" + compact(ADDRESSES))
    vip = found["addresses"][1]
    assert (vip.seen.where, vip.seen.line) == ("dump", 3)
    assert json.loads(vip.seen.text) == ADDRESSES[0]["addr_info"][1]
    assert "addr_info" not in found["links"][0].seen.text
    assert json.loads(found["links"][0].seen.text)["ifname"] == "lo"


def test_in_pretty_print_an_address_is_quoted_by_its_local_line() -> None:
    text = json.dumps(ADDRESSES, indent=4)
    found = drive(IpJson, text)
    lines = text.split("\n")
    for row in found["addresses"]:
        assert f'"local": "{row.ip}"' in row.seen.text
        assert lines[row.seen.line - 1] == row.seen.text
    assert [row.seen.text.strip() for row in found["links"]] == ['"ifname": "lo",', '"ifname": "tun4",']


def test_links_alone_do_not_tell_of_addresses() -> None:
    links = [{key: value for key, value in link.items() if key != "addr_info"} for link in ADDRESSES]
    assert drive(IpJson, compact(links)).facts == {"links"}


ROUTES: list[dict[str, Any]] = [
    {"dst": "default", "gateway": "192.0.2.1", "dev": "eth0", "metric": 5, "flags": ["onlink"],
     "metrics": [{"mtu": 1400}, {"advmss": 1360}]},
    {
        "dst": "198.51.100.0/24",
        "flags": [],
        "nexthops": [
            {"gateway": "192.0.2.1", "dev": "eth0", "weight": 3, "flags": []},
            {"via": {"family": "inet6", "host": "fe80::1"}, "dev": "eth1", "weight": 1, "flags": ["dead"]},
        ],
    },
    {"type": "blackhole", "dst": "203.0.113.0/24", "table": "100", "flags": []},
    {"type": "local", "dst": "192.0.2.10", "dev": "lo", "table": "local", "protocol": "kernel", "scope": "host",
     "prefsrc": "192.0.2.10", "flags": []},
    {"dst": "default", "gateway": "fe80::1", "dev": "eth0", "metric": 1024, "flags": [], "pref": "medium"},
]  # fmt: skip
ROUTE_TEXT = """\
default via 192.0.2.1 dev eth0 metric 5 onlink mtu 1400 advmss 1360
198.51.100.0/24
\tnexthop via 192.0.2.1 dev eth0 weight 3
\tnexthop via inet6 fe80::1 dev eth1 weight 1 dead
blackhole 203.0.113.0/24 table 100
local 192.0.2.10 dev lo table local proto kernel scope host src 192.0.2.10
default via fe80::1 dev eth0 metric 1024 pref medium
"""
RULES: list[dict[str, Any]] = [
    {"priority": 0, "src": "all", "table": "local"},
    {"priority": 10, "not": None, "src": "192.0.2.0", "srclen": 24, "fwmark": "0x1", "fwmask": "0xff", "table": "100"},
    {"priority": 11, "src": "all", "dst": "198.51.100.1", "action": "blackhole"},
    {"priority": 12, "src": "all", "goto": 32766},
    {"priority": 13, "src": "all", "iif": "eth0", "sport_start": 1, "sport_end": 2, "dport": 80, "nop": None},
    {"priority": 1000, "src": "all", "l3mdev": None},
    {"priority": 32766, "src": "all", "table": "main", "suppress_prefixlen": 0},
]
RULE_TEXT = """\
0:\tfrom all lookup local
10:\tnot from 192.0.2.0/24 fwmark 0x1/0xff lookup 100
11:\tfrom all to 198.51.100.1 blackhole
12:\tfrom all goto 32766
13:\tfrom all iif eth0 sport 1-2 dport 80 nop
1000:\tfrom all lookup [l3mdev-table]
32766:\tfrom all lookup main suppress_prefixlength 0
"""
NEIGHBOURS: list[dict[str, Any]] = [
    {"dst": "192.0.2.1", "dev": "eth0", "lladdr": "02:00:00:00:00:01", "router": None, "used": 2, "state": ["STALE"]},
    {"dst": "192.0.2.2", "dev": "eth0", "state": ["FAILED"]},
    {"dst": "192.0.2.3", "dev": "eth0", "proxy": None},
]
NEIGHBOUR_TEXT = """\
192.0.2.1 dev eth0 lladdr 02:00:00:00:00:01 router STALE
192.0.2.2 dev eth0 FAILED
192.0.2.3 dev eth0 proxy
"""


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [(ROUTES, IpRoute, ROUTE_TEXT), (RULES, IpRule, RULE_TEXT), (NEIGHBOURS, IpNeigh, NEIGHBOUR_TEXT)],
)
@pytest.mark.parametrize("indent", [None, 4])
def test_rows_are_those_of_the_text(value: object, kind: type[Reader], text: str, indent: int | None) -> None:
    found, plain = drive(IpJson, json.dumps(value, indent=indent)), drive(kind, text)
    assert found.facts == plain.facts
    for fact in plain.facts:
        assert without_seen(found[fact]) == without_seen(plain[fact])


def test_routes_of_a_named_table_are_told_by_the_command() -> None:
    text = compact([{"type": "local", "dst": "192.0.2.10", "dev": "lo", "scope": "host", "flags": []}])
    assert drive(IpJson, text, command="ip -j route show table local").facts == {"local-routes"}
    assert drive(IpJson, text, command="ip -j route show table 7").facts == {"other-routes"}


def test_the_answer_of_route_get_is_no_route() -> None:
    text = compact([{"dst": "198.51.100.7", "dev": "eth0", "flags": [], "uid": 0, "cache": []}])
    found = drive(IpJson, text)
    assert (found.facts, found.unread) == (set(), [text])


def test_one_bad_row_is_unread_and_the_others_are_not() -> None:
    bad = {"dst": "192.0.2.x", "dev": "eth0", "flags": []}
    found = drive(IpJson, compact([*ROUTES, bad]))
    assert found.unread == [compact(bad)]
    assert len(found["local-routes"]) == 1


def test_an_empty_array_is_an_answer_if_the_command_is_known() -> None:
    assert drive(IpJson, "[ ]", command="ip -j neigh")["neighbours"] == ()
    assert drive(IpJson, "[]").unread == ["[]"]


@pytest.mark.parametrize(
    "text",
    [
        '[{"ifindex":2,"link":null,"ifname":"br0","flags":["UP"],"mtu":1500,"master":"br0","priority":32,"cost":2}]',
        '[{"name":"red","table":10}]',
        '[\n  {"ifname": "lo", "flags": ["UP"], "operstate": "UP",',
        "[\n]]\n",
        '[{"ifname": "lo"} trailing]',
        "[1, 2, 3]",
        "[" * 3000 + "]" * 3000,
    ],
)
def test_other_json_and_broken_json_is_unread_as_a_whole(text: str) -> None:
    found = drive(IpJson, text)
    assert found.facts == set()
    assert len(found.unread) + len(found.refused) == len([line for line in text.split("\n") if line.strip()])


def test_what_follows_the_array_is_not_taken() -> None:
    found = drive(IpJson, compact(RULES) + "\n[\nnet.ipv4.ip_forward = 1\n")
    assert [seen.line for seen in found.refused] == [2, 3]


def test_json_that_is_never_closed_does_not_swallow_what_follows() -> None:
    found = drive(IpJson, '[ {\n    "ifname": "lo",\nnet.ipv4.ip_forward = 1\n"x": 1\n')
    assert [seen.line for seen in found.refused] == [3, 4]
    assert len(found.unread) == 2


@pytest.mark.parametrize(
    ("line", "starts"),
    [
        ('[{"ifindex":1,"ifname":"lo"}]', True),
        ("[ {", True),
        ("[", True),
        ("[{},{", True),
        ("[ ]", True),
        ("[global]", False),
        ("[  12.345678] eth0: link up", False),
        ("[root@rs1 ~]# ip -j addr", False),
        ("[ -f /etc/sysctl.conf ] && exit", False),
        ('{"nftables": [', False),
    ],
)
def test_where_it_starts(line: str, starts: bool) -> None:
    assert IpJson.starts(line) is starts


@pytest.mark.parametrize("junk", [None, True, 1.5, [], {}, "", "\ud800", "a b", "x" * 5000, 10**30, -1])
def test_no_value_of_any_key_upsets_it(junk: object) -> None:
    for rows in (ADDRESSES, ROUTES, RULES, NEIGHBOURS):
        for row in rows:
            for key in row:
                drive(IpJson, json.dumps([{**row, key: junk}]))
    infos = ADDRESSES[0]["addr_info"]
    for key in infos[0]:
        found = drive(IpJson, json.dumps([{**ADDRESSES[0], "addr_info": [{**infos[0], key: junk}, junk]}]))
        assert len(found["links"]) == 1


def test_escapes_cannot_smuggle_in_what_no_terminal_should_get() -> None:
    link = {**ADDRESSES[0], "operstate": "\ud800", "master": "\u001b[31m", "flags": ["UP", "\n"]}
    found = drive(IpJson, json.dumps([link]))
    row = found.row("links")
    assert (row.state, row.master, row.flags) == ("", None, {"UP"})
    assert row.seen.text.isascii()
    assert row.seen.text.isprintable()
