"""The neighbour cache, as `ip neigh`, `arp` and /proc/net/arp print it."""

import pytest

from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.parse.iproute.ip_neigh import IpNeigh
from lvsdoctor.parse.nettools.arp import ArpA, ArpN, ProcNetArp
from tests.parse.driving_ip import drive

NEIGH = """\
192.0.2.1 dev eth0 lladdr 02:00:00:00:00:0A REACHABLE
192.0.2.2 dev eth0  FAILED
192.0.2.3 FAILED
fe80::1 dev eth0 lladdr 02:00:00:00:00:0b router STALE
192.0.2.4 dev eth0 lladdr 02:00:00:00:00:0c extern_learn PERMANENT
192.0.2.5 dev eth0 proxy
"""


def words_of(row: Neighbour) -> tuple[str, str, str, str, set[str]]:
    return str(row.ip), row.link, row.mac, row.state, set(row.flags)


def test_every_entry_is_read() -> None:
    found = drive(IpNeigh, NEIGH)
    assert [words_of(row) for row in found["neighbours"]] == [
        ("192.0.2.1", "eth0", "02:00:00:00:00:0a", "REACHABLE", set()),
        ("192.0.2.2", "eth0", "", "FAILED", set()),
        ("192.0.2.3", "", "", "FAILED", set()),
        ("fe80::1", "eth0", "02:00:00:00:00:0b", "STALE", {"router"}),
        ("192.0.2.4", "eth0", "02:00:00:00:00:0c", "PERMANENT", {"extern_learn"}),
        ("192.0.2.5", "eth0", "", "", {"proxy"}),
    ]
    assert [row.seen.line for row in found["neighbours"]] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "statistics", ["ref 1 used 11/6/6 probes 1", "used 2/62/2probes 0", " ref 1 used 2/62/2probes 6"]
)
def test_statistics_change_nothing(statistics: str) -> None:
    text = f"192.0.2.1 dev eth0 lladdr 02:00:00:00:00:0a {statistics} DELAY\n"
    assert words_of(drive(IpNeigh, text).row("neighbours")) == (
        "192.0.2.1",
        "eth0",
        "02:00:00:00:00:0a",
        "DELAY",
        set(),
    )
    assert IpNeigh.starts(text.strip())


def test_the_link_may_stand_in_the_command_only() -> None:
    row = drive(IpNeigh, "192.0.2.1 lladdr 02:00:00:00:00:0a STALE\n", command="ip neigh show dev eth7").row(
        "neighbours"
    )
    assert row.link == "eth7"


@pytest.mark.parametrize(
    "line",
    [
        "192.0.2.9 dev eth0 lladdr 94:XX:28:XX:26:70 STALE",
        "192.0.2.x dev eth0 lladdr 02:00:00:00:00:0a STALE",
        "192.0.2.9 dev gre1 lladdr 203.0.113.9 NOARP",
        "192.0.2.9 dev eth0 lladdr 02:00:00:00:00:0a",
    ],
)
def test_a_masked_or_broken_entry_is_unread(line: str) -> None:
    found = drive(IpNeigh, NEIGH + line)
    assert found.unread == [line]
    assert not IpNeigh.starts(line)


@pytest.mark.parametrize(
    "line",
    [
        "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.1",
        "192.0.2.1 dev eth0 scope link",
        "the link was STALE",
        "May  1 10:00:00 rs1 kernel: neighbour 192.0.2.1 FAILED",
        "",
    ],
)
def test_it_does_not_start_at(line: str) -> None:
    assert not IpNeigh.starts(line)
    assert len(drive(IpNeigh, NEIGH + line).refused) == (1 if line else 0)


ARP_A = """\
? (192.0.2.1) at 02:00:00:00:00:0a [ether] on eth0
gw (192.0.2.2) at <incomplete> on eth0
? (192.0.2.3) at 02:00:00:00:00:0b [ether] PERM on eth0
? (192.0.2.4) at <from_interface> PERM PUB on eth0
"""
ARP_N = """\
Address                  HWtype  HWaddress           Flags Mask            Iface
192.0.2.1                ether   02:00:00:00:00:0a   C                     eth0
192.0.2.2                        (incomplete)                              eth0
192.0.2.3                ether   02:00:00:00:00:0b   CM                    eth0
192.0.2.4                *       <from_interface>    MP                    eth0
"""
PROC = """\
IP address       HW type     Flags       HW address            Mask     Device
192.0.2.1        0x1         0x2         02:00:00:00:00:0a     *        eth0
192.0.2.2        0x1         0x0         00:00:00:00:00:00     *        eth0
192.0.2.3        0x1         0x6         02:00:00:00:00:0b     *        eth0
192.0.2.4        0x1         0xc         00:00:00:00:00:00     *        eth0
"""


@pytest.mark.parametrize(("kind", "text", "first"), [(ArpA, ARP_A, 1), (ArpN, ARP_N, 2), (ProcNetArp, PROC, 2)])
def test_the_three_older_forms_say_the_same(kind: type[ArpA] | type[ArpN], text: str, first: int) -> None:
    found = drive(kind, text)
    assert [words_of(row) for row in found["neighbours"]] == [
        ("192.0.2.1", "eth0", "02:00:00:00:00:0a", "", set()),
        ("192.0.2.2", "eth0", "", "INCOMPLETE", set()),
        ("192.0.2.3", "eth0", "02:00:00:00:00:0b", "PERMANENT", set()),
        ("192.0.2.4", "eth0", "", "", {"proxy"}),
    ]
    assert found["neighbours"][0].seen.line == first
    assert (found.refused, found.unread) == ((), [])
    assert kind.starts(text.splitlines()[0])


def test_a_masked_mac_and_a_name_are_unread() -> None:
    masked = "? (192.0.2.1) at 94:XX:28:XX:26:70 [ether] on ens160"
    assert drive(ArpA, masked).unread == [masked]
    assert ArpA.starts(masked)
    named = "gateway                  ether   02:00:00:00:00:0a   C                     eth0"
    assert drive(ArpN, ARP_N + named).unread == [named]


def test_short_bytes_are_written_out() -> None:
    row = drive(ArpA, "? (192.0.2.1) at 0:90:a9:ed:f4:3f on en0 ifscope [ethernet]").row("neighbours")
    assert (row.mac, row.link) == ("00:90:a9:ed:f4:3f", "en0")


@pytest.mark.parametrize("line", ["see (192.0.2.1) at once", "bucket:    0     contains:    0 entries", "f (x) at y"])
def test_arp_a_does_not_start_at(line: str) -> None:
    assert not ArpA.starts(line)
