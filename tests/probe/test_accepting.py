"""Whether real servers accept a VIP, tried at real hosts: this machine's kernel in namespaces on one bridge."""

import os
import re
import shutil
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from lvsdoctor.collect.live.netns import inside
from lvsdoctor.collect.live.node import collect_live
from lvsdoctor.model.node import Node
from lvsdoctor.probe import frames
from lvsdoctor.probe.accepting import duration, send_syns, summary
from lvsdoctor.probe.asking import ask
from lvsdoctor.probe.responses import SynAnswer, SynResult
from lvsdoctor.probe.targets import plan, rips_known, vips_known
from lvsdoctor.probe.tcp_syn import SynProbe, syn_probes
from lvsdoctor.probe.wire import IPV4, Wire
from tests.probe.segment import (
    SILENT,
    VIP,
    VIP6,
    Host,
    Segment,
    captured,
    client,
    director,
    real_server,
    segment,
    table,
    with_table,
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="making a network namespace needs root")

FORWARDS = "sysctl -w net.ipv4.ip_forward=1"
OURS = "02:00:00:00:00:02"
LISTENING, CLOSED, WITHOUT, FORWARDING, ROUTELESS = (f"192.0.2.{20 + number}" for number in range(1, 6))


def without_vip(number: int, *commands: str) -> Host:
    return Host(f"02:00:00:00:00:{20 + number}", (f"addr add 192.0.2.{20 + number}/24 dev eth0",), commands)


@pytest.fixture(scope="module")
def five() -> Iterator[Segment]:
    """A director and five real servers; rs1 listens on port 80."""
    no_route = "ip addr flush dev eth0; ip addr add 192.0.2.25/32 dev eth0; ip route add 192.0.2.2 dev eth0"
    hosts = {
        "lb1": director(),
        "rs1": real_server(1),
        "rs2": real_server(2),
        "rs3": without_vip(3),
        "rs4": without_vip(4, FORWARDS),
        "rs5": without_vip(5, FORWARDS, no_route),
        "client": client(),
    }
    with segment(hosts) as made, serving(made, "rs1"):
        yield made


@contextmanager
def serving(made: Segment, name: str, address: str = "0.0.0.0") -> Iterator[None]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with inside(made.netns(name), lambda: socket.create_server((address, 80), family=family)):
        yield


def seen_by(made: Segment, text: str, name: str = "lb1") -> Node:
    return with_table(collect_live(made.netns(name)), text)


def planned(made: Segment, text: str, name: str = "lb1") -> tuple[SynProbe, ...]:
    """After the RIPs were asked for, as a user's lvsdoctor would."""
    node = seen_by(made, text, name)
    questions = plan(node, rips_known([node]), vips=vips_known([node])).questions
    return syn_probes(node, ask(questions, netns=made.netns(name), requests=1, wait=0.2))[0]


def tried(made: Segment, *rips: str) -> tuple[SynResult, ...]:
    return send_syns(planned(made, table(*rips)), netns=made.netns("lb1"))


@pytest.fixture(scope="module")
def all_five(five: Segment) -> dict[str, SynResult]:
    """By RIP."""
    rips = (LISTENING, CLOSED, WITHOUT, FORWARDING, ROUTELESS)
    return {str(each.probe.rip): each for each in tried(five, *rips)}


# -- what they answer -------------------------------------------------------------------------------------------------


def test_a_real_server_that_serves_the_vip_answers_though_the_syn_has_a_ttl_of_one(
    all_five: dict[str, SynResult],
) -> None:
    said = all_five[LISTENING]
    assert (said.answer, said.accepts, said.fine) == (SynAnswer.SYN_ACK, True, True)
    assert said.verdict("rs1") == "rs1 accepts 192.0.2.10:80"
    assert said.seen.where == "probe eth0 syn 192.0.2.10:80 to 02:00:00:00:00:21"
    assert re.fullmatch(r"flags SA from 192\.0\.2\.10:80 after \d+\.\d ms", said.seen.text)
    assert said.delay is not None
    assert 0 < said.delay < 0.5


def test_a_real_server_with_the_vip_and_nobody_listening_says_so_by_a_rst(all_five: dict[str, SynResult]) -> None:
    said = all_five[CLOSED]
    assert (said.answer, said.accepts, said.fine, said.asked) == (SynAnswer.RST, True, False, 1)
    assert said.verdict("rs2") == "rs2 accepts 192.0.2.10, but no program listens on its port 80"


def test_a_real_server_without_the_vip_is_silent(all_five: dict[str, SynResult]) -> None:
    said = all_five[WITHOUT]
    assert (said.answer, said.accepts, said.fine, said.asked) == (SynAnswer.SILENCE, False, False, 2)
    assert said.seen.text == "no answer to 2 SYNs"


def test_a_real_server_without_the_vip_that_forwards_says_that_the_time_is_exceeded(
    all_five: dict[str, SynResult],
) -> None:
    said = all_five[FORWARDING]
    assert (said.answer, said.accepts, said.icmp_error) == (SynAnswer.UNREACHABLE, False, "time-exceeded")
    assert (str(said.sender), said.mac) == (FORWARDING, "02:00:00:00:00:24")
    assert said.verdict("rs4").startswith("rs4 does not accept 192.0.2.10: it passes the SYN on")


def test_a_real_server_without_vip_and_route_says_that_it_knows_no_way(all_five: dict[str, SynResult]) -> None:
    said = all_five[ROUTELESS]
    assert (said.answer, said.icmp_error) == (SynAnswer.UNREACHABLE, "net-unreachable")
    assert said.verdict("rs5") == "rs5 does not accept 192.0.2.10: 192.0.2.25 knows no way to it (net-unreachable)"


@pytest.mark.parametrize(
    ("target", "answer", "verdict"),
    [
        ("DROP", SynAnswer.SILENCE, "rs1 does not accept 192.0.2.10:80: it has not the VIP, or a packet filter drops"),
        ("REJECT", SynAnswer.UNREACHABLE, "rs1 has 192.0.2.10, but a packet filter refuses 192.0.2.10:80 (port-unre"),
    ],
)
def test_a_packet_filter_is_not_taken_for_a_missing_vip(target: str, answer: SynAnswer, verdict: str) -> None:
    if shutil.which("iptables-legacy") is None:
        pytest.skip("iptables-legacy is not there (Debian: iptables)")
    with segment({"lb1": director(), "rs1": real_server(1)}) as made:
        made.run("rs1", f"iptables-legacy -A INPUT -d {VIP} -p tcp -j {target}")
        (said,) = tried(made, LISTENING)
    assert said.answer is answer
    assert said.verdict("rs1").startswith(verdict)


def test_a_host_that_hands_the_port_on_to_a_container_is_not_blamed_alone() -> None:
    """DNAT looks the same from here: the verdict leaves it open."""
    if shutil.which("iptables-legacy") is None:
        pytest.skip("iptables-legacy is not there (Debian: iptables)")
    with segment({"lb1": director(), "rs1": replace(real_server(1), commands=(*SILENT, FORWARDS))}) as made:
        made.run("rs1", "ip link add docker0 type veth peer name inside; ip link set docker0 up; ip link set inside up")
        made.run("rs1", "ip addr add 198.51.100.1/24 dev docker0")
        made.run("rs1", f"iptables-legacy -t nat -A PREROUTING -d {VIP} -p tcp -j DNAT --to 198.51.100.2")
        (said,) = tried(made, LISTENING)
    assert said.icmp_error == "time-exceeded"
    assert said.verdict().endswith("(or hands the port on)")


def test_an_answer_that_comes_by_way_of_a_router_is_still_the_real_server_s() -> None:
    """Policy routing sends what comes from the VIP to the client, which forwards it."""
    by_router = "ip rule add from 192.0.2.10 table 7; ip route add default via 192.0.2.100 dev eth0 table 7"
    hosts = {
        "lb1": director(),
        "rs1": replace(real_server(1), commands=(*SILENT, by_router)),
        "client": replace(client(), commands=(FORWARDS, "sysctl -w net.ipv4.conf.all.send_redirects=0")),
    }
    with segment(hosts) as made, serving(made, "rs1"):
        (said,) = tried(made, LISTENING)
    assert (said.answer, said.mac) == (SynAnswer.SYN_ACK, "02:00:00:00:00:64")
    assert said.seen.text.endswith("(the frame came from 02:00:00:00:00:64)")


def test_a_director_without_the_vip_gets_its_answer_too(five: Segment) -> None:
    """A standby: its kernel answers the SYN-ACK with a RST of its own, but sends that to whoever has the VIP by ARP.

    So it is ours that ends the connection.
    """
    (said,) = send_syns(planned(five, table(LISTENING), "client"), netns=five.netns("client"))
    assert said.answer is SynAnswer.SYN_ACK
    assert half_open(five, "rs1") == ""


@pytest.mark.parametrize(("listens", "answer"), [(True, SynAnswer.SYN_ACK), (False, SynAnswer.RST)])
def test_an_ipv6_vip_is_tried_alike(listens: bool, answer: SynAnswer) -> None:
    with six() as made:
        if listens:
            with serving(made, "rs1", "::"):
                (said,) = send_syns(planned(made, table6("2001:db8::21")), netns=made.netns("lb1"))
                assert half_open(made, "rs1") == ""
        else:
            (said,) = send_syns(planned(made, table6("2001:db8::21")), netns=made.netns("lb1"))
    assert said.answer is answer
    assert said.seen.where == "probe eth0 syn [2001:db8::10]:80 to 02:00:00:00:00:21"


def test_an_ipv6_vip_that_is_not_there_is_silence_or_an_exceeded_hop_limit() -> None:
    with six() as made:
        made.run("rs2", "sysctl -w net.ipv6.conf.all.forwarding=1")
        both = send_syns(planned(made, table6("2001:db8::22", "2001:db8::23")), netns=made.netns("lb1"))
    assert [(each.answer, each.icmp_error) for each in both] == [
        (SynAnswer.UNREACHABLE, "time-exceeded"),
        (SynAnswer.SILENCE, ""),
    ]


@contextmanager
def six() -> Iterator[Segment]:
    """rs1 has the IPv6 VIP, rs2 and rs3 have not."""

    def with_six(host: Host, own: str, *more: str) -> Host:
        return replace(host, ip=(*host.ip, f"addr add 2001:db8::{own}/64 dev eth0 nodad", *more))

    hosts = {
        "lb1": with_six(director(), "2", f"addr add {VIP6}/128 dev eth0 nodad"),
        "rs1": with_six(real_server(1), "21", f"addr add {VIP6}/128 dev lo nodad"),
        "rs2": with_six(without_vip(2), "22"),
        "rs3": with_six(without_vip(3), "23"),
    }
    with segment(hosts) as made:
        yield made


def table6(*rips: str) -> str:
    return table(*(f"[{rip}]" for rip in rips), vip=f"[{VIP6}]")


# -- what is left behind ----------------------------------------------------------------------------------------------


def half_open(made: Segment, name: str) -> str:
    """The connections there that wait for the last word of the handshake."""
    return made.run(name, "ss -Htn state syn-recv")


def test_no_connection_stays_half_open_where_a_syn_alone_would_leave_one(five: Segment) -> None:
    (one,) = planned(five, table(LISTENING))
    alone = frames.Segment(one.sender, one.vip, one.sport, one.port, one.seq, "S", ttl=1)
    with inside(five.netns("lb1"), lambda: Wire("eth0", IPV4)) as wire:
        wire.send(frames.segment(alone, source=one.own_mac, to=one.mac))
        assert VIP in half_open(five, "rs1")
        wire.send(frames.segment(replace(alone, seq=one.seq + 1, flags="R"), source=one.own_mac, to=one.mac))
    assert half_open(five, "rs1") == ""
    (said,) = send_syns((one,), netns=five.netns("lb1"))
    assert said.answer is SynAnswer.SYN_ACK
    assert half_open(five, "rs1") == ""


def test_what_was_begun_is_reset_though_the_answer_is_lost(five: Segment) -> None:
    """The real server's SYN-ACK never arrives, as behind a filter: the connection is there all the same."""
    if shutil.which("iptables-legacy") is None:
        pytest.skip("iptables-legacy is not there (Debian: iptables)")
    five.run("rs1", f"iptables-legacy -A OUTPUT -s {VIP} -j DROP")
    try:
        (said,) = tried(five, LISTENING)
        left = half_open(five, "rs1")
    finally:
        five.run("rs1", f"iptables-legacy -D OUTPUT -s {VIP} -j DROP")
    assert (said.answer, left) == (SynAnswer.SILENCE, "")


def test_an_interrupt_leaves_nothing_half_open(five: Segment) -> None:
    """Interrupted when the SYN is out and its answer is waiting to be read."""
    calls = []

    def interrupt(_: float) -> None:
        calls.append(half_open(five, "rs1"))
        raise KeyboardInterrupt

    (one,) = planned(five, table(LISTENING))
    with pytest.raises(KeyboardInterrupt):
        send_syns((one,), netns=five.netns("lb1"), progress=interrupt)
    assert VIP in calls[0]
    assert half_open(five, "rs1") == ""


# -- what is sent -----------------------------------------------------------------------------------------------------


def when(frame: str) -> float:
    return float(frame.split()[0])


def sent_to(lines: Sequence[str], mac: str, by: str = OURS) -> list[str]:
    return [frame for frame in lines if f" {by} > {mac}," in frame]


def test_tcpdump_sees_a_syn_from_no_vip_to_the_real_server_s_mac_and_one_rst_after_the_answer(five: Segment) -> None:
    lines: list[str] = []
    knocking = planned(five, table(LISTENING, CLOSED, WITHOUT))
    with captured(five, "lb1", lines, "tcp or icmp"):
        send_syns(knocking, netns=five.netns("lb1"))
    ours = [frame for frame in lines if f" {OURS} > " in frame]
    sport = knocking[0].sport
    assert ours
    assert all(f"192.0.2.2.{sport} > 192.0.2.10.80: Flags" in frame and " ttl 1," in frame for frame in ours)
    assert all("cksum" in frame and "(correct)" in frame for frame in ours)

    def flags(number: int) -> list[str]:
        found = [re.search(r"Flags \[(\S+)\]", frame) for frame in sent_to(ours, f"02:00:00:00:00:{20 + number}")]
        return [match[1] for match in found if match]

    assert (flags(1), flags(2), flags(3)) == (["S", "R"], ["S"], ["S", "S", "R"])
    answer = next(when(frame) for frame in lines if "Flags [S.]" in frame)
    reset = next(when(frame) for frame in sent_to(ours, "02:00:00:00:00:21") if "Flags [R]" in frame)
    assert 0 <= reset - answer < 0.25
    assert "seq" in ours[0]
    numbers = [re.search(r"seq (\d+)", frame) for frame in sent_to(ours, "02:00:00:00:00:23")]
    assert [int(match[1]) for match in numbers if match] == [knocking[2].seq, knocking[2].seq, knocking[2].seq + 1]


def test_a_host_that_forwards_passes_nothing_on(five: Segment) -> None:
    lines: list[str] = []
    with captured(five, "rs4", lines, "tcp or icmp"):
        tried(five, FORWARDING)
    assert len(sent_to(lines, "02:00:00:00:00:24")) == 1
    (error,) = (frame for frame in lines if " 02:00:00:00:00:24 > " in frame)
    assert "ICMP time exceeded in-transit" in error


def test_no_more_than_three_frames_a_second_go_to_a_real_server_about_a_vip(five: Segment) -> None:
    """Three ports of one VIP: one after the other, as the real server answers, and as it does not."""
    text = "".join(table(LISTENING, CLOSED, WITHOUT).replace(":80", f":{port}") for port in (80, 81, 443))
    knocking = planned(five, text)
    lines: list[str] = []
    with captured(five, "lb1", lines, "tcp or icmp"):
        begun = time.monotonic()
        said = send_syns(knocking, netns=five.netns("lb1"))
        took = time.monotonic() - begun
    for number in (1, 2, 3):
        times = [when(frame) for frame in sent_to(lines, f"02:00:00:00:00:{20 + number}")]
        assert len(times) >= 3
        # Written down when they were handed to the kernel, which may be a little later than that.
        assert all(later - earlier > 0.99 for earlier, later in zip(times, times[3:], strict=False)), times
    assert [each.answer for each in said if str(each.probe.rip) == LISTENING] == [
        SynAnswer.SYN_ACK,
        SynAnswer.RST,
        SynAnswer.RST,
    ]
    assert duration(knocking) == pytest.approx(4.0, abs=0.1)
    assert took < duration(knocking) + 0.5


def test_a_syn_ack_that_is_repeated_gets_a_rst_again(five: Segment) -> None:
    """A host of our own making, deaf to the first RST; the kernel there has no VIP."""
    (one,) = planned(five, table(WITHOUT))
    lines: list[str] = []
    with inside(five.netns("rs3"), lambda: Wire("eth0", IPV4)) as deaf:
        answer = frames.segment(
            frames.Segment(one.vip, one.sender, one.port, one.sport, 7, "SA", one.seq + 1),
            source=one.mac,
            to=one.own_mac,
        )
        begun = time.monotonic()
        due = [0.05, 0.3]

        def repeat(_: float) -> None:
            while due and time.monotonic() >= begun + due[0]:
                due.pop(0)
                deaf.send(answer)

        with captured(five, "lb1", lines, "tcp or icmp"):
            begun = time.monotonic()
            (said,) = send_syns((one,), netns=five.netns("lb1"), progress=repeat)
    assert said.answer is SynAnswer.SYN_ACK
    times = [when(frame) for frame in sent_to(lines, one.mac) if "Flags [R]" in frame]
    assert len(times) == 2
    everything = [when(frame) for frame in sent_to(lines, one.mac)]
    assert len(everything) == 3 or everything[3] - everything[0] > 0.99


def test_what_is_about_to_be_sent_is_said_in_a_sentence(five: Segment) -> None:
    knocking = planned(five, table(LISTENING, CLOSED))
    assert summary(knocking, 2, duration(knocking)) == (
        "trying 192.0.2.10 at 2 real servers on eth0: at most 6 frames in 1.0 s"
    )


def test_nothing_to_try_takes_no_time() -> None:
    assert (duration(()), send_syns(())) == (0.0, ())
