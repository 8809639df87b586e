"""Dumps come from anybody: no text may raise, and none may take long."""

import random
import time
from collections.abc import Iterator

import pytest

from lvsdoctor.parse.arping import Arping
from lvsdoctor.parse.iproute.ip_addr import IpAddr
from lvsdoctor.parse.iproute.ip_brief import IpBrief
from lvsdoctor.parse.iproute.ip_json import IpJson
from lvsdoctor.parse.iproute.ip_neigh import IpNeigh
from lvsdoctor.parse.iproute.ip_route import IpRoute
from lvsdoctor.parse.iproute.ip_rule import IpRule
from lvsdoctor.parse.nettools.arp import ArpA, ArpN, ProcNetArp
from lvsdoctor.parse.nettools.ifconfig import Ifconfig
from lvsdoctor.parse.nettools.route_6 import Route6
from lvsdoctor.parse.nettools.route_n import RouteN
from lvsdoctor.parse.reader import Reader
from tests.parse.driving_ip import drive

READERS: tuple[type[Reader], ...] = (
    IpAddr, IpRule, IpNeigh, IpRoute, IpJson, RouteN, ArpA, ArpN, ProcNetArp, Arping, Ifconfig, IpBrief, Route6
)  # fmt: skip

# One line of everything, to be cut, doubled and mixed.
SEEDS = (
    "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000",
    "    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0 minmtu 68 maxmtu 65535",
    "    ipip remote 192.0.2.21 local 192.0.2.10 ttl 64 encap fou encap-sport auto encap-dport 5555 numtxqueues 1",
    "    inet 198.51.100.1 peer 198.51.100.2/32 brd 192.0.2.255 scope global secondary lo:0",
    "2: eth0    inet6 2001:db8::1/64 scope global nodad \\       valid_lft forever preferred_lft forever",
    "    RX:  bytes packets errors dropped  missed   mcast",
    "unicast default via inet6 fe80::1 dev eth0 table 100 proto static scope global metric 5 tos 0x10 onlink mtu 1400",
    "10.0.0.0/8 \\\tnexthop via 192.0.2.1 dev eth0 weight 3 \\\tnexthop via 192.0.2.2 dev eth0 weight 1",
    "\tnexthop via 192.0.2.1 dev eth0 weight 3",
    "10:\tnot from 192.0.2.0/24 fwmark 0x1/0xff iif eth0 lookup 100 suppress_prefixlength 0 uidrange 0-99 goto 5",
    "192.0.2.50 dev eth0 lladdr 02:00:00:00:00:01 router ref 1 used 11/6/6 probes 1 REACHABLE",
    "Kernel IP routing table",
    "Destination     Gateway         Genmask         Flags Metric Ref    Use Iface",
    "192.168.1.0     0.0.0.0         255.255.255.0   U     1002   0        0 eth3",
    "? (192.0.2.1) at 02:00:00:00:00:01 [ether] PERM on eth0",
    "Address                  HWtype  HWaddress           Flags Mask            Iface",
    "192.0.2.52               ether   02:00:00:00:00:01   CM                    eth0",
    "IP address       HW type     Flags       HW address            Mask     Device",
    "192.0.2.51       0x1         0x2         02:00:00:00:00:02     *        eth0",
    "lo:0      Link encap:Local Loopback  HWaddr 02:00:00:00:00:01  ",
    "          inet addr:192.0.2.10  P-t-P:192.0.2.1  Bcast:192.0.2.255  Mask:255.255.255.255",
    "          inet6 addr: 2001:db8::1/64 Scope:Global",
    "          UP LOOPBACK RUNNING  MTU:65536  Metric:1",
    "eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500",
    "        inet 192.0.2.21  netmask 255.255.255.0  broadcast 192.0.2.255  destination 192.0.2.1",
    "        inet6 2001:db8::21  prefixlen 64  scopeid 0x0<global>",
    "        ether 02:00:00:00:00:01  txqueuelen 1000  (Ethernet)",
    "eth0             UP             192.0.2.21/24 metric 100 198.51.100.1 peer 198.51.100.2/32",
    "eth0             UP             02:00:00:00:00:21 <BROADCAST,MULTICAST,UP,LOWER_UP>",
    "Destination                    Next Hop                   Flag Met Ref Use If",
    "2001:db8::/64                  fe80::1                    UG   256 1     0 eth0",
    "ARPING 192.0.2.10 from 192.0.2.2 eth0",
    "Unicast reply from 192.0.2.10 [02:00:00:00:00:04] for 192.0.2.3 [02:00:00:00:00:05] 0.546ms",
    "42 bytes from 02:00:00:00:00:04 (192.0.2.10): index=0 time=9.004 usec",
    "Sent 2 probes (2 broadcast(s))",
    '[{"ifindex":1,"ifname":"lo","flags":["UP"],"operstate":"UP","addr_info":[{"family":"inet","local":"192.0.2.1",'
    '"prefixlen":32}]}]',
    '[{"dst":"default","gateway":"192.0.2.1","dev":"eth0","flags":[],"nexthops":[{"dev":"eth0","weight":1}]}]',
    '[{"priority":0,"src":"all","table":"local"}]',
)
ODD = (
    "",
    " ",
    "\0",
    "\x1b[1m",
    "\uff19\uff19",
    "x" * 300,
    "9" * 5000,
    "0x",
    "-1",
    "\\",
    "/",
    "@",
    "::",
    '"',
    "{",
    "]",
    "\ud800",
)
COMMANDS = ("", "ip", "ip route show table", "ip -6 a", "ip route show dev", "ip r s t all vrf")


def mangled(rng: random.Random) -> Iterator[str]:
    for _ in range(rng.randint(1, 12)):
        line = rng.choice(SEEDS)
        for _ in range(rng.randint(0, 3)):
            words = line.split(" ")
            at = rng.randrange(len(words))
            change = rng.randrange(5)
            if change == 0:
                words[at] = rng.choice(ODD)
            elif change == 1:
                words = words[:at]
            elif change == 2:
                words.insert(at, rng.choice(rng.choice(SEEDS).split(" ")))
            elif change == 3:
                del words[at]
            line = " ".join(words) if change != 4 else line[: rng.randrange(len(line) + 1)]
        yield line.replace("\n", " ")


@pytest.mark.parametrize("kind", READERS, ids=lambda kind: str(kind.name))
def test_no_mixture_of_lines_raises(kind: type[Reader]) -> None:
    for seed in range(1500):
        rng = random.Random(seed)
        text = "\n".join(mangled(rng))
        drive(kind, text, command=rng.choice(COMMANDS))
        for line in text.split("\n"):
            kind.starts(line)


MEGABYTE = 1_000_000
LONG_LINES = (
    " " * MEGABYTE,
    "x" * MEGABYTE,
    "9" * MEGABYTE,
    "1: " + "a" * MEGABYTE,
    "1: lo: <" + "U," * (MEGABYTE // 2),
    "1: lo: <UP> mtu 1500 " + "x " * (MEGABYTE // 2),
    "    inet 192.0.2.1/32 scope global " + "\\ a" * (MEGABYTE // 3),
    "192.0.2.1 " + "dev " * (MEGABYTE // 4),
    "default " + "\\ " * (MEGABYTE // 2),
    "default \\" + " " * MEGABYTE,
    "default \\\tnexthop via 192.0.2.1 dev eth0" * (MEGABYTE // 40),
    "10:\t" + "from all " * (MEGABYTE // 9),
    "192.0.2.1 dev eth0 lladdr " + "0:" * (MEGABYTE // 2),
    "? " * (MEGABYTE // 2) + "(192.0.2.1) at",
    "a" * MEGABYTE + " (192.0.2.1) at 0:0:0:0:0:0",
    "ARPING " + "192.0.2.10 from " * (MEGABYTE // 16),
    "Unicast reply from 192.0.2.10 [02:00:00:00:00:04]" + " " * MEGABYTE,
    "Unicast reply from 192.0.2.10 [" + "02:" * (MEGABYTE // 3),
    "9 packets transmitted," + " " * MEGABYTE + "\0",
    "[{" + '"\\' * (MEGABYTE // 2),
    '[{"' + "\\" * MEGABYTE,
    '[{"' + '\\"' * (MEGABYTE // 2),
    "[" + "[" * MEGABYTE,
    "[" + "{}," * (MEGABYTE // 3) + "{}]",
    '[{"ifname":"lo","addr_info":[' + "1," * (MEGABYTE // 2) + "1]}]",
    '[{"ifname":"lo","addr_info":[' + '{"local":1},' * (MEGABYTE // 12) + "1]}]",
    '[{"dst":"default","flags":[],"nexthops":[' + '{"dev":"a"},' * (MEGABYTE // 12) + '{"dev":"a"}]}]',
    "[" + '{"dst":"default","flags":[],"dev":"a"},' * (MEGABYTE // 40) + "{}]",
)


@pytest.mark.parametrize("kind", READERS, ids=lambda kind: str(kind.name))
@pytest.mark.parametrize("line", LONG_LINES, ids=range(len(LONG_LINES)))
def test_a_line_of_a_megabyte_is_dealt_with_at_once(kind: type[Reader], line: str) -> None:
    began = time.process_time()
    kind.starts(line)
    drive(kind, line)
    drive(kind, f"{SEEDS[0]}\n{line}")
    assert time.process_time() - began < 60  # what is quadratic takes hours


@pytest.mark.parametrize(
    ("kind", "seeds"),
    [
        (IpAddr, SEEDS[4:5]),
        (IpRoute, SEEDS[6:8]),
        (IpNeigh, SEEDS[10:11]),
        (ArpA, SEEDS[14:15]),
        (Arping, SEEDS[19:21]),
        (IpJson, ("[",)),
    ],
)
def test_many_lines_take_time_in_proportion(kind: type[Reader], seeds: tuple[str, ...]) -> None:
    began = time.process_time()
    drive(kind, "\n".join(seeds * 20_000))
    assert time.process_time() - began < 60
