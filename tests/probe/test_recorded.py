"""A pcap file is the recording that tcpdump would print."""

import shutil
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lvsdoctor.model.recording import RecordedKind, Recording
from lvsdoctor.parse.tcpdump import read_tcpdump
from lvsdoctor.probe.recorded import read_pcap

pytest.importorskip("scapy")

C, D, R = "02:00:00:00:02:00", "02:00:00:00:04:00", "02:00:00:00:05:00"
ALL = "ff:ff:ff:ff:ff:ff"
VIP, CLIENT = "192.0.2.10", "192.0.2.100"


def packets() -> list[Any]:
    from scapy.layers.inet import ICMP, IP, TCP, UDP
    from scapy.layers.inet6 import (
        ICMPv6DestUnreach,
        ICMPv6ND_NA,
        ICMPv6ND_NS,
        ICMPv6NDOptDstLLAddr,
        ICMPv6NDOptSrcLLAddr,
        IPv6,
    )
    from scapy.layers.l2 import ARP, Dot1Q, Ether

    syn = IP(src=CLIENT, dst=VIP) / TCP(sport=40000, dport=80, flags="S", seq=111)
    back = IP(src=VIP, dst=CLIENT)
    error = Ether(src=R, dst=C) / IP(src="192.0.2.21", dst=CLIENT)
    syn6 = IPv6(src="2001:db8::100", dst="2001:db8::10") / TCP(sport=40000, dport=80, flags="S", seq=111)
    solicited = IPv6(src="2001:db8::100", dst="ff02::1:ff00:10", hlim=255) / ICMPv6ND_NS(tgt="2001:db8::10")
    offered = IPv6(src="2001:db8::10", dst="2001:db8::100", hlim=255) / ICMPv6ND_NA(tgt="2001:db8::10", S=1, R=0)
    made = [
        Ether(src=C, dst=ALL) / ARP(op=1, hwsrc=C, psrc=CLIENT, pdst=VIP),
        Ether(src=D, dst=C) / ARP(op=2, hwsrc=D, psrc=VIP, hwdst=C, pdst=CLIENT),
        Ether(src=D, dst=ALL) / ARP(op=1, hwsrc=D, psrc=VIP, pdst=VIP),
        Ether(src=C, dst=D) / syn,
        Ether(src=D, dst=R) / syn,
        Ether(src=R, dst=C) / back / TCP(sport=80, dport=40000, flags="SA", seq=222, ack=112),
        Ether(src=C, dst=D) / IP(src=CLIENT, dst=VIP) / TCP(sport=40000, dport=80, flags="A", seq=112, ack=223),
        Ether(src=R, dst=C) / back / TCP(sport=80, dport=40000, flags="RA", seq=222, ack=112),
        Ether(src=D, dst=R) / IP(src="192.0.2.2", dst="192.0.2.21") / syn,
        error / ICMP(type=3, code=1) / syn,
        error / ICMP(type=3, code=10) / syn,
        error / ICMP(type=3, code=3) / syn,
        Ether(src=D, dst=C) / IP(src="192.0.2.2", dst=CLIENT) / ICMP(type=5, code=1, gw="192.0.2.21") / syn,
        Ether(src=C, dst="33:33:ff:00:00:10") / solicited / ICMPv6NDOptSrcLLAddr(lladdr=C),
        Ether(src=D, dst=C) / offered / ICMPv6NDOptDstLLAddr(lladdr=D),
        Ether(src=C, dst=D) / syn6,
        Ether(src=R, dst=C) / IPv6(src="2001:db8::21", dst="2001:db8::100") / ICMPv6DestUnreach(code=4) / syn6,
        Ether(src=C, dst=D) / Dot1Q(vlan=10) / syn,
        Ether(src=C, dst=D) / IP(src=CLIENT, dst=VIP) / UDP(sport=40000, dport=53) / b"x",
    ]
    for number, packet in enumerate(made):
        packet.time = 1790000000 + number * 0.25
    return made


def pcap(frames: Sequence[bytes], linktype: int = 1, cut: int = 65535) -> bytes:
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, linktype)
    rows = (struct.pack("<IIII", 1790000000, 250000, min(len(f), cut), len(f)) + f[:cut] for f in frames)
    return head + b"".join(rows)


def rows(recording: Recording) -> list[tuple[object, ...]]:
    """All that text and file have in common; only -v shows whose packet an ICMP error is about."""
    return [
        (
            frame.kind,
            frame.src,
            None if frame.kind is RecordedKind.ARP_ANSWER else frame.dst,
            (frame.sport, frame.dport, frame.flags) if frame.kind is RecordedKind.TCP else (),
            (frame.outer_dst, frame.about, frame.port, frame.gateway),
        )
        for frame in recording.frames
    ]


@pytest.mark.parametrize("options", ["-n", "-ne", "-nev", "-nv", "-nt", "-nttt", "-nx", ""])
def test_a_pcap_file_and_the_text_that_tcpdump_makes_of_it_are_one_recording(tmp_path: Path, options: str) -> None:
    if shutil.which("tcpdump") is None:
        pytest.skip("tcpdump is not installed")
    from scapy.utils import wrpcap

    file = tmp_path / "case.pcap"
    wrpcap(str(file), packets())
    words = ["tcpdump", *filter(None, [options]), "-r", str(file)]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    printed, read = read_tcpdump(text, "x"), read_pcap(file.read_bytes(), "case.pcap")
    assert rows(printed) == rows(read)
    if "v" in options:
        assert [frame.sport for frame in printed.frames if frame.about and frame.src.version == 4] == [40000] * 3 + [0]
    assert (len(read.frames), read.others, printed.others, printed.unread) == (18, 1, 1, ())


def test_pcapng_is_read_alike_and_frames_are_called_by_their_number(tmp_path: Path) -> None:
    from scapy.utils import wrpcap, wrpcapng

    wrpcap(str(tmp_path / "a"), packets())
    wrpcapng(str(tmp_path / "b"), packets())
    first, second = (read_pcap((tmp_path / name).read_bytes(), "case") for name in "ab")
    assert rows(first) == rows(second)
    assert first.frames[3].seen.text == f"{C} > {D}: 192.0.2.100.40000 > 192.0.2.10.80: Flags [S]"
    assert str(first.frames[3].seen) == "case:4"
    for recording in (first, second):
        times = [frame.time for frame in recording.frames[:2]]
        assert None not in times
        assert round((times[1] or 0) - (times[0] or 0), 3) == 0.25


def test_a_recording_of_all_interfaces_has_no_destination_mac() -> None:
    syn = bytes(packets()[3])
    address = bytes.fromhex(C.replace(":", "")) + b"\0\0"
    cooked = struct.pack("!HHH", 0, 1, 6) + address + b"\x08\x00" + syn[14:]
    (frame,) = read_pcap(pcap([cooked], 113), "x").frames
    assert (frame.mac_from, frame.mac_to, frame.dport, frame.flags) == (C, "", 80, "S")
    cooked2 = b"\x08\x00" + struct.pack("!HIHBB", 0, 2, 1, 0, 6) + address + syn[14:]
    (frame,) = read_pcap(pcap([cooked2], 276), "x").frames
    assert (frame.mac_from, frame.mac_to, frame.dport, frame.flags) == (C, "", 80, "S")


def test_frames_that_were_cut_short_are_read_by_their_headers_or_told() -> None:
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether

    long = Ether(src=C, dst=D) / IP(src=CLIENT, dst=VIP) / TCP(sport=40000, dport=80, flags="PA") / (b"x" * 500)
    (frame,) = read_pcap(pcap([bytes(long)], cut=96), "x").frames
    assert frame.flags in ("P.", ".P")
    recording = read_pcap(pcap([bytes(long)], cut=40), "x")
    assert [seen.text for seen in recording.unread] == ["frame of 554 bytes, 40 of them recorded"]


def test_another_link_type_and_a_damaged_file_are_told() -> None:
    with pytest.raises(ValueError, match="link-layer type is 127"):
        read_pcap(pcap([b"x" * 60], 127), "x")
    with pytest.raises(ValueError, match="capture"):
        read_pcap(pcap([])[:10], "x")
    assert read_pcap(pcap([bytes(packets()[0]), b"x" * 3]), "x").others == 1
