"""What holds for every kind of change, the next one too."""

from dataclasses import replace
from ipaddress import ip_address, ip_network
from itertools import product

import pytest

from lvsdoctor.collect.assemble import NodeDump, nodes_of
from lvsdoctor.fixes.changes.difference import alike
from lvsdoctor.fixes.changes.kinds import KINDS, applied, changes_of, describe, impact, spell, undo
from lvsdoctor.model import change as nouns
from lvsdoctor.model.change import (
    AddAddress,
    AddPolicyRule,
    Change,
    LoadModule,
    Nothing,
    PutFilterRule,
    PutNeighbour,
    PutNftRule,
    PutRealServer,
    PutRoute,
    RemoveAddress,
    RemoveFilterRule,
    RemoveNeighbour,
    RemoveNftRule,
    RemovePolicyRule,
    RemoveRealServer,
    RemoveRoute,
    SetLink,
    SetPreferred,
    SetSysctl,
    Unknown,
)
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import NextHop, PolicyRule, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.stream import pieces

DUMPS = {
    "ip-addr": """1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0
    inet 192.0.2.10/24 scope global secondary eth0
    inet6 2001:db8::2/64 scope global
""",
    "ip-route": """default via 192.0.2.1 dev eth0
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.2
unreachable 203.0.113.0/24
""",
    "ip-rule": """0: from all lookup local
100: from 192.0.2.10 lookup 7
32766: from all lookup main
32767: from all lookup default
""",
    "ip-neigh": """192.0.2.1 dev eth0 lladdr 02:00:00:00:00:01 REACHABLE
192.0.2.9 dev eth0 lladdr 02:00:00:00:00:09 PERMANENT
192.0.2.30 dev eth0 proxy
""",
    "sysctl": """net.ipv4.ip_forward = 0
net.ipv4.conf.all.forwarding = 0
net.ipv4.conf.default.rp_filter = 0
net.ipv4.conf.eth0.rp_filter = 0
net.ipv4.conf.eth0.promote_secondaries = 0
""",
    "iptables-save": """*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -d 192.0.2.10/32 -p tcp -m comment --comment "it is closed" -j DROP
COMMIT
""",
    "nft": """table inet lvs { # handle 1
	chain input { # handle 1
		type filter hook input priority filter; policy drop;
		iifname "lo" accept # handle 2
		ip daddr 192.0.2.10 tcp dport 80 drop # handle 3
	}
}
""",
    "ipvs": """-A -t 192.0.2.10:80 -s rr
-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 5 -x 9
-A -f 7 -s rr
-a -f 7 -r 192.0.2.22:0 -m -w 1
""",
}
SEEN = Seen("fix", None, "")
(HOST,) = nodes_of([NodeDump(piece, "lb1", "lb1") for where, text in DUMPS.items() for piece in pieces(text, where)])
# The same host, with one fact not collected, and with none.
HOSTS = [HOST, Node("lb1")] + [
    replace(HOST, evidence={fact: rows for fact, rows in HOST.evidence.items() if fact != left_out})
    for left_out in HOST.evidence
]

VIP, MAC = ip_address("192.0.2.10"), "02:00:00:00:00:07"
VIP6 = ip_address("2001:db8::10")
SERVICES = HOST.services
((REAL,), (MARKED,)) = (service.destinations for service in SERVICES)
MARKED = replace(MARKED, ip=ip_address("192.0.2.23"))
ELSEWHERE = ip_network("203.0.113.0/24")


def route(*hops: NextHop, to: str = "0.0.0.0/0", kind: str = "unicast", table: str = "main") -> Route:
    return Route(ip_network(to), SEEN, kind, table, hops, "boot", "")


def entry(ip: str, mac: str = MAC, state: str = "PERMANENT", *flags: str) -> Neighbour:
    return Neighbour(ip_address(ip), SEEN, "eth0", mac, state, frozenset(flags))


# Of each noun at least one that changes HOST, and one that does not, for it is so already or the kernel refuses it.
SAMPLES: list[Change] = [
    SetSysctl("net.ipv4.ip_forward", "1"), SetSysctl("net.ipv4.ip_forward", "0"),
    SetSysctl("net.ipv4.conf.default.rp_filter", "1"), SetSysctl("net.ipv4.conf.default.rp_filter", "0"),
    SetSysctl("net.ipv4.conf.eth7.rp_filter", "1"), SetSysctl("net.ipv4.conf.eth0.rp_filter", "two"),
    AddAddress(VIP, 32, "lo"), AddAddress(VIP, 24, "eth0"), AddAddress(VIP, 32, "eth7"),
    AddAddress(ip_address("2001:db8::2"), 64, "eth0"),
    AddAddress(ip_address("198.51.100.1"), 32, "eth0", "link", "eth0:1", ip_network("198.51.100.2/32"), metric=100),
    RemoveAddress(VIP, 24, "eth0"), RemoveAddress(VIP, 32, "eth0"), RemoveAddress(ip_address("192.0.2.2"), 24, "eth0"),
    SetPreferred(ip_address("2001:db8::2"), 64, "eth0", preferred=False),
    SetPreferred(VIP6, 128, "eth0", preferred=True),
    SetLink("eth0", up=False), SetLink("eth0", up=True), SetLink("eth7", up=True), SetLink("a'b", up=True),
    PutRoute(route(NextHop(None, ip_address("192.0.2.9"))), replaces=True),
    PutRoute(route(NextHop("eth0", ip_address("192.0.2.1"))), replaces=True),
    PutRoute(route(NextHop("eth0", ip_address("192.0.2.1"))), replaces=False),
    PutRoute(route(kind="blackhole", to="198.51.100.0/24"), replaces=False),
    PutRoute(route(NextHop("lo"), to="198.51.100.0/24", kind="local", table="local"), replaces=False),
    RemoveRoute(Route(ELSEWHERE, SEEN, "unreachable", scope="")),
    RemoveRoute(Route(ELSEWHERE, SEEN, "prohibit", scope="")),
    AddPolicyRule(PolicyRule(200, SEEN, table="8", fwmark=3)),
    AddPolicyRule(PolicyRule(100, SEEN, table="7", src=ip_network("192.0.2.10/32"))),
    RemovePolicyRule(100), RemovePolicyRule(101), RemovePolicyRule(100, 6),
    PutRealServer(SERVICES[0], replace(REAL, weight=0), was=True), PutRealServer(SERVICES[0], REAL, was=True),
    PutRealServer(SERVICES[0], REAL, was=False), PutRealServer(SERVICES[1], MARKED, was=False),
    RemoveRealServer(SERVICES[0], REAL), RemoveRealServer(SERVICES[1], replace(MARKED, ip=ip_address("192.0.2.24"))),
    PutNeighbour(entry("192.0.2.9")), PutNeighbour(entry("192.0.2.9", "02:00:00:00:00:09")),
    PutNeighbour(entry("192.0.2.30", "", "", "proxy")), PutNeighbour(entry("192.0.2.31", "", "", "proxy")),
    RemoveNeighbour(ip_address("192.0.2.9"), "eth0"), RemoveNeighbour(ip_address("192.0.2.9"), "eth0", learned=True),
    RemoveNeighbour(ip_address("192.0.2.1"), "eth0", learned=True), RemoveNeighbour(VIP, "eth0"),
    RemoveNeighbour(ip_address("192.0.2.30"), "eth0", proxy=True), RemoveNeighbour(VIP, "eth0", proxy=True),
    LoadModule("ipip"), LoadModule("ipip", loads=False),
    PutFilterRule(4, "filter", "INPUT", "-d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j ACCEPT"),
    PutNftRule("inet", "lvs", "input", "ip daddr 192.0.2.10 tcp dport 80 accept"),
    PutNftRule("inet", "lvs", "input", "udp dport 53 drop", before=3),
    PutNftRule("inet", "lvs", "input", "meta l4proto tcp accept", first=False),
    PutNftRule("inet", "lvs", "input", "accept", before=7),
    RemoveNftRule("inet", "lvs", "input", 2), RemoveNftRule("inet", "lvs", "input", 3),
    RemoveNftRule("inet", "lvs", "input", 9),
    PutFilterRule(4, "filter", "INPUT", "-p udp -j ACCEPT", 2), PutFilterRule(4, "filter", "INPUT", "-j ACCEPT", 4),
    RemoveFilterRule(4, "filter", "INPUT", '-d 192.0.2.10/32 -p tcp -m comment --comment "it is closed" -j DROP'),
    RemoveFilterRule(4, "filter", "INPUT", "-j DROP"),
]  # fmt: skip
NOUNS = [noun for kind in KINDS for noun in kind.NOUNS]


def test_every_noun_has_one_kind_and_samples_here() -> None:
    named = {noun for noun in vars(nouns).values() if isinstance(noun, type) and issubclass(noun, Change)}
    known = named - {Change, Nothing, Unknown}
    assert sorted(noun.__name__ for noun in NOUNS) == sorted(noun.__name__ for noun in known)
    assert {type(change) for change in SAMPLES} == known
    for noun in known:
        changes = [change for change in SAMPLES if type(change) is noun]
        assert {applied(HOST, change) is HOST for change in changes} == {True, False}, noun


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: "+".join(host.evidence) or "nothing")
def test_a_node_is_itself_where_nothing_changes_and_another_where_something_does(host: Node) -> None:
    for first, second in product(SAMPLES, SAMPLES):
        before = applied(host, first)
        after = applied(before, second)
        assert (after is before) is alike(after, before), (first, second)


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: "+".join(host.evidence) or "nothing")
def test_what_was_not_collected_stays_so_and_every_change_can_be_told_and_taken_back(host: Node) -> None:
    for change in SAMPLES:
        assert applied(host, change).evidence.keys() == host.evidence.keys()
        assert describe(change, host)
        assert isinstance(impact(change, host), str)
        assert (undo(change, host) == ()) is alike(applied(host, change), host), change


@pytest.mark.parametrize("change", SAMPLES, ids=lambda change: spell(change))
def test_a_command_that_is_parsed_makes_of_a_node_what_the_change_does_that_it_was_spelled_from(change: Change) -> None:
    line = spell(change)
    parsed = changes_of(str(line), HOST)
    assert {type(other) for other in parsed} <= {type(change), Nothing}
    after = HOST
    for other in parsed:
        after = applied(after, other)
    assert alike(after, applied(HOST, change))


def test_a_command_of_ours_is_not_parsed() -> None:
    line = spell(SetLink("eth0", up=False))
    assert changes_of(line, HOST) is line.changes
    assert line.changes[0].command == "ip link set eth0 down"
