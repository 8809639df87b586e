"""Which frames a filter lets in: this machine's kernel runs it, on a socket pair, so no root is needed."""

import socket
import sys
from collections.abc import Callable
from struct import pack

import pytest

from lvsdoctor.probe.filter import advertisements, attach, icmpv6, redirects, tcp6_to, tcp_to
from lvsdoctor.probe.wire import IPV4, IPV6

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="packet filters need Linux")

PORT = 61234
TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58


def four(protocol: int, data: bytes, *, options: bytes = b"", fragment: int = 0) -> bytes:
    """An Ethernet frame of IPv4."""
    words = 5 + len(options) // 4
    head = pack("!BBHHHBBH", 0x40 | words, 0, words * 4 + len(data), 1, fragment, 64, protocol, 0)
    return bytes(12) + pack("!H", IPV4) + head + bytes(8) + options + data


def six(protocol: int, data: bytes) -> bytes:
    return bytes(12) + pack("!H", IPV6) + pack("!IHBB", 6 << 28, len(data), protocol, 255) + bytes(32) + data


def tcp(dport: int, sport: int = 80) -> bytes:
    return pack("!HHIIBBHHH", sport, dport, 1, 2, 0x50, 0x12, 0, 0, 0)


def let_in(program: bytes, *frames: bytes) -> list[bytes]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        attach(ours, program)
        ours.setblocking(False)
        for frame in frames:
            theirs.send(frame)
        heard = []
        while True:
            try:
                heard.append(ours.recv(1 << 16))
            except BlockingIOError:
                return heard


@pytest.mark.parametrize(
    ("says", "frame", "comes_in"),
    [
        ("a segment to the port", four(TCP, tcp(PORT)), True),
        ("one behind IP options", four(TCP, tcp(PORT), options=bytes(8)), True),
        ("the first fragment", four(TCP, tcp(PORT), fragment=0x2000), True),
        ("one that must not be fragmented", four(TCP, tcp(PORT), fragment=0x4000), True),
        ("an ICMP error", four(ICMP, b"\x0b\x00" + bytes(30)), True),
        ("a segment to another port", four(TCP, tcp(PORT + 1)), False),
        ("a segment from the port", four(TCP, tcp(80, PORT)), False),
        ("a later fragment, with the port where it would be", four(TCP, tcp(PORT), fragment=1), False),
        ("the port where it would be without IP options", four(TCP, tcp(PORT + 1), options=tcp(PORT)[:8]), False),
        ("UDP to the port", four(UDP, tcp(PORT)), False),
        ("cut short before the port", four(TCP, tcp(PORT))[:36], False),
        ("next to nothing", b"\x02", False),
    ],
)
def test_a_prober_of_ipv4_hears_its_own_port_and_icmp(says: str, frame: bytes, comes_in: bool) -> None:
    assert let_in(tcp_to(PORT), frame) == [frame] * comes_in, says


@pytest.mark.parametrize(
    ("says", "frame", "comes_in"),
    [
        ("a segment to the port", six(TCP, tcp(PORT)), True),
        ("an ICMPv6 error", six(ICMPV6, b"\x03\x00" + bytes(30)), True),
        ("an echo request", six(ICMPV6, b"\x80\x00" + bytes(30)), False),
        ("a neighbour solicitation", six(ICMPV6, b"\x87\x00" + bytes(30)), False),
        ("a segment to another port", six(TCP, tcp(PORT + 1)), False),
        ("UDP to the port", six(UDP, tcp(PORT)), False),
        ("an extension header first", six(0, bytes(8) + tcp(PORT)), False),
        ("cut short before the port", six(TCP, tcp(PORT))[:56], False),
    ],
)
def test_a_prober_of_ipv6_hears_its_own_port_and_errors(says: str, frame: bytes, comes_in: bool) -> None:
    assert let_in(tcp6_to(PORT), frame) == [frame] * comes_in, says


@pytest.mark.parametrize(
    ("says", "frame", "comes_in"),
    [
        ("a redirect", four(ICMP, b"\x05\x01" + bytes(30)), True),
        ("one behind IP options", four(ICMP, b"\x05\x01" + bytes(30), options=bytes(8)), True),
        ("an echo request", four(ICMP, b"\x08\x00" + bytes(30)), False),
        ("a later fragment", four(ICMP, b"\x05\x01" + bytes(30), fragment=1), False),
        ("TCP from a port 0x0501", four(TCP, tcp(80, 0x0501)), False),
        ("cut short before the type", four(ICMP, b"\x05")[:34], False),
    ],
)
def test_a_listener_hears_redirects_alone_of_ipv4(says: str, frame: bytes, comes_in: bool) -> None:
    assert let_in(redirects(), frame) == [frame] * comes_in, says


@pytest.mark.parametrize(
    ("program", "types"),
    [(advertisements, {136}), (lambda: icmpv6(135, 136, 137), {135, 136, 137})],
)
def test_of_icmpv6_only_the_types_that_are_asked_for_come_in(program: Callable[[], bytes], types: set[int]) -> None:
    heard = let_in(program(), *(six(ICMPV6, bytes((number, 0)) + bytes(22)) for number in range(256)))
    assert {frame[54] for frame in heard} == types
    assert let_in(program(), six(TCP, b"\x88" * 20), six(0, b"\x88" * 24), six(ICMPV6, b"")) == []
