"""Nodes to hold against the kernel: what `ip`, and now and then arptables, is told about each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.seen import Seen
from tests.kernel.wire import LINKS, Wire


@dataclass(frozen=True)
class Setup:
    """What `ip` is told about the node, `|` between the lines, beyond what every setup has."""

    ip: str = ""
    commands: tuple[str, ...] = ()
    proxied: tuple[str, ...] = ()
    base: str = "addr add 192.0.2.21/24 dev eth0 | addr add 198.51.100.21/24 dev eth1"
    fixed: Mapping[str, int] = field(default_factory=dict)
    links: tuple[str, ...] = LINKS


# Gateways and destinations of the setups.
NEIGHBOURS = (
    "192.0.2.1 192.0.2.2 198.51.100.1 192.0.2.77 192.0.2.177 192.0.2.200 198.51.100.77 198.51.100.200 203.0.113.77"
    " 203.0.113.1 203.0.113.5 192.0.9.9 192.0.2.21 198.51.100.21"
).split()

SETUPS = {
    "VIP/32 on lo": Setup("addr add 192.0.2.200/32 dev lo"),
    "VIP/32 on lo, scope host": Setup("addr add 192.0.2.200/32 dev lo scope host"),
    "VIP/32 on lo, scope link": Setup("addr add 192.0.2.200/32 dev lo scope link"),
    "VIP/32 on lo, scope nowhere": Setup("addr add 192.0.2.200/32 dev lo scope 255"),
    "VIP/24 on lo": Setup("addr add 192.0.2.200/24 dev lo"),
    "VIP/24 on lo, noprefixroute": Setup("addr add 192.0.2.200/24 dev lo noprefixroute"),
    "VIP/24 on lo and a rule": Setup("addr add 192.0.2.200/24 dev lo | rule add to 203.0.113.99 lookup main"),
    "VIP/16 on lo": Setup("addr add 192.0.2.200/16 dev lo"),
    "VIP/16 on lo and a rule": Setup("addr add 192.0.2.200/16 dev lo | rule add to 203.0.113.99 lookup main"),
    "VIP/28 on lo": Setup("addr add 192.0.2.200/28 dev lo"),
    "VIP/32 on eth0": Setup("addr add 192.0.2.200/32 dev eth0"),
    "VIP/32 on eth0, scope host": Setup("addr add 192.0.2.200/32 dev eth0 scope host"),
    "VIP/24 on eth0, a secondary address": Setup("addr add 192.0.2.200/24 dev eth0"),
    "VIP/24 on eth0, the primary address": Setup(
        base="addr add 192.0.2.200/24 dev eth0 | addr add 192.0.2.21/24 dev eth0 | addr add 198.51.100.21/24 dev eth1"
    ),
    "VIP/24 on eth0 without its route": Setup("addr add 192.0.2.200/24 dev eth0 noprefixroute"),
    "VIP on eth0 is point-to-point": Setup("addr add 192.0.2.200 peer 203.0.113.5/32 dev eth0"),
    "VIP on eth0 is point-to-point in its own subnet": Setup("addr add 192.0.2.200 peer 192.0.2.201/28 dev eth0"),
    "VIP on eth0 is point-to-point and in no subnet, arp_ignore=1": Setup(
        "route add 192.0.2.0/24 dev eth0",
        base="addr add 192.0.2.200 peer 203.0.113.5/32 dev eth0 | addr add 198.51.100.21/24 dev eth1",
        fixed={"all.arp_ignore": 0, "eth0.arp_ignore": 1},
    ),
    "VIP on eth0 is point-to-point and in no subnet, arp_ignore=3": Setup(
        "route add 192.0.2.0/24 dev eth0",
        base="addr add 192.0.2.200 peer 203.0.113.5/32 dev eth0 | addr add 198.51.100.21/24 dev eth1",
        fixed={"all.arp_ignore": 3, "eth0.arp_ignore": 0},
    ),
    "VIP point-to-point in its own subnet, arp_ignore=2": Setup(
        "addr add 192.0.2.200 peer 192.0.2.201/28 dev eth0", fixed={"all.arp_ignore": 0, "eth0.arp_ignore": 2}
    ),
    "VIP/32 on lo, scope host, arp_ignore=3": Setup(
        "addr add 192.0.2.200/32 dev lo scope host", fixed={"all.arp_ignore": 3, "eth0.arp_ignore": 0}
    ),
    "VIP/32 on lo, arp_ignore=1 on lo": Setup(
        "addr add 192.0.2.200/32 dev lo",
        fixed={"lo.arp_ignore": 1, "all.arp_ignore": 0, "eth0.arp_ignore": 0, "eth1.arp_ignore": 0},
    ),
    "VIP/32 on a link without ARP": Setup(
        "link add ifb9 type ifb | link set ifb9 up | addr add 192.0.2.200/32 dev ifb9"
    ),
    "VIP/24 on a link without ARP": Setup(
        "link add ifb9 type ifb | link set ifb9 up | addr add 192.0.2.200/24 dev ifb9"
    ),
    "VIP/32 on eth1": Setup("addr add 192.0.2.200/32 dev eth1"),
    "VIP/24 on eth1": Setup("addr add 192.0.2.200/24 dev eth1"),
    "VIP/32 on a link that is down": Setup("link add br9 type bridge | addr add 192.0.2.200/32 dev br9"),
    "VIP/24 on a link that is down": Setup("link add br9 type bridge | addr add 192.0.2.200/24 dev br9"),
    "VIP nowhere": Setup(),
    "lo is down": Setup("addr add 192.0.2.200/32 dev lo | link set lo down"),
    "eth1 is down": Setup("addr add 198.51.100.200/32 dev lo | link set eth1 down", links=("eth0",)),
    "eth1 has no address": Setup(
        "addr add 192.0.2.200/32 dev lo | route add 198.51.100.0/24 dev eth1", base="addr add 192.0.2.21/24 dev eth0"
    ),
    "no address but the VIP": Setup("addr add 192.0.2.200/32 dev lo | route add 192.0.2.0/24 dev eth0", base=""),
    "no address but a VIP of scope host": Setup(
        "addr add 192.0.2.200/32 dev lo scope host | route add 192.0.2.0/24 dev eth0", base=""
    ),
    "no address at all": Setup("route add 192.0.2.0/24 dev eth0", base=""),
    "an address in 127/8 on eth0": Setup("addr add 127.9.9.9/8 dev eth0 | addr add 192.0.2.200/32 dev lo"),
    "a default route": Setup("addr add 192.0.2.200/32 dev lo | route add default via 192.0.2.1"),
    "a default route over the other link": Setup("addr add 192.0.2.200/32 dev lo | route add default via 198.51.100.1"),
    "a worse metric over the same link": Setup(
        "addr add 192.0.2.200/32 dev lo | route add 203.0.113.0/24 dev eth0 metric 20"
        "| route add 203.0.113.0/24 dev eth1 metric 10"
    ),
    "clients behind two gateways at once": Setup(
        "addr add 192.0.2.200/32 dev lo | route add 203.0.113.0/24 nexthop via 192.0.2.1 nexthop via 192.0.2.2"
    ),
    "clients in a blackhole": Setup("addr add 192.0.2.200/32 dev lo | route add blackhole 203.0.113.0/24"),
    "clients unreachable, a default route beside it": Setup(
        "addr add 192.0.2.200/32 dev lo | route add unreachable 203.0.113.0/24 | route add default via 192.0.2.1"
    ),
    "clients thrown out of main": Setup("addr add 192.0.2.200/32 dev lo | route add throw 203.0.113.0/24"),
    "clients unreachable but for table default": Setup(
        "addr add 192.0.2.200/32 dev lo | route add unreachable 203.0.113.0/24"
        "| route add 203.0.113.0/24 dev eth0 table default"
    ),
    "the VIP's own route is unreachable": Setup("route add unreachable 192.0.2.200"),
    "the VIP is broadcast": Setup("route add broadcast 192.0.2.200 dev eth0 table local"),
    "AnyIP": Setup("route add local 192.0.2.200/32 dev lo"),
    "AnyIP and the address too": Setup("addr add 192.0.2.200/32 dev lo | route add local 198.51.100.200/32 dev lo"),
    "AnyIP/24": Setup("route add local 192.0.2.0/24 dev lo"),
    "AnyIP/24, worse metric than the subnet": Setup("route add local 192.0.2.0/24 dev lo metric 50"),
    "AnyIP/24, half of it routed": Setup("route add local 192.0.2.0/24 dev lo | route add 192.0.2.0/25 dev eth0"),
    "AnyIP/24, half of it routed, and a rule": Setup(
        "route add local 192.0.2.0/24 dev lo | route add 192.0.2.0/25 dev eth0 | rule add to 203.0.113.99 lookup main"
    ),
    "AnyIP in another table that nobody looks at": Setup(
        "addr add 192.0.2.200/32 dev lo | route add local 198.51.100.200/32 dev lo table 100"
    ),
    "AnyIP in another table": Setup(
        "route add local 192.0.2.200/32 dev lo table 100 | rule add to 192.0.2.200 lookup 100"
    ),
    "AnyIP for marked packets": Setup("route add local default dev lo table 100 | rule add fwmark 1 lookup 100"),
    "AnyIP for unmarked packets": Setup(
        "route add local 192.0.2.200/32 dev lo table 100 | rule add not fwmark 1 lookup 100"
    ),
    "a rule for what comes in on eth1": Setup(
        "addr add 192.0.2.200/32 dev lo | route add blackhole default table 100 | rule add iif eth1 lookup 100 pref 5"
    ),
    "a rule for what comes in on eth1, before local": Setup(
        "addr add 192.0.2.200/32 dev lo | route add blackhole default table 100"
        "| rule add from all lookup local pref 10 | rule del pref 0 | rule add iif eth1 lookup 100 pref 5"
    ),
    "a rule for the VIP's own packets": Setup(
        "addr add 192.0.2.200/32 dev lo | route add default via 198.51.100.1 table 100"
        "| rule add from 192.0.2.200 lookup 100"
    ),
    "a rule that prohibits": Setup("addr add 192.0.2.200/32 dev lo | rule add from 203.0.113.0/24 prohibit pref 9"),
    "a rule that prohibits, before local": Setup(
        "addr add 192.0.2.200/32 dev lo | rule add lookup local pref 10 | rule del pref 0"
        "| rule add from 203.0.113.0/24 prohibit pref 9"
    ),
    "a rule that forgets the default route": Setup(
        "addr add 192.0.2.200/32 dev lo | route add default via 192.0.2.1"
        "| rule add lookup main suppress_prefixlength 0 pref 100 | rule add to 203.0.113.0/24 blackhole pref 200"
    ),
    "a rule that cannot forget an unreachable default route": Setup(
        "addr add 192.0.2.200/32 dev lo | route add unreachable default table 100 | route add default via 192.0.2.1"
        "| rule add lookup 100 suppress_prefixlength 0 pref 100"
    ),
    "a rule that jumps": Setup(
        "addr add 192.0.2.200/32 dev lo | route add default via 192.0.2.1"
        "| rule add from 192.0.2.200 goto 300 pref 100 | rule add to 203.0.113.0/24 blackhole pref 200"
        "| rule add nop pref 300"
    ),
    "a rule that jumps to nowhere": Setup(
        "addr add 192.0.2.200/32 dev lo | route add default via 192.0.2.1"
        "| rule add from 192.0.2.200 goto 250 pref 100 | rule add to 203.0.113.0/24 blackhole pref 200"
        "| rule add nop pref 300"
    ),
    "no rule for table default": Setup("addr add 192.0.2.200/24 dev lo | rule del pref 32767"),
    "a rule of the usual priority but for marked packets": Setup(
        "addr add 192.0.2.200/24 dev lo | rule add fwmark 1 lookup main pref 32766"
    ),
    "proxy entries": Setup("addr add 192.0.2.200/32 dev lo", proxied=("192.0.2.77", "198.51.100.77", "203.0.113.77")),
    "a bridge with eth0": Setup(
        "link add br0 type bridge forward_delay 0 | link set br0 up | link set eth0 master br0"
        "| addr add 192.0.2.21/24 dev br0 | addr add 192.0.2.200/32 dev lo",
        base="addr add 198.51.100.21/24 dev eth1",
    ),
    "a bridge with eth0, arp_ignore on the port": Setup(
        "link add br0 type bridge forward_delay 0 | link set br0 up | link set eth0 master br0"
        "| addr add 192.0.2.21/24 dev br0 | addr add 192.0.2.200/32 dev lo",
        base="addr add 198.51.100.21/24 dev eth1",
        fixed={"all.arp_ignore": 0, "eth0.arp_ignore": 1},
    ),
    "eth0 without ARP": Setup("link set eth0 arp off | addr add 192.0.2.200/32 dev lo"),
    "arptables drops requests": Setup(
        "addr add 192.0.2.200/32 dev eth0", commands=("arptables -A INPUT -d 192.0.2.200 -j DROP",)
    ),
    "arptables drops what is not for the RIP": Setup(
        "addr add 192.0.2.200/32 dev eth0", commands=("arptables -A INPUT ! -d 192.0.2.21 -i eth+ -j DROP",)
    ),
    "arptables drops by default": Setup(
        "addr add 192.0.2.200/32 dev eth0",
        commands=("arptables -A INPUT -i eth0 --opcode 1 -j ACCEPT", "arptables -P INPUT DROP"),
    ),
    "arptables rewrites the reply": Setup(
        "addr add 192.0.2.200/32 dev eth0",
        commands=("arptables -A OUTPUT -s 192.0.2.200 -j mangle --mangle-ip-s 192.0.2.22",),
    ),
    "arptables drops replies": Setup(
        "addr add 192.0.2.200/32 dev eth0", commands=("arptables -A OUTPUT -s 192.0.2.200 -o eth0 -j DROP",)
    ),
    "arptables asks a chain of its own": Setup(
        "addr add 192.0.2.200/32 dev eth0",
        commands=(
            "arptables -N vip",
            "arptables -A vip -i eth1 -j RETURN",
            "arptables -A vip -s 203.0.113.0/24 -j ACCEPT",
            "arptables -A vip -o eth+ -j ACCEPT",
            "arptables -A vip -j DROP",
            "arptables -A INPUT -d 192.0.2.200 -j vip",
        ),
    ),
}


def made(setup: Setup, on: Wire) -> None:
    on.ip("\n".join(line.strip() for line in f"{setup.base} | {setup.ip}".split("|") if line.strip()))
    for command in setup.commands:
        on.run(*command.split())
    for address in setup.proxied:
        on.ip(f"neigh add proxy {address} dev eth0")
    # So that what is passed on does not wait for an answer that never comes.
    for link in setup.links:
        device = "br0" if "master br0" in setup.ip and link == "eth0" else link
        mac = on.far_macs[link].hex(":")
        on.ip("\n".join(f"neigh replace {ip} lladdr {mac} nud permanent dev {device}" for ip in NEIGHBOURS))


def proxies(setup: Setup) -> tuple[Neighbour, ...]:
    return tuple(
        Neighbour(IPv4Address(address), Seen("ip neigh show proxy", None, address), "eth0", flags=frozenset({"proxy"}))
        for address in setup.proxied
    )
