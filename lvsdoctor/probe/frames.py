"""Frames as bytes, and what there is to know about those that were heard. The only file that imports scapy.

scapy makes what is sent. What was heard is read without it: to a layer that is cut short it gives its own defaults
(its ARP has this host's address as sender), and it finds an inner packet where the outer one was asked for.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from struct import unpack_from
from types import SimpleNamespace
from typing import Any, BinaryIO

from lvsdoctor.model.address import IP

BROADCAST = "ff:ff:ff:ff:ff:ff"
_REPLY, _REQUEST = 2, 1
_ARP, _IPV4, _IPV6 = 0x0806, 0x0800, 0x86DD
_TCP, _ICMP, _ICMPV6 = 6, 1, 58
_REDIRECT, _SOLICITATION, _ADVERTISEMENT, _REDIRECT6 = 5, 135, 136, 137
_ERRORS, _ERRORS6 = frozenset({3, 4, 11, 12}), frozenset({1, 2, 3, 4})
_OWN_MAC, _TARGETS_MAC = 1, 2  # options of neighbour discovery
_FLAGS = "FSRPAUEC"  # of TCP, from the lowest bit
_MSS = 1220  # fits every link; firewalls drop a SYN that names none, or a tiny one
# net/ipv4/icmp.c, net/ipv6/icmp.c: by IP version, type and code.
_ICMP_ERRORS = {
    (4, 3, 0): "net-unreachable", (4, 3, 1): "host-unreachable", (4, 3, 2): "protocol-unreachable",
    (4, 3, 3): "port-unreachable", (4, 3, 9): "net-prohibited", (4, 3, 10): "host-prohibited",
    (4, 3, 13): "admin-prohibited", (4, 11, 0): "time-exceeded",
    (6, 1, 0): "net-unreachable", (6, 1, 1): "admin-prohibited", (6, 1, 3): "host-unreachable",
    (6, 1, 4): "port-unreachable", (6, 1, 5): "policy-fail", (6, 1, 6): "reject-route", (6, 3, 0): "time-exceeded",
}  # fmt: skip


@cache
def _scapy() -> Any:
    """The layers we use: not scapy.all, which takes as long again."""
    logging.getLogger("scapy").setLevel(logging.ERROR)  # it comments on the host's routes
    from scapy.layers import inet, inet6, l2

    return SimpleNamespace(
        Ether=l2.Ether, ARP=l2.ARP,
        IPv6=inet6.IPv6, NS=inet6.ICMPv6ND_NS, OwnMac=inet6.ICMPv6NDOptSrcLLAddr,
        IP=inet.IP, TCP=inet.TCP,
    )  # fmt: skip


# -- out --------------------------------------------------------------------------------------------------------------


def who_has(target: IP, *, sender: IP, mac: str) -> bytes:
    """An ARP request, or a neighbour solicitation for an IPv6 address, from our own MAC.

    A solicitation is never sent from `::`: an answer to that goes to all nodes and replaces what they know (net/ipv6/
    ndisc.c: ndisc_recv_ns()), and a host that has just set the address up would take it for a duplicate.
    """
    s = _scapy()
    if isinstance(target, IPv4Address):
        request = s.ARP(op=_REQUEST, hwsrc=mac, psrc=str(sender), hwdst="00:00:00:00:00:00", pdst=str(target))
        return bytes(s.Ether(src=mac, dst=BROADCAST) / request)
    last = int(target) & 0xFFFFFF
    group = IPv6Address(int(IPv6Address("ff02::1:ff00:0")) | last)
    ether = s.Ether(src=mac, dst="33:33:" + ":".join(f"{byte:02x}" for byte in group.packed[12:]))
    solicitation = s.NS(tgt=str(target)) / s.OwnMac(lladdr=mac)
    return bytes(ether / s.IPv6(src=str(sender), dst=str(group), hlim=255) / solicitation)


@dataclass(frozen=True, slots=True)
class Segment:
    """A TCP segment without data: `flags` in scapy's letters (S, SA, R, RA), `ttl` also IPv6's hop limit."""

    src: IP
    dst: IP
    sport: int
    dport: int
    seq: int
    flags: str
    ack: int = 0
    mac: str = ""
    ttl: int = 64


def segment(wanted: Segment, *, source: str, to: str) -> bytes:
    """The segment in a frame from MAC `source` to MAC `to`."""
    s = _scapy()
    ends = {"src": str(wanted.src), "dst": str(wanted.dst)}
    ip = s.IPv6(**ends, hlim=wanted.ttl) if wanted.dst.version == 6 else s.IP(**ends, flags="DF", ttl=wanted.ttl)
    options = [("MSS", _MSS)] if wanted.flags == "S" else []
    numbers = {"sport": wanted.sport, "dport": wanted.dport, "seq": wanted.seq, "ack": wanted.ack}
    return bytes(s.Ether(src=source, dst=to) / ip / s.TCP(**numbers, flags=wanted.flags, options=options))


def recorded_frames(file: BinaryIO) -> Iterator[tuple[Any, bytes, Any]]:
    """Of a pcap or pcapng file: scapy's reader, the bytes of a frame, what is told of it. Raises ValueError."""
    _scapy()
    from scapy.error import Scapy_Exception
    from scapy.utils import RawPcapReader

    try:
        with RawPcapReader(file) as reader:  # type: ignore[arg-type]  # an open file will do
            yield from ((reader, data, about) for data, about in reader)
    except (Scapy_Exception, EOFError) as error:
        raise ValueError(str(error)) from None


# -- in ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arp:
    """An ARP packet: `mac` is the one it names, `came_from` the frame's, which a proxying switch makes another."""

    reply: bool
    sender: IP
    mac: str
    target: IP
    came_from: str


@dataclass(frozen=True, slots=True)
class Advertised:
    """A neighbour advertisement for `target`."""

    target: IP
    mac: str
    to: IP
    solicited: bool


@dataclass(frozen=True, slots=True)
class Solicited:
    """A neighbour solicitation: who has `target`, tell `sender` (:: while it checks whether the address is free)."""

    target: IP
    sender: IP
    mac: str
    came_from: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """An ICMP redirect, of IPv4 or IPv6: for `dst` the receiver shall use `gateway`."""

    src: IP
    gateway: IP
    dst: IP | None
    mac: str
    to: IP


@dataclass(frozen=True, slots=True)
class Unreachable:
    """An ICMP error: what `src` said about a packet to `dst`, and the numbers of the TCP segment that it quotes."""

    src: IP
    dst: IP | None
    mac: str
    error: str = ""
    sport: int = 0
    dport: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True)
class _Packet:
    """An IP packet whose `data` begins with its protocol's header."""

    src: IP
    dst: IP
    protocol: int
    ttl: int
    data: bytes


def read_arp(frame: bytes) -> Arp | None:
    """None for what is no ARP over Ethernet about IPv4."""
    if len(frame) < 42 or _type(frame) != _ARP or unpack_from("!HHBB", frame, 14) != (1, _IPV4, 6, 4):
        return None
    operation, mac, sender, target = unpack_from("!H6s4s6x4s", frame, 20)
    if operation not in (_REPLY, _REQUEST):
        return None
    return Arp(operation == _REPLY, IPv4Address(sender), mac.hex(":"), IPv4Address(target), _from(frame))


def read_advertisement(frame: bytes) -> Advertised | None:
    """None for what is no neighbour advertisement, or one that a router passed on (RFC 4861, 7.1.2)."""
    if (packet := _discovery(frame, _ADVERTISEMENT, 24)) is None:
        return None
    solicited = bool(packet.data[4] & 0x40)
    mac = _option(packet.data[24:], _TARGETS_MAC) or _from(frame)
    return Advertised(IPv6Address(packet.data[8:24]), mac, packet.dst, solicited)


def read_solicitation(frame: bytes) -> Solicited | None:
    """None for what is no neighbour solicitation, or one that a router passed on (RFC 4861, 7.1.1)."""
    if (packet := _discovery(frame, _SOLICITATION, 24)) is None:
        return None
    mac = _option(packet.data[24:], _OWN_MAC) or _from(frame)
    return Solicited(IPv6Address(packet.data[8:24]), packet.src, mac, _from(frame))


def read_ip(frame: bytes) -> Segment | Redirect | Unreachable | None:
    """A TCP segment, a redirect, or another ICMP error; None for anything else."""
    packet = _packet(frame)
    if packet is None:
        return None
    if packet.protocol == _TCP:
        return _segment(packet, _from(frame))
    if len(packet.data) < 8 or packet.protocol != (_ICMP if packet.src.version == 4 else _ICMPV6):
        return None
    if packet.src.version == 6 and packet.data[0] == _REDIRECT6:
        if (valid := _discovery(frame, _REDIRECT6, 40)) is None:
            return None
        gateway, dst = IPv6Address(valid.data[8:24]), IPv6Address(valid.data[24:40])
        return Redirect(valid.src, gateway, dst, _from(frame), valid.dst)
    about = _read(packet.data[8:], packet.src.version, cut=True)
    if packet.src.version == 4 and packet.data[0] == _REDIRECT:
        gateway4, dst4 = IPv4Address(packet.data[4:8]), about.dst if about else None
        return Redirect(packet.src, gateway4, dst4, _from(frame), packet.dst)
    return _error(packet, about, _from(frame))


def _segment(packet: _Packet, mac: str) -> Segment | None:
    data = packet.data
    if len(data) < 20 or not 20 <= (data[12] >> 4) * 4 <= len(data):
        return None
    sport, dport, seq, ack = unpack_from("!HHII", data)
    flags = "".join(letter for bit, letter in enumerate(_FLAGS) if data[13] >> bit & 1)
    return Segment(packet.src, packet.dst, sport, dport, seq, flags, ack, mac, packet.ttl)


def _error(packet: _Packet, about: _Packet | None, mac: str) -> Unreachable | None:
    version, kind, code = packet.src.version, packet.data[0], packet.data[1]
    if kind not in (_ERRORS if version == 4 else _ERRORS6):
        return None
    said = _ICMP_ERRORS.get((version, kind, code), f"icmp {kind}/{code}")
    if about is None or about.protocol != _TCP or len(about.data) < 8:
        return Unreachable(packet.src, about.dst if about else None, mac, said)
    return Unreachable(packet.src, about.dst, mac, said, *unpack_from("!HHI", about.data))


def _type(frame: bytes) -> int:
    number: int = unpack_from("!H", frame, 12)[0]
    return number


def _from(frame: bytes) -> str:
    return frame[6:12].hex(":")


def _packet(frame: bytes) -> _Packet | None:
    """Neither under a VLAN tag nor inside another packet: that is another link's."""
    version = {_IPV4: 4, _IPV6: 6}.get(_type(frame)) if len(frame) >= 14 else None
    return None if version is None else _read(frame[14:], version)


def _read(data: bytes, version: int, *, cut: bool = False) -> _Packet | None:
    """`cut`: an ICMP error's quotation, which need not be whole. No later fragments, no extension headers."""
    head = 20 if version == 4 else 40
    if len(data) < head or data[0] >> 4 != version:
        return None
    if version == 6:
        length, protocol, ttl, src, dst = unpack_from("!HBB16s16s", data, 4)
        if not cut and head + length > len(data):
            return None
        return _Packet(IPv6Address(src), IPv6Address(dst), protocol, ttl, data[head : head + length])
    head = (data[0] & 15) * 4
    length, fragment, ttl, protocol, src4, dst4 = unpack_from("!2xH2xHBB2x4s4s", data)
    if not 20 <= head <= length or head > len(data) or fragment & 0x1FFF or (not cut and length > len(data)):
        return None
    return _Packet(IPv4Address(src4), IPv4Address(dst4), protocol, ttl, data[head:length])


def _discovery(frame: bytes, kind: int, least: int) -> _Packet | None:
    """A message of neighbour discovery that comes from this link, with options that are whole."""
    packet = _packet(frame)
    if packet is None or packet.src.version != 6 or packet.protocol != _ICMPV6 or packet.ttl != 255:
        return None
    if len(packet.data) < least or packet.data[:2] != bytes((kind, 0)):
        return None
    return packet if all(length for _, length, _ in _options(packet.data[least:])) else None


def _options(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Kind, length in units of 8 bytes, all bytes; a length of 0 for one that is cut short, which is the last."""
    while data:
        length = data[1] if len(data) > 1 and data[1] * 8 <= len(data) else 0
        yield data[0], length, data[: length * 8]
        if not length:
            return
        data = data[length * 8 :]


def _option(data: bytes, kind: int) -> str:
    """The MAC that an option holds, "" for none."""
    return next((text[2:].hex(":") for found, length, text in _options(data) if (found, length) == (kind, 1)), "")
