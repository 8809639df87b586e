"""tcpdump's lines: what is understood, in every dress, and what is not."""

import time

import pytest

from lvsdoctor.model.recording import RecordedFrame, RecordedKind
from lvsdoctor.parse.tcpdump import is_tcpdump, read_tcpdump

CLIENT, DIRECTOR, RS1 = "02:00:00:00:02:00", "02:00:00:00:04:00", "02:00:00:00:05:00"


def only(text: str) -> RecordedFrame:
    recording = read_tcpdump(text, "x")
    assert (recording.others, recording.unread) == (0, ())
    (frame,) = recording.frames
    return frame


def ends(frame: RecordedFrame) -> tuple[str, int, str, int, str]:
    return str(frame.src), frame.sport, str(frame.dst), frame.dport, frame.flags


SYN = ("192.0.2.100", 40000, "192.0.2.10", 80, "S")


@pytest.mark.parametrize(
    "line",
    [
        "12:00:01.000201 IP 192.0.2.100.40000 > 192.0.2.10.80: Flags [S], seq 111, win 1, options [mss 1460], length 0",
        "12:00:01.000201 IP 192.0.2.100.40000 > 192.0.2.10.http: Flags [S], seq 111, win 64240, length 0",
        "IP 192.0.2.100.40000 > 192.0.2.10.80: Flags [S], seq 111, win 64240, length 0",
        "1790000000.000201 IP 192.0.2.100.40000 > 192.0.2.10.80: Flags [S], seq 111, win 64240, length 0",
        "2026-11-29 12:00:01.000201 IP 192.0.2.100.40000 > 192.0.2.10.80: Flags [S], seq 111, win 1, length 0",
        "12:00:01.000201 IP 192.0.2.100.40000 > 192.0.2.10.80: S 111:111(0) win 5840 <mss 1460>",
        "12:00:01.000201 eth0  In  IP 192.0.2.100.40000 > 192.0.2.10.80: Flags [S], seq 111, win 1, length 0",
        f"12:00:01.000201 eth0  In  ifindex 2 {CLIENT} ethertype IPv4 (0x0800), length 80: "
        "192.0.2.100.40000 > 192.0.2.10.80: Flags [S], seq 111, win 1, length 0",
        f"12:00:01.000201  In {CLIENT} ethertype IPv4 (0x0800), length 76: "
        "192.0.2.100.40000 > 192.0.2.10.80: Flags [S], seq 111, win 1, length 0",
        f"12:00:01.000201 {CLIENT} > {DIRECTOR}, ethertype 802.1Q (0x8100), length 78: vlan 10, p 0, "
        "ethertype IPv4 (0x0800), 192.0.2.100.40000 > 192.0.2.10.80: Flags [S], seq 111, win 1, length 0",
        "12:00:01.000201 IP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60)\n"
        "    192.0.2.100.40000 > 192.0.2.10.80: Flags [S], cksum 0x1 (correct), seq 111, win 1, length 0\n"
        "\t0x0000:  4500 003c 0001 0000 4006",
    ],
)
def test_a_syn_is_read_in_every_dress(line: str) -> None:
    frame = only(line)
    assert ends(frame) == SYN
    assert (frame.seq, frame.syn, frame.syn_ack) == (111, True, False)


@pytest.mark.parametrize(
    "line",
    [
        "12:00:01.3 IP 192.0.2.10.80 > 192.0.2.100.40000: Flags [S.], seq 222, ack 112, win 65160, length 0",
        "12:00:01.3 IP 192.0.2.10.80 > 192.0.2.100.40000: S 222:222(0) ack 112 win 5840",
    ],
)
def test_a_syn_ack_is_told_from_a_syn(line: str) -> None:
    frame = only(line)
    assert (frame.syn, frame.syn_ack, frame.seq) == (False, True, 222)


@pytest.mark.parametrize(
    ("line", "kind", "src", "mac"),
    [
        ("12:00:01.1 ARP, Request who-has 192.0.2.10 tell 192.0.2.100, length 28", "arp-request", "192.0.2.100", ""),
        (f"12:00:01.1 ARP, Reply 192.0.2.10 is-at {DIRECTOR}, length 46", "arp-answer", "192.0.2.10", DIRECTOR),
        (f"12:00:01.1 ARP, Reply 192.0.2.10 is-at {DIRECTOR} (oui Unknown)", "arp-answer", "192.0.2.10", DIRECTOR),
        (f"12:00:01.1 arp reply 192.0.2.10 is-at {DIRECTOR}", "arp-answer", "192.0.2.10", DIRECTOR),
        ("12:00:01.1 arp who-has 192.0.2.10 tell 192.0.2.100", "arp-request", "192.0.2.100", ""),
        (
            f"12:00:01.1 {CLIENT} (oui Unknown) > Broadcast, ethertype ARP (0x0806), length 42: "
            "Request who-has 192.0.2.10 tell 192.0.2.100, length 28",
            "arp-request",
            "192.0.2.100",
            CLIENT,
        ),
        (
            f"12:00:01.1 {CLIENT} > ff:ff:ff:ff:ff:ff, ethertype ARP (0x0806), length 42: "
            "Ethernet (len 6), IPv4 (len 4), Request who-has 192.0.2.10 (ff:ff:ff:ff:ff:ff) tell 192.0.2.100",
            "arp-request",
            "192.0.2.100",
            CLIENT,
        ),
        (
            f"12:00:01.1 {DIRECTOR} > {CLIENT}, ethertype IPv6 (0x86dd), length 86: 2001:db8::10 > 2001:db8::100: "
            "ICMP6, neighbor advertisement, tgt is 2001:db8::10, length 32",
            "arp-answer",
            "2001:db8::10",
            DIRECTOR,
        ),
        (
            "12:00:01.1 IP6 fe80::1 > ff02::1:ff00:10: ICMP6, neighbor solicitation, who has 2001:db8::10, length 32",
            "arp-request",
            "fe80::1",
            "",
        ),
    ],
)  # fmt: skip
def test_requests_and_answers_of_arp_and_ndp_are_read_with_the_mac_they_give(
    line: str, kind: str, src: str, mac: str
) -> None:
    frame = only(line)
    assert (frame.kind, str(frame.src), frame.mac) == (kind, src, mac)


@pytest.mark.parametrize(
    ("line", "about", "port"),
    [
        ("IP 192.0.2.21 > 192.0.2.100: ICMP host 192.0.2.10 unreachable, length 68", "192.0.2.10", 0),
        ("IP 192.0.2.21 > 192.0.2.100: ICMP host 192.0.2.10 unreachable - admin prohibited", "192.0.2.10", 0),
        ("IP 192.0.2.21 > 192.0.2.100: ICMP 192.0.2.10 tcp port 80 unreachable, length 68", "192.0.2.10", 80),
        ("IP 192.0.2.21 > 192.0.2.100: ICMP 192.0.2.10 tcp port http unreachable, length 68", "192.0.2.10", 80),
        (
            "IP6 2001:db8::21 > 2001:db8::100: ICMP6, destination unreachable, unreachable port, "
            "2001:db8::10 tcp port 80, length 68",
            "2001:db8::10",
            80,
        ),
    ],
)  # fmt: skip
def test_an_icmp_error_tells_whose_packet_it_is_about(line: str, about: str, port: int) -> None:
    frame = only(f"12:00:02.1 {line}")
    assert (frame.kind, str(frame.about), frame.port) == (RecordedKind.UNREACHABLE, about, port)


def test_an_icmp_error_with_the_packet_it_is_about_tells_the_client_s_port() -> None:
    head = "12:00:02.1 IP (tos 0xc0, ttl 64, id 1, offset 0, flags [none], proto ICMP (1), length 88)\n"
    head += "    192.0.2.21 > 192.0.2.100: ICMP host 192.0.2.10 unreachable, length 68\n"
    quoted = "\tIP (tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60)\n"
    quoted += "    192.0.2.100.40000 > 192.0.2.10.80: Flags [S], cksum 0x1 (correct), seq 1, win 1, length 0\n"
    assert (only(head + quoted).sport, only(head).sport) == (40000, 0)


def test_a_redirect_names_its_gateway() -> None:
    frame = only("12:00:02.1 IP 192.0.2.2 > 192.0.2.100: ICMP redirect 192.0.2.10 to host 192.0.2.21, length 68")
    assert (frame.kind, str(frame.src), str(frame.about), str(frame.gateway)) == (
        RecordedKind.REDIRECT,
        "192.0.2.2",
        "192.0.2.10",
        "192.0.2.21",
    )


@pytest.mark.parametrize("inner", ["IP ", ""])
def test_a_packet_in_a_tunnel_keeps_where_the_tunnel_leads(inner: str) -> None:
    frame = only(f"12:00:02.1 IP 192.0.2.2 > 192.0.2.21: {inner}192.0.2.100.40000 > 192.0.2.10.80: Flags [S], seq 1")
    assert ends(frame) == SYN
    assert str(frame.outer_dst) == "192.0.2.21"


def test_frames_of_other_protocols_are_counted_and_lines_that_are_not_understood_are_kept() -> None:
    text = """\
tcpdump: verbose output suppressed, use -v[v]... for full protocol decode
listening on eth0, link-type EN10MB (Ethernet), snapshot length 262144 bytes
12:00:02.1 IP 192.0.2.100.5353 > 224.0.0.251.5353: 0 PTR (QM)? x. (45)
12:00:02.1 STP 802.1d, Config, Flags [none], bridge-id 8000.02:00:00:00:00:01.8001, length 35
12:00:02.1 IP 192.0.2.2 > 224.0.0.18: VRRPv2, Advertisement, vrid 51, prio 100, authtype none, intvl 1s, length 20
12:00:02.1 IP client.40000 > vip.example.com.http: Flags [S], seq 1, win 1, length 0
12:00:02.1 IP 192.0.2.100.4
this is no frame
5 packets captured
7 packets received by filter
2 packets dropped by kernel
"""
    recording = read_tcpdump(text, "x")
    assert (recording.frames, recording.others, recording.dropped) == ((), 3, 2)
    assert [seen.line for seen in recording.unread] == [6, 7, 8]


def test_every_line_is_a_frame_or_another_or_unread() -> None:
    lines = [f"12:00:0{n}.1 IP 192.0.2.100.4000{n} > 192.0.2.10.80: Flags [S], seq 1" for n in range(5)]
    lines += ["12:00:09.1 IP 192.0.2.1 > 192.0.2.2: GREv0, length 8", "nonsense"]
    recording = read_tcpdump("\n".join(lines), "x")
    assert len(recording.frames) + recording.others + len(recording.unread) == len(lines)


def test_times_of_every_kind_grow() -> None:
    line = " IP 192.0.2.100.40000 > 192.0.2.10.80: Flags [S], seq 1"

    def times(*stamps: str) -> list[float | None]:
        return [frame.time for frame in read_tcpdump("".join(f"{s}{line}\n" for s in stamps), "x").frames]

    assert times("12:00:01.5", "12:00:02.5") == [43201.5, 43202.5]
    assert times("1790000000.5", "1790000001.5") == [1790000000.5, 1790000001.5]
    assert times(" 00:00:00.000000", " 00:00:01.000000", " 00:00:00.500000") == [0.0, 1.0, 1.5]  # -ttt
    untimed = read_tcpdump(f"{line.strip()}\n{line.strip()}\n", "x").frames  # -t
    assert [frame.time for frame in untimed] == [None, None]


def test_text_that_is_no_recording_is_not_one() -> None:
    assert is_tcpdump("12:00:01.1 arp who-has 192.0.2.10 tell 192.0.2.100\n")
    assert not is_tcpdump("net.ipv4.ip_forward = 1\n")
    assert not is_tcpdump("")


@pytest.mark.parametrize("piece", ["(tos 0x0 ", "IP (", "a > b: ", "02:00:00:00:02:00 > ", "vlan 1, p 0, ", "ICMP "])
def test_a_hostile_line_takes_no_time(piece: str) -> None:
    began = time.monotonic()
    read_tcpdump(f"12:00:01.1 IP {piece * 20000}\n", "x")
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("direction", ["B  ", "M  ", "P  ", "Out", "In "])
def test_of_any_interface_the_direction_has_three_columns(direction: str) -> None:
    """print-sll.c: "%-3s"."""
    line = f"12:00:01.000201 eth0  {direction} ifindex 3 {CLIENT} ethertype ARP (0x0806), length 48: "
    frame = only(line + "Request who-has 192.0.2.10 tell 192.0.2.100, length 28")
    assert (frame.kind, frame.mac_from, frame.link) == (RecordedKind.ARP_REQUEST, CLIENT, "eth0")
