"""Who speaks in the name of a VIP, heard from real hosts: this machine's kernel in namespaces on one bridge."""

import os
import socket
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import ip_address

import pytest

from lvsdoctor.collect.live.netns import inside
from lvsdoctor.collect.live.node import collect_live
from lvsdoctor.probe.listening import Frame, FrameKind, FrameLog, FrameSummary, links_to_hear, listen
from lvsdoctor.probe.wire import ARP, IPV6, CannotProbe, Wire
from tests.probe.hosts import DIRECTOR, nodes
from tests.probe.segment import VIP, VIP6, Host, Segment, client, four_hosts, segment

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root")

RS1, RS2, ROUTER = (f"02:00:00:00:00:{last}" for last in ("21", "22", "01"))
NOBODY = "192.0.2.99"  # no host has it, so a packet to it is an ARP request
BEYOND, BEYOND6 = "203.0.113.7", "2001:db8:7::7"
PATIENCE = 10.0
WITHOUT_IPV6 = "sysctl -w net.ipv6.conf.all.disable_ipv6=1"


@pytest.fixture(scope="module")
def four() -> Iterator[Segment]:
    """client, lb1, healthy rs1, leaking rs2, and a router that knows a better way than by itself."""
    router = Host(
        ROUTER,
        (
            "addr add 192.0.2.1/24 dev eth0",
            "addr add 2001:db8::1/64 dev eth0 nodad",
            f"route add {BEYOND} via 192.0.2.2",
            f"-6 route add {BEYOND6} dev eth0",  # on this very link: a way by a global address is not told
        ),
        ("sysctl -w net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=1 net.ipv6.conf.all.forwarding=1",),
    )
    told = (
        "addr add 2001:db8::64/64 dev eth0 nodad",
        f"route add {BEYOND} via 192.0.2.1",
        f"-6 route add {BEYOND6} via 2001:db8::1",
    )
    hosts = {**four_hosts(), "client": replace(client(), ip=(*client().ip, *told)), "router": router}
    with segment(hosts) as made:
        yield made


def listened(
    made: Segment, name: str, provoke: Callable[[], None], until: Callable[[Frame], bool], vip: str = VIP
) -> tuple[FrameSummary, ...]:
    """What a host hears from the moment its ears are open, when `provoke` is called, up to what is waited for."""
    provoked = False

    def open_now(_: float) -> None:
        nonlocal provoked
        if not provoked:
            provoked = True
            provoke()

    gathered, node = FrameLog(), collect_live(made.netns(name))
    for said in listen(node, [ip_address(vip)], PATIENCE, netns=made.netns(name), progress=open_now):
        gathered.add(said)
        if until(said):
            return gathered.rows()
    raise AssertionError(f"not heard within {PATIENCE} s; but: {gathered.rows()}")


def say(made: Segment, name: str, to: str, source: str = "") -> None:
    """A UDP packet, which nobody waits for."""

    def send() -> None:
        with socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_DGRAM) as sending:
            if source:
                sending.bind((source, 0))
            sending.sendto(b"", (to, 9))

    made.run(name, "ip neigh flush dev eth0")
    inside(made.netns(name), send)


@as_root
def test_a_host_that_leaks_is_heard_with_its_mac_and_a_healthy_one_is_not(four: Segment) -> None:
    def both_speak() -> None:
        say(four, "rs1", NOBODY, source=VIP)  # first, so that it would have been heard first
        say(four, "rs2", NOBODY, source=VIP)

    (leak,) = listened(four, "client", both_speak, lambda said: said.mac == RS2)
    assert (leak.kind, leak.mac, leak.address, leak.leaks) == (FrameKind.REQUEST, RS2, ip_address(VIP), True)
    assert leak.targets == (ip_address(NOBODY),)
    assert leak.seen.where == "listen eth0 request 192.0.2.10"
    assert leak.seen.text.startswith(f"who-has {NOBODY} tell 192.0.2.10, from {RS2}: once after ")


@as_root
def test_a_host_that_goes_on_leaking_is_one_row_that_counts(four: Segment) -> None:
    """The kernel asks three times, a second apart."""
    count = 0

    def thrice(_: Frame) -> bool:
        nonlocal count
        count += 1
        return count == 3

    (leak,) = listened(four, "lb1", lambda: say(four, "rs2", NOBODY, source=VIP), thrice)
    assert leak.count == 3
    assert 1.5 < leak.last - leak.first < 4
    assert ": 3 times, first after 0." in leak.seen.text


@as_root
def test_an_announcement_is_told_from_a_leak(four: Segment) -> None:
    """arp_notify: a link that comes up says where its addresses are, in requests and in replies alike."""

    def announce() -> None:
        four.run("rs2", f"ip addr add {VIP}/32 dev eth0; sysctl -w net.ipv4.conf.eth0.arp_notify=1")
        four.run("rs2", "ip link set eth0 address 02:00:00:00:00:22")

    try:
        rows = listened(four, "client", announce, lambda said: said.kind is FrameKind.ANNOUNCEMENT)
    finally:
        four.run("rs2", f"ip addr del {VIP}/32 dev eth0; sysctl -w net.ipv4.conf.eth0.arp_notify=0")
    assert [(row.mac, row.leaks, row.targets) for row in rows] == [(RS2, False, (ip_address(VIP),))]
    assert rows[0].seen.text.startswith(f"192.0.2.10 is-at {RS2}, unasked, from {RS2}: once after ")


@as_root
def test_an_answer_to_this_host_is_heard_as_an_answer(four: Segment) -> None:
    rows = listened(four, "client", lambda: say(four, "client", VIP), lambda said: said.mac == RS2)
    assert {row.kind for row in rows} == {FrameKind.REPLY}
    assert ip_address("192.0.2.100") in rows[0].targets


@as_root
def test_a_redirect_is_heard_with_who_sent_it_and_where_to(four: Segment) -> None:
    (row,) = listened(four, "client", lambda: say(four, "client", BEYOND), lambda said: said.kind is FrameKind.REDIRECT)
    assert (row.mac, str(row.address), str(row.gateway), str(row.to)) == (
        ROUTER,
        "192.0.2.1",
        "192.0.2.2",
        "192.0.2.100",
    )
    assert row.targets == (ip_address(BEYOND),)
    assert row.seen.text.startswith(f"192.0.2.100 shall reach {BEYOND} through 192.0.2.2, from {ROUTER}: once")


@as_root
def test_an_ipv6_redirect_is_heard_alike(four: Segment) -> None:
    rows = listened(four, "client", lambda: say(four, "client", BEYOND6), lambda said: said.kind is FrameKind.REDIRECT)
    (row,) = (row for row in rows if row.kind is FrameKind.REDIRECT)
    assert (row.mac, str(row.gateway), row.targets) == (ROUTER, BEYOND6, (ip_address(BEYOND6),))
    assert row.address.is_link_local


@as_root
def test_an_ipv6_host_that_announces_the_vip_is_heard(four: Segment) -> None:
    def announce() -> None:
        four.run("rs2", f"sysctl -w net.ipv6.conf.eth0.ndisc_notify=1; ip addr add {VIP6}/128 dev eth0 nodad")
        four.run("rs2", "ip link set eth0 address 02:00:00:00:00:22")

    try:
        rows = listened(four, "client", announce, lambda said: said.kind is FrameKind.ANNOUNCEMENT, vip=VIP6)
    finally:
        four.run("rs2", f"ip addr del {VIP6}/128 dev eth0; sysctl -w net.ipv6.conf.eth0.ndisc_notify=0")
    assert [(row.mac, str(row.address)) for row in rows] == [(RS2, VIP6)]


@as_root
def test_what_was_heard_is_there_after_an_interrupt(four: Segment) -> None:
    gathered, node = FrameLog(), collect_live(four.netns("client"))

    def interrupt(_: float) -> None:
        if gathered.rows():
            raise KeyboardInterrupt
        say(four, "rs2", NOBODY, source=VIP)

    said = listen(node, [ip_address(VIP)], PATIENCE, netns=four.netns("client"), progress=interrupt)
    with pytest.raises(KeyboardInterrupt):
        deque(map(gathered.add, said), maxlen=0)
    assert [row.mac for row in gathered.rows()] == [RS2]


@as_root
def test_listening_sends_nothing_and_ends_in_time() -> None:
    """In a host that has nothing to say by itself."""
    quiet = replace(client(), ip=("addr add 192.0.2.100/24 dev eth0 noprefixroute",), commands=(WITHOUT_IPV6,))
    with segment({"client": quiet}) as made:
        netns, shares = made.netns("client"), list[float]()
        counter = "cat /sys/class/net/eth0/statistics/tx_packets"
        node, before = collect_live(netns), made.run("client", counter)
        assert not list(listen(node, [ip_address(VIP)], 0.3, netns=netns, progress=shares.append))
        assert made.run("client", counter) == before
    assert shares == sorted(shares)
    assert shares[0] < 0.5 < shares[-1] <= 1.0


@as_root
def test_other_addresses_and_broken_frames_are_let_pass(four: Segment) -> None:
    """Before the leak there are frames that look like one: cut short, of other lengths, of other VIPs."""
    start = bytes.fromhex(f"ffffffffffff{RS1.replace(':', '')}")
    request = bytes.fromhex("0001 0800 06 04 0001") + start[6:] + ip_address(VIP).packed
    whole = start + b"\x08\x06" + request + bytes(6) + ip_address(NOBODY).packed
    token_ring = whole.replace(request[:6], bytes.fromhex("0006 0800 06 04"))
    longer = whole.replace(request[:6], bytes.fromhex("0001 0800 08 04"))
    other = whole.replace(ip_address(VIP).packed, ip_address("192.0.2.11").packed)

    def speak() -> None:
        with inside(four.netns("rs1"), lambda: Wire("eth0", ARP)) as wire:
            for frame in (whole[:41], whole[:30], token_ring, longer, other):
                wire.send(frame)
        with inside(four.netns("rs1"), lambda: Wire("eth0", IPV6)) as wire:
            wire.send(start + b"\x86\xdd" + b"\x60" + bytes(5) + b"\x3a\xff" + bytes(32))
        say(four, "rs2", NOBODY, source=VIP)

    rows = listened(four, "client", speak, lambda said: said.mac == RS2)
    assert [row.mac for row in rows] == [RS2]


def test_only_links_that_hear_arp_are_listened_on() -> None:
    (node,) = nodes(lb1=f"{DIRECTOR}\neth1 02:00:00:00:01:02 198.51.100.2/24")
    assert [link.name for link in links_to_hear(node)] == ["eth0", "eth1"]
    assert [link.name for link in links_to_hear(node, ["eth1"])] == ["eth1"]
    with pytest.raises(CannotProbe, match="lo receives no ARP requests"):
        links_to_hear(node, ["lo"])
    with pytest.raises(CannotProbe, match=r"unknown interface 'eht0' \(known: lo, eth0, eth1\)"):
        links_to_hear(node, ["eht0"])


def test_a_host_of_only_a_loopback_link_hears_nothing() -> None:
    (node,) = nodes(lb1=DIRECTOR)
    node = replace(node, evidence={**node.evidence, "links": tuple(link for link in node.links if link.loopback)})
    with pytest.raises(CannotProbe, match="no interface of this host is up and receives ARP requests"):
        links_to_hear(node)


def test_rows_are_told_apart_by_kind_mac_address_and_gateway() -> None:
    vip, other, way = map(ip_address, (VIP, "192.0.2.11", "192.0.2.1"))
    gathered = FrameLog()
    request = Frame(FrameKind.REQUEST, "eth0", RS1, vip, 1.0, other)
    redirect = Frame(FrameKind.REDIRECT, "eth0", RS1, vip, 2.0, other, way, other)
    for said in (
        request,
        replace(request, when=1.5),
        replace(request, mac=RS2),
        replace(request, kind=FrameKind.REPLY),
        redirect,
        replace(redirect, gateway=other),
    ):
        gathered.add(said)
    assert [(row.kind.value, row.mac[-2:], row.count) for row in gathered.rows()] == [
        ("request", "21", 2),
        ("request", "22", 1),
        ("reply", "21", 1),
        ("redirect", "21", 1),
        ("redirect", "21", 1),
    ]


def test_who_asks_for_everybody_is_kept_with_the_first_few() -> None:
    gathered, vip = FrameLog(), ip_address(VIP)
    for number in range(1, 101):
        gathered.add(Frame(FrameKind.REQUEST, "eth0", RS1, vip, number / 10, ip_address(f"192.0.2.{number}")))
    (row,) = gathered.rows()
    assert (row.count, row.first, row.last) == (100, 0.1, 10.0)
    assert row.targets == tuple(ip_address(f"192.0.2.{number}") for number in range(1, 17))


def test_a_frame_that_came_from_another_mac_than_it_names_says_so() -> None:
    gathered = FrameLog()
    gathered.add(
        Frame(FrameKind.REQUEST, "eth0", RS1, ip_address(VIP), 0.25, ip_address(NOBODY), came_from="02:00:00:00:00:fe")
    )
    assert gathered.rows()[0].seen.text == (
        f"who-has {NOBODY} tell 192.0.2.10, from {RS1} (the frame came from 02:00:00:00:00:fe): once after 0.2 s"
    )


def test_a_flood_of_macs_fills_no_memory_and_is_counted() -> None:
    overheard = FrameLog()
    for number in range(3000):
        mac = f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"
        overheard.add(Frame(FrameKind.REQUEST, "eth0", mac, ip_address(VIP), 0.1))
    assert len(overheard.rows()) == 1000
    assert overheard.dropped == 2000
