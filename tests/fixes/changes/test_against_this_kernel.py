"""What changes/ says becomes of a host is what the Linux under this test makes of it, and what takes it back does.

Each command is run in a network namespace: the dumps after it must tell what the model foretold from those before it.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from lvsdoctor.fixes.changes.difference import facts
from lvsdoctor.fixes.changes.kinds import applied, changes_of, undo
from lvsdoctor.model.node import Node
from tests.fixes.changes.a_host import Host, a_host, after

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root"),
    pytest.mark.skipif(shutil.which("ip") is None, reason="needs ip (tests/system-packages.txt)"),
]


@dataclass(frozen=True)
class Try:
    """Commands on a host that was made by `given`; `refused` are those that the kernel does not take."""

    given: tuple[str, ...]
    run: tuple[str, ...]
    refused: tuple[str, ...] = ()


ADDRESS = "ip addr add 192.0.2.10/24 dev eth0"
# Without an address of its own accord, which is checked for duplicates a while.
IPV6 = "sysctl -qw net.ipv6.conf.eth0.addr_gen_mode=1 net.ipv6.conf.eth0.disable_ipv6=0"
THREE = (ADDRESS, "ip addr add 192.0.2.11/24 dev eth0", "ip addr add 192.0.2.12/24 dev eth0")
PROMOTING = "sysctl -w net.ipv4.conf.eth0.promote_secondaries=1"
TWO_SUBNETS = (
    ADDRESS,
    "ip addr add 198.51.100.10/24 brd 198.51.100.255 dev eth0",
    "ip addr add 192.0.2.11/24 dev eth0",
)
# A dump without a single entry does not tell that neighbours were asked for.
SOMEBODY = "ip neigh add 192.0.2.99 lladdr 02:00:00:00:00:99 dev eth0 nud permanent"
ROUTED = (ADDRESS, "ip addr add 198.51.100.10/24 dev eth1", "ip route add default via 192.0.2.1")

FILTER = (
    "iptables -P FORWARD DROP",
    "iptables -A INPUT -i lo -j ACCEPT",
    'iptables -A INPUT -d 192.0.2.10 -p tcp --dport 80 -m comment --comment "not now" -j DROP',
)

NFT = (
    "nft add table inet lvs",
    "nft 'add chain inet lvs input { type filter hook input priority 0; policy drop; }'",
    "nft add rule inet lvs input iifname lo accept",
    "nft add rule inet lvs input ip daddr 192.0.2.10 tcp dport 80 drop",
    "nft add rule inet lvs input udp dport 53 accept",
)

TRIES = {
    "a rule of nft comes first, before another, and at the end": Try(
        NFT,
        (
            "nft insert rule inet lvs input ip daddr 192.0.2.11 tcp dport 80 accept",
            "nft insert rule inet lvs input position 3 ip daddr 192.0.2.10 tcp dport 80 accept",
            "nft add rule inet lvs input ip6 daddr 2001:db8::10 meta l4proto tcp drop",
        ),
    ),
    "a rule of nft goes by its handle": Try(
        NFT,
        (
            "nft delete rule inet lvs input handle 3",
            "nft delete rule inet lvs input handle 4",
            "nft delete rule inet lvs input handle 2",
        ),
    ),
    "a rule comes before the one of its number, and at the end without": Try(
        FILTER,
        (
            "iptables -I INPUT 2 -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j ACCEPT",
            "iptables -A FORWARD -s 198.51.100.21/32 -j ACCEPT",
            "iptables -I INPUT 9 -j ACCEPT",
        ),
        refused=("iptables -I INPUT 9 -j ACCEPT",),
    ),
    "the rule goes that says the same, however it is spelled": Try(
        FILTER,
        (
            "iptables -D INPUT -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -m comment --comment 'not now' -j DROP",
            "iptables -D INPUT -i lo -j DROP",
        ),
        refused=("iptables -D INPUT -i lo -j DROP",),
    ),
    "an address brings its subnet, itself and the broadcast": Try((), (ADDRESS,)),
    "a broadcast address is brought where it is named": Try(
        (), ("ip addr add 192.0.2.10/24 brd 192.0.2.127 dev eth0",)
    ),
    "a single host brings itself alone": Try((), ("ip addr add 192.0.2.10/32 dev eth0",)),
    "a /31 has no broadcast": Try((), ("ip addr add 192.0.2.10/31 dev eth0",)),
    "on lo the whole subnet is local": Try((), ("ip addr add 192.0.2.10/24 dev lo",)),
    "of loopback the scope is host": Try((), ("ip addr add 127.0.0.5/32 dev eth0",)),
    "a point-to-point address": Try((), ("ip addr add 192.0.2.10 peer 198.51.100.1/32 dev eth0",)),
    "noprefixroute brings no subnet": Try((), ("ip addr add 192.0.2.10/24 dev eth0 noprefixroute",)),
    "the second of a subnet is secondary, and its source the first": Try((), THREE),
    "the same address twice is refused": Try((ADDRESS,), (ADDRESS,), refused=(ADDRESS,)),
    "the same address with another prefix is not": Try((ADDRESS,), ("ip addr add 192.0.2.10/32 dev eth0",)),
    "another scope in the subnet is refused": Try(
        (ADDRESS,),
        ("ip addr add 192.0.2.11/24 dev eth0 scope link",),
        ("ip addr add 192.0.2.11/24 dev eth0 scope link",),
    ),
    "a narrow scope stands behind a wide one, whoever came first": Try(
        ("ip addr add 192.0.2.10/32 dev eth0 scope host",), ("ip addr add 198.51.100.1/32 dev eth0",)
    ),
    "a wide scope stands behind other wide ones": Try(
        ("ip addr add 192.0.2.10/32 dev eth0 scope link", "ip addr add 203.0.113.1/32 dev eth0"),
        ("ip addr add 198.51.100.1/32 dev eth0", "ip addr add 198.51.100.2/32 dev eth0 scope host"),
    ),
    "primaries stand in front of secondaries": Try(THREE[:2], ("ip addr add 198.51.100.1/24 dev eth0",)),
    "a metric for its subnet": Try((), ("ip addr add 192.0.2.10/24 dev eth0 metric 100",)),
    "the one that is promoted keeps the subnet's metric": Try(
        (PROMOTING, *(f"{line} metric 100" for line in THREE)), ("ip addr del 192.0.2.10/24 dev eth0",)
    ),
    "a label": Try((), ("ip addr add 192.0.2.10/32 dev eth0 label eth0:7",)),
    "no link, no address": Try((), ("ip addr add 192.0.2.10/32 dev eth7",), ("ip addr add 192.0.2.10/32 dev eth7",)),
    "secondaries go with their primary": Try(THREE, ("ip addr del 192.0.2.10/24 dev eth0",)),
    "the first secondary is promoted": Try((PROMOTING, *THREE), ("ip addr del 192.0.2.10/24 dev eth0",)),
    "promotion behind another primary": Try(
        (PROMOTING, *TWO_SUBNETS, "ip addr add 192.0.2.12/24 dev eth0"), ("ip addr del 192.0.2.10/24 dev eth0",)
    ),
    "a secondary goes alone": Try(THREE, ("ip addr del 192.0.2.11/24 dev eth0",)),
    "a secondary with promotion goes alone": Try((PROMOTING, *THREE), ("ip addr del 192.0.2.11/24 dev eth0",)),
    "the only address takes all routes of its link along": Try(ROUTED, ("ip addr del 192.0.2.10/24 dev eth0",)),
    "a route through the subnet stays while the link has another address": Try(
        (*ROUTED, "ip addr add 203.0.113.5/32 dev eth0"), ("ip addr del 192.0.2.10/24 dev eth0",)
    ),
    "a route that names the address goes with it": Try(
        (
            *TWO_SUBNETS,
            "ip route add default via 198.51.100.1 src 192.0.2.10",
            "ip route add 203.0.113.0/24 via 192.0.2.1",
        ),
        ("ip addr del 192.0.2.10/24 dev eth0",),
    ),
    "a route that names the address stays in another table": Try(
        (*TWO_SUBNETS, "ip route add default via 198.51.100.1 src 192.0.2.10 table 100"),
        ("ip addr del 192.0.2.10/24 dev eth0",),
    ),
    "the address may be elsewhere, too": Try(
        (
            ADDRESS,
            "ip addr add 192.0.2.10/32 dev lo",
            "ip addr add 198.51.100.10/24 dev eth0",
            "ip route add default via 198.51.100.1 src 192.0.2.10",
        ),
        ("ip addr del 192.0.2.10/24 dev eth0",),
    ),
    "an address twice on a link is local as long as one is left": Try(
        (ADDRESS, "ip addr add 192.0.2.10/32 dev eth0"), ("ip addr del 192.0.2.10/32 dev eth0",)
    ),
    "an address twice on a link, and the primary with its subnet goes": Try(
        (ADDRESS, "ip addr add 192.0.2.10/32 dev eth0"), ("ip addr del 192.0.2.10/24 dev eth0",)
    ),
    "an address of two subnets, in one of which it is secondary, is local for each": Try(
        THREE, ("ip addr add 192.0.2.11/25 dev eth0", "ip addr del 192.0.2.11/24 dev eth0")
    ),
    "without a prefix length the first that has the address goes": Try(THREE, ("ip addr del 192.0.2.12 dev eth0",)),
    "the wrong prefix length names nobody": Try(
        THREE, ("ip addr del 192.0.2.12/32 dev eth0",), ("ip addr del 192.0.2.12/32 dev eth0",)
    ),
    "a point-to-point address is named with its far end": Try(
        ("ip addr add 192.0.2.10 peer 198.51.100.1/32 dev eth0",),
        ("ip addr del 192.0.2.10/32 dev eth0", "ip addr del 192.0.2.10 peer 198.51.100.1/32 dev eth0"),
        refused=("ip addr del 192.0.2.10/32 dev eth0",),
    ),
    "the VIP moves to lo": Try(
        (PROMOTING, *THREE), ("ip addr del 192.0.2.10/24 dev eth0", "ip addr add 192.0.2.10/32 dev lo")
    ),
    "a VIP on lo becomes a single host": Try(
        ("ip addr add 192.0.2.10/24 dev lo",), ("ip addr del 192.0.2.10/24 dev lo", "ip addr add 192.0.2.10/32 dev lo")
    ),
    "an IPv6 address is deprecated in its place, and keeps its prefix": Try(
        (IPV6, "ip addr add 2001:db8::2/64 dev eth0 nodad", "ip addr add 2001:db8::10/64 dev eth0 nodad"),
        ("ip addr change 2001:db8::10/128 dev eth0 nodad preferred_lft 0",),
    ),
    "it is preferred again": Try(
        (IPV6, "ip addr add 2001:db8::10/128 dev eth0 nodad preferred_lft 0"),
        ("ip addr change 2001:db8::10/128 dev eth0 nodad preferred_lft forever",),
    ),
    "the flag nodad goes unless it is repeated": Try(
        (IPV6, "ip addr add 2001:db8::10/128 dev eth0 nodad"),
        ("ip addr change 2001:db8::10/128 dev eth0 preferred_lft 0",),
    ),
    "a link that goes down": Try((*ROUTED, *THREE[1:]), ("ip link set eth0 down",)),
    "a link that comes up": Try((*ROUTED, *THREE[1:], "ip link set eth0 down"), ("ip link set eth0 up",)),
    "an address on a link that is down": Try(("ip link set eth0 down",), (ADDRESS, "ip link set eth0 up")),
    "one of two ways dies and comes back": Try(
        (*ROUTED, "ip route replace default nexthop via 192.0.2.1 nexthop via 198.51.100.1 weight 2"),
        ("ip link set eth1 down", "ip link set eth1 up"),
    ),
    "a VLAN follows its link": Try(
        (
            "ip link add link eth0 name eth0.7 type vlan id 7",
            "ip link set eth0.7 up",
            "ip addr add 192.0.2.7/24 dev eth0.7",
        ),
        ("ip link set eth0 down", "ip link set eth0 up"),
    ),
    "a dummy link": Try(
        ("ip link add dummy0 type dummy", "ip addr add 192.0.2.10/24 dev dummy0"), ("ip link set dummy0 up",)
    ),
    "a route": Try((ADDRESS,), ("ip route add 203.0.113.0/24 via 192.0.2.1 metric 10",)),
    "the link of a gateway is found": Try(ROUTED, ("ip route replace 203.0.113.0/24 via 198.51.100.1",)),
    "a second route to the same place is refused": Try(
        ROUTED, ("ip route add default via 192.0.2.2",), ("ip route add default via 192.0.2.2",)
    ),
    "unless its metric is another": Try(ROUTED, ("ip route add default via 192.0.2.2 metric 5",)),
    "a route is replaced": Try(ROUTED, ("ip route replace default via 198.51.100.1",)),
    "a metric tells which is replaced": Try(
        (*ROUTED, "ip route add default via 192.0.2.2 metric 5"), ("ip route replace default via 192.0.2.3 metric 5",)
    ),
    "a gateway that is no neighbour is refused": Try(
        (ADDRESS,), ("ip route add default via 203.0.113.1",), ("ip route add default via 203.0.113.1",)
    ),
    "unless it is said to be one": Try((ADDRESS,), ("ip route add default via 203.0.113.1 dev eth0 onlink",)),
    "a source that is not the host's is refused": Try(
        ROUTED,
        ("ip route replace default via 192.0.2.1 src 192.0.2.99",),
        ("ip route replace default via 192.0.2.1 src 192.0.2.99",),
    ),
    "a link that is down has no routes": Try(
        (ADDRESS, "ip link set eth1 down"),
        ("ip route add 203.0.113.0/24 dev eth1",),
        ("ip route add 203.0.113.0/24 dev eth1",),
    ),
    "a subnet without a gateway": Try((ADDRESS,), ("ip route replace 203.0.113.0/24 dev eth0",)),
    "the subnet's own route is replaced": Try((ADDRESS,), ("ip route replace 192.0.2.0/24 dev eth0",)),
    "a table of its own": Try(ROUTED, ("ip route replace default via 192.0.2.1 table 100",)),
    "a whole prefix of its own": Try((ADDRESS,), ("ip route add local 198.51.100.0/24 dev lo",)),
    "nowhere": Try(
        (ADDRESS,), ("ip route add unreachable 198.51.100.0/24 metric 10", "ip route add blackhole 203.0.113.0/24")
    ),
    "a route goes": Try(ROUTED, ("ip route del default",)),
    "a route goes by its gateway": Try(
        (*ROUTED, "ip route add default via 192.0.2.2 metric 5"), ("ip route del default via 192.0.2.2",)
    ),
    "the metric that is smallest goes first": Try(
        (*ROUTED, "ip route add default via 192.0.2.2 metric 5"), ("ip route del default",)
    ),
    "a failing route goes": Try(
        (ADDRESS, "ip route add unreachable 198.51.100.0/24 metric 10"),
        ("ip route del unreachable 198.51.100.0/24 metric 10",),
    ),
    "a type that is not there names nothing": Try(
        ROUTED, ("ip route del unreachable default",), ("ip route del unreachable default",)
    ),
    "a local route goes": Try(
        (ADDRESS, "ip route add local 198.51.100.0/24 dev lo"),
        ("ip route del local 198.51.100.0/24 dev lo table local",),
    ),
    "two ways": Try(
        ROUTED, ("ip route replace default nexthop via 192.0.2.1 weight 1 nexthop via 198.51.100.1 weight 2",)
    ),
    "a policy rule goes": Try(
        (
            ADDRESS,
            "ip rule add from 192.0.2.10 lookup 100 priority 100",
            "ip rule add from 192.0.2.10 lookup 101 priority 100",
        ),
        ("ip rule del priority 100",),
    ),
    "the same policy rule twice is refused": Try(
        ("ip rule add from 192.0.2.10 lookup 100 priority 100",),
        ("ip rule add from 192.0.2.10 lookup 100 priority 100",),
        refused=("ip rule add from 192.0.2.10 lookup 100 priority 100",),
    ),
    "a policy rule comes": Try(
        ("ip rule add priority 50 lookup 100",),
        (
            "ip rule add priority 100 from 192.0.2.10 to 198.51.100.0/24 fwmark 0x1/0xff iif eth0 lookup 100",
            "ip rule add priority 70 not from 192.0.2.0/24 prohibit",
        ),
    ),
    "a proxy entry": Try(
        (SOMEBODY,), ("ip neigh add proxy 192.0.2.9 dev eth0", "ip neigh del proxy 192.0.2.9 dev eth0")
    ),
    "a permanent neighbour": Try(
        (ADDRESS, SOMEBODY),
        (
            "ip neigh replace 192.0.2.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent",
            "ip neigh flush to 192.0.2.9",
            "ip neigh del 192.0.2.9 dev eth0",
        ),
    ),
    "what was learned is flushed": Try(
        (ADDRESS, SOMEBODY, "ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev eth0 nud stale"),
        ("ip neigh flush to 192.0.2.9 dev eth0",),
    ),
    "conf/all is copied to no link": Try(
        (), ("sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.rp_filter=2",)
    ),
    "conf/default is copied to links that nobody gave an address or a value": Try(
        (ADDRESS,), ("sysctl -w net.ipv4.conf.default.arp_ignore=1",)
    ),
    "ip_forward is copied to every link, and turns all.accept_redirects round": Try(
        (),
        (
            "sysctl -w net.ipv4.ip_forward=1",
            "sysctl -w net.ipv4.conf.all.accept_redirects=1",
            "sysctl -w net.ipv4.ip_forward=0",
        ),
    ),
    "the same value again changes nothing else": Try(
        (
            "sysctl -w net.ipv4.ip_forward=1",
            "sysctl -w net.ipv4.conf.all.accept_redirects=1",
            "sysctl -w net.ipv4.conf.eth0.forwarding=0",
        ),
        ("sysctl -w net.ipv4.ip_forward=1", "sysctl -w net.ipv4.conf.all.forwarding=1"),
    ),
    "conf/default's forwarding is copied to no link": Try((), ("sysctl -w net.ipv4.conf.default.forwarding=1",)),
    "forwarding of one link": Try((), ("sysctl -w net.ipv4.conf.eth0.forwarding=1",)),
    "a number may be written in hexadecimal": Try((), ("sysctl -w net.ipv4.conf.eth0.arp_announce=0x2",)),
    "what is no number is refused": Try(
        (), ("sysctl -w net.ipv4.conf.eth0.arp_announce=two",), ("sysctl -w net.ipv4.conf.eth0.arp_announce=two",)
    ),
    "a link that is not there has no setting": Try(
        (), ("sysctl -w net.ipv4.conf.eth7.arp_ignore=1",), ("sysctl -w net.ipv4.conf.eth7.arp_ignore=1",)
    ),
    "a link with a dot": Try(
        ("ip link add eth0.7 type veth peer name eth0.8",), ("sysctl -w net.ipv4.conf.eth0/7.arp_ignore=1",)
    ),
}


@contextmanager
def a_host_with(given: tuple[str, ...]) -> Iterator[Host]:
    with a_host() as host:
        for line in given:
            if not host.run(line):
                assert line.startswith("ip link add"), line
                pytest.skip(f"this kernel cannot: {line}")
        yield host


def seen_in(node: Node) -> Mapping[str, object]:
    """What the dumps tell; of a link only its name and whether it is up, of a neighbour not how long ago."""
    found: dict[str, Any] = dict(facts(node))
    found["links"] = [(link.name, link.up) for link in node.links]
    return found


@pytest.mark.parametrize("title", TRIES)
def test_the_kernel_makes_of_a_host_what_the_model_foretells(title: str) -> None:
    tried = TRIES[title]
    with a_host_with(tried.given) as host:
        for line in tried.run:
            before = host.node()
            assert host.run(line) is (line not in tried.refused), line
            assert seen_in(after(before, line)) == seen_in(host.node()), line


@pytest.mark.parametrize("title", TRIES)
def test_what_takes_it_back_makes_the_host_what_it_was(title: str) -> None:
    tried = TRIES[title]
    with a_host_with(tried.given) as host:
        for line in (line for line in tried.run if line not in tried.refused):
            node = before = host.node()
            back: list[str] = []
            for change in changes_of(line, before):
                back = [*undo(change, node), *back]
                node = applied(node, change)
            assert host.run(line)
            assert [command for command in back if not command.startswith("#") and not host.run(command)] == []
            if not any(command.startswith("#") for command in back):
                assert seen_in(host.node()) == seen_in(before), (line, back)
            host.run(line)
