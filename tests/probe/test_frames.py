"""What is read out of a frame, and that nothing is read into it: strangers send what they like."""

import random
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from ipaddress import ip_address
from struct import pack

import pytest

from lvsdoctor.model.address import IP
from lvsdoctor.probe import frames
from lvsdoctor.probe.frames import Segment

VIP, CLIENT, RS = map(ip_address, ("192.0.2.10", "192.0.2.100", "192.0.2.21"))
VIP6, CLIENT6, RS6 = map(ip_address, ("2001:db8::10", "2001:db8::64", "fe80::21"))
RS_MAC, OWN_MAC = "02:00:00:00:00:21", "02:00:00:00:00:64"
ETHERNET = bytes.fromhex((OWN_MAC + RS_MAC).replace(":", ""))
NAMED = bytes.fromhex("0200000000ee")  # a MAC that is named inside
ARP, IPV4, IPV6, VLAN = (pack("!H", number) for number in (0x0806, 0x0800, 0x86DD, 0x8100))


def arp(operation: int = 1, head: bytes = pack("!HHBB", 1, 0x0800, 6, 4)) -> bytes:
    return ETHERNET + ARP + head + pack("!H", operation) + NAMED + VIP.packed + bytes(6) + RS.packed


def four(protocol: int, data: bytes, *, src: IP = VIP, dst: IP = CLIENT, options: bytes = b"", **more: int) -> bytes:
    """An IPv4 packet. `more`: length, fragment, head (its length in words)."""
    words = more.get("head", 5 + len(options) // 4)
    length = more.get("length", 20 + len(options) + len(data))
    head = pack("!BBHHHBBH", 0x40 | words, 0, length, 1, more.get("fragment", 0), 64, protocol, 0)
    return head + src.packed + dst.packed + options + data


def six(protocol: int, data: bytes, *, src: IP = VIP6, dst: IP = CLIENT6, hops: int = 255, length: int = -1) -> bytes:
    head = pack("!IHBB", 6 << 28, len(data) if length < 0 else length, protocol, hops)
    return head + src.packed + dst.packed + data


def tcp(flags: int = 0x12, words: int = 5) -> bytes:
    return pack("!HHIIBBHHH", 80, 61000, 7, 8, words << 4, flags, 0, 0, 0)


def icmp(kind: int, code: int, rest: bytes, about: bytes) -> bytes:
    return bytes((kind, code, 0, 0)) + rest + about


SYN = pack("!HHI", 61000, 80, 7)  # of TCP, what an ICMP error quotes at least
ABOUT = four(6, SYN, src=CLIENT, dst=VIP, length=44)
ABOUT6 = six(6, tcp(), src=CLIENT6, dst=VIP6)
READERS: tuple[Callable[[bytes], object], ...] = (
    frames.read_arp,
    frames.read_advertisement,
    frames.read_solicitation,
    frames.read_ip,
)


def good() -> Iterator[tuple[str, bytes, object]]:
    """Frames, and what is to be read in them."""
    yield "arp", arp(), frames.Arp(False, VIP, "02:00:00:00:00:ee", RS, RS_MAC)
    yield "arp reply", arp(2), frames.Arp(True, VIP, "02:00:00:00:00:ee", RS, RS_MAC)
    answer = Segment(VIP, CLIENT, 80, 61000, 7, "SA", 8, RS_MAC, 64)
    yield "tcp", ETHERNET + IPV4 + four(6, tcp()), answer
    yield "tcp, options", ETHERNET + IPV4 + four(6, tcp(), options=bytes(8)), answer
    yield "tcp, options of its own", ETHERNET + IPV4 + four(6, tcp(words=6) + bytes(4)), answer
    yield "tcp, padded", ETHERNET + IPV4 + four(6, tcp()) + bytes(6), answer
    yield "tcp, reset", ETHERNET + IPV4 + four(6, tcp(0x14)), replace(answer, flags="RA")
    answer6 = Segment(VIP6, CLIENT6, 80, 61000, 7, "SA", 8, RS_MAC, 255)
    yield "tcp6", ETHERNET + IPV6 + six(6, tcp()), answer6
    exceeded = frames.Unreachable(RS, VIP, RS_MAC, "time-exceeded", 61000, 80, 7)
    yield "time exceeded", ETHERNET + IPV4 + four(1, icmp(11, 0, bytes(4), ABOUT), src=RS), exceeded
    refused = replace(exceeded, error="host-prohibited")
    yield "prohibited", ETHERNET + IPV4 + four(1, icmp(3, 10, bytes(4), ABOUT), src=RS), refused
    odd = replace(exceeded, error="icmp 3/99")
    yield "of a kind unknown", ETHERNET + IPV4 + four(1, icmp(3, 99, bytes(4), ABOUT), src=RS), odd
    hops = frames.Unreachable(RS6, VIP6, RS_MAC, "time-exceeded", 80, 61000, 7)
    yield "hops exceeded", ETHERNET + IPV6 + six(58, icmp(3, 0, bytes(4), ABOUT6), src=RS6, hops=64), hops
    redirect = frames.Redirect(RS, CLIENT, VIP, RS_MAC, CLIENT)
    yield "redirect", ETHERNET + IPV4 + four(1, icmp(5, 1, CLIENT.packed, ABOUT), src=RS), redirect
    told6 = icmp(137, 0, bytes(4), RS6.packed + VIP6.packed)
    redirect6 = frames.Redirect(RS6, RS6, VIP6, RS_MAC, CLIENT6)
    yield "redirect6", ETHERNET + IPV6 + six(58, told6, src=RS6), redirect6
    advertised = icmp(136, 0, b"\x60\0\0\0", VIP6.packed)
    from_frame = frames.Advertised(VIP6, RS_MAC, CLIENT6, True)
    yield "advertisement", ETHERNET + IPV6 + six(58, advertised), from_frame
    named = replace(from_frame, mac="02:00:00:00:00:ee")
    yield "advertisement with a MAC", ETHERNET + IPV6 + six(58, advertised + b"\x02\x01" + NAMED), named
    asks = icmp(135, 0, bytes(4), RS6.packed) + b"\x01\x01" + NAMED
    yield "solicitation", ETHERNET + IPV6 + six(58, asks), frames.Solicited(RS6, VIP6, "02:00:00:00:00:ee", RS_MAC)


def read(frame: bytes) -> list[object]:
    """All that any reader finds in it."""
    return [found for reader in READERS if (found := reader(frame)) is not None]


@pytest.mark.parametrize(
    ("says", "frame", "means"), list(good()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_whole_frame_is_read_by_one_reader(says: str, frame: bytes, means: object) -> None:
    assert read(frame) == [means]


@pytest.mark.parametrize(
    ("says", "frame"),
    [
        ("another hardware", arp(head=pack("!HHBB", 6, 0x0800, 6, 4))),
        ("another protocol", arp(head=pack("!HHBB", 1, 0x86DD, 6, 4))),
        ("longer MACs", arp(head=pack("!HHBB", 1, 0x0800, 20, 4))),
        ("longer addresses", arp(head=pack("!HHBB", 1, 0x0800, 6, 16))),
        ("reverse ARP", arp(3)),
        ("ARP under a VLAN tag", ETHERNET + VLAN + b"\x00\x07" + arp()[12:]),
        ("802.3 with a length", ETHERNET + pack("!H", 28) + arp()[14:]),
        ("IP that says it is ARP", ETHERNET + ARP + four(6, tcp())),
        ("TCP under a VLAN tag", ETHERNET + VLAN + b"\x00\x07" + IPV4 + four(6, tcp())),
        ("TCP in a later fragment", ETHERNET + IPV4 + four(6, tcp(), fragment=1)),
        ("TCP inside IP inside IP", ETHERNET + IPV4 + four(4, four(6, tcp()))),
        ("TCP inside UDP", ETHERNET + IPV4 + four(17, tcp())),
        ("TCP header longer than the packet", ETHERNET + IPV4 + four(6, tcp(words=6))),
        ("TCP header shorter than itself", ETHERNET + IPV4 + four(6, tcp(words=4))),
        ("IP header shorter than itself", ETHERNET + IPV4 + four(6, tcp(), head=4)),
        ("IP header longer than the packet", ETHERNET + IPV4 + four(6, tcp(), head=15)),
        ("packet longer than the frame", ETHERNET + IPV4 + four(6, tcp(), length=41)),
        ("padding that looks like TCP", ETHERNET + IPV4 + four(6, tcp(), length=20)),
        ("IPv6 that says it is IPv4", ETHERNET + IPV4 + six(6, tcp())),
        ("IPv6 longer than the frame", ETHERNET + IPV6 + six(6, tcp(), length=21)),
        ("IPv6 with an extension header", ETHERNET + IPV6 + six(0, b"\x06\x00" + bytes(6) + tcp())),
        ("ICMP of IPv4 in IPv6", ETHERNET + IPV6 + six(1, icmp(11, 0, bytes(4), ABOUT))),
        ("an echo request", ETHERNET + IPV4 + four(1, icmp(8, 0, bytes(4), ABOUT))),
        ("a redirect that a router passed on", ETHERNET + IPV6 + six(58, icmp(137, 0, bytes(4), bytes(32)), hops=254)),
        ("an advertisement passed on", ETHERNET + IPV6 + six(58, icmp(136, 0, bytes(4), VIP6.packed), hops=64)),
        ("an option without length", ETHERNET + IPV6 + six(58, icmp(136, 0, bytes(4), VIP6.packed) + bytes(8))),
        ("an option cut short", ETHERNET + IPV6 + six(58, icmp(136, 0, bytes(4), VIP6.packed) + b"\x02\x01\x02")),
    ],
)
def test_nothing_is_read_into_what_only_looks_alike(says: str, frame: bytes) -> None:
    assert read(frame) == []


@pytest.mark.parametrize(
    ("says", "about", "dst"),
    [
        ("nothing", b"", None),
        ("half an IP header", ABOUT[:12], None),
        ("an IP header alone", ABOUT[:20], VIP),
        ("half of TCP's numbers", ABOUT[:26], VIP),
        ("UDP", four(17, SYN, src=CLIENT, dst=VIP), VIP),
        ("a later fragment", four(6, SYN, src=CLIENT, dst=VIP, fragment=9), None),
    ],
)
def test_an_error_that_quotes_too_little_names_no_segment(says: str, about: bytes, dst: IP | None) -> None:
    (said,) = read(ETHERNET + IPV4 + four(1, icmp(11, 0, bytes(4), about), src=RS))
    assert said == frames.Unreachable(RS, dst, RS_MAC, "time-exceeded")


@pytest.mark.parametrize(
    ("says", "frame", "means"), list(good()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_frame_cut_short_says_the_same_or_less(says: str, frame: bytes, means: object) -> None:
    """Nothing is filled in: neither an address of this host nor one of nobody."""
    known = {*_flat(means), None, "", 0}
    for length in range(len(frame)):
        assert {value for found in read(frame[:length]) for value in _flat(found)} <= known


def _flat(frame: object) -> tuple[object, ...]:
    return astuple(frame)  # type: ignore[call-overload, no-any-return]


def test_random_bytes_and_damaged_frames_never_raise() -> None:
    """A thousand of each kind, the same in every run."""
    draw = random.Random("frames")
    whole = [frame for _, frame, _ in good()]
    for _ in range(1000):
        kind = draw.choice((ARP, IPV4, IPV6, VLAN, b"\x00\x1c"))
        read(draw.randbytes(draw.randrange(120)))
        read(ETHERNET + kind + draw.randbytes(draw.randrange(120)))
        damaged = bytearray(draw.choice(whole))
        for _ in range(draw.randrange(1, 6)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        read(bytes(damaged[: draw.randrange(len(damaged) + 1)]))


@pytest.mark.parametrize(("src", "dst"), [(CLIENT, VIP), (CLIENT6, VIP6)])
@pytest.mark.parametrize("flags", ["S", "R", "SA"])
def test_a_segment_that_is_made_is_the_segment_that_is_read(src: IP, dst: IP, flags: str) -> None:
    wanted = Segment(src, dst, 61000, 80, 0xFFFFFFFF, flags, ack=5, ttl=1)
    frame = frames.segment(wanted, source=OWN_MAC, to=RS_MAC)
    assert frames.read_ip(frame) == replace(wanted, mac=OWN_MAC)
    assert frame[:6].hex(":") == RS_MAC


def test_a_request_that_is_made_is_the_request_that_is_read() -> None:
    assert frames.read_arp(frames.who_has(VIP, sender=CLIENT, mac=OWN_MAC)) == frames.Arp(
        False, CLIENT, OWN_MAC, VIP, OWN_MAC
    )
    assert frames.read_solicitation(frames.who_has(VIP6, sender=CLIENT6, mac=OWN_MAC)) == frames.Solicited(
        VIP6, CLIENT6, OWN_MAC, OWN_MAC
    )
