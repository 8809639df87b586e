"""A host's kernel sends frames by itself: none of them is counted for a probe's."""

import pytest

from tests.probe.segment import is_of_a_probe

HOST, NEIGHBOUR = bytes.fromhex("020000000002"), bytes.fromhex("020000000021")
LINK_LOCAL, NOBODY = bytes.fromhex("fe80" + "00" * 13 + "02"), bytes(16)
GROUP = bytes.fromhex("ff0200000000000000000001ff000010")
SYN, SYN_ACK, RST = 0x02, 0x12, 0x04


def arp(to: bytes) -> bytes:
    return to + HOST + b"\x08\x06" + bytes.fromhex("0001080006040001") + bytes(20)


def tcp(flags: int) -> bytes:
    return NEIGHBOUR + HOST + b"\x08\x00\x45" + bytes(8) + b"\x06" + bytes(10) + bytes(13) + bytes([flags]) + bytes(6)


def icmpv6(kind: int, sender: bytes, *, hop_by_hop: bool = False) -> bytes:
    header = b"\x60" + bytes(5) + (b"\x00" if hop_by_hop else b"\x3a") + b"\xff" + sender + GROUP
    return b"\x33\x33\xff\x00\x00\x10" + HOST + b"\x86\xdd" + header + bytes(8 * hop_by_hop) + bytes([kind]) + bytes(23)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(icmpv6(143, LINK_LOCAL, hop_by_hop=True), id="a report of groups"),
        pytest.param(icmpv6(133, LINK_LOCAL), id="a router solicitation"),
        pytest.param(icmpv6(135, NOBODY), id="duplicate address detection"),
        pytest.param(arp(NEIGHBOUR), id="whether a neighbour is still there"),
        pytest.param(tcp(RST), id="a reset"),
        pytest.param(tcp(SYN_ACK), id="a connection that is accepted"),
    ],
)
def test_what_a_kernel_sends_by_itself_is_no_probe(frame: bytes) -> None:
    assert not is_of_a_probe(frame)


@pytest.mark.parametrize("frame", [arp(b"\xff" * 6), tcp(SYN), icmpv6(135, LINK_LOCAL)])
def test_what_probes_are_made_of_is_one(frame: bytes) -> None:
    assert is_of_a_probe(frame)
