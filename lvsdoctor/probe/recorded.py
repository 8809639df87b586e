"""A pcap file as a recording: the frames that tcpdump's text would show, each called by its number."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from io import BytesIO
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from lvsdoctor.model.address import IP
from lvsdoctor.model.recording import RecordedFrame, RecordedKind, Recording
from lvsdoctor.model.seen import Seen
from lvsdoctor.probe.frames import (
    Redirect,
    Segment,
    Unreachable,
    read_advertisement,
    read_arp,
    read_ip,
    read_solicitation,
    recorded_frames,
)

# https://www.tcpdump.org/linktypes.html
_ETHERNET, _LINUX_SLL, _LINUX_SLL2 = 1, 113, 276
_VLANS = (b"\x81\x00", b"\x88\xa8")
_IPV4, _IPV6, _ARP = b"\x08\x00", b"\x86\xdd", b"\x08\x06"
_IPIP = 4
_WHOLE_HEADERS = 94  # bytes: Ethernet, IPv6, TCP with 20 bytes of options
_NOTHING = b"\x00" * 6
# Ours to tcpdump's letters.
_FLAGS: Mapping[str, str] = {"S": "S", "F": "F", "R": "R", "P": "P", "A": "."}


def read_pcap(data: bytes, where: str) -> Recording:
    """All frames. Raises ValueError for a file that is damaged, or not of Ethernet (or -i any)."""
    frames: list[RecordedFrame] = []
    unread: list[Seen] = []
    others = 0
    for number, (reader, raw, about) in enumerate(recorded_frames(BytesIO(data)), 1):
        kind = getattr(about, "linktype", None)
        ether = _ethernet(raw, reader.linktype if kind is None else kind)
        cut = max(0, about.wirelen - len(raw))
        frame = _frame(ether + b"\x00" * cut if len(ether) >= _WHOLE_HEADERS else ether, Seen(where, number, ""))
        if frame is not None:
            frames.append(replace(frame, seen=Seen(where, number, _shown(frame)), time=_time(reader, about)))
        elif cut and ether[12:14] in (_IPV4, _IPV6, _ARP):
            unread.append(Seen(where, number, f"frame of {about.wirelen} bytes, {len(raw)} of them recorded"))
        else:
            others += 1
    return Recording(where, tuple(frames), others, tuple(unread))


def _ethernet(raw: bytes, linktype: int) -> bytes:
    """The frame as Ethernet, without its VLAN tag; a recording of -i any shows no destination MAC."""
    if linktype == _LINUX_SLL:
        raw = _NOTHING + raw[6:12] + raw[14:]
    elif linktype == _LINUX_SLL2:
        raw = _NOTHING + raw[12:18] + raw[:2] + raw[20:]
    elif linktype != _ETHERNET:
        raise ValueError(f"its link-layer type is {linktype}, and only Ethernet and Linux cooked captures are read")
    while raw[12:14] in _VLANS:
        raw = raw[:12] + raw[16:]
    return raw


def _time(reader: Any, about: Any) -> float | None:
    if hasattr(about, "sec"):
        return float(about.sec + about.usec / (1e9 if reader.nano else 1e6))
    if about.tshigh is None or about.tslow is None:
        return None
    return float(((about.tshigh << 32) + about.tslow) / (about.tsresol or 1e6))


def _frame(ether: bytes, seen: Seen) -> RecordedFrame | None:
    if len(ether) < 14:
        return None
    made = partial(_made, ether, seen)
    if (arp := read_arp(ether)) is not None:
        if arp.reply:
            return made(RecordedKind.ARP_ANSWER, arp.sender, arp.target, mac=arp.mac)
        return made(RecordedKind.ARP_REQUEST, arp.sender, arp.target, mac=arp.mac)
    if (offer := read_advertisement(ether)) is not None:
        return made(RecordedKind.ARP_ANSWER, offer.target, offer.to, mac=offer.mac)
    if (asked := read_solicitation(ether)) is not None:
        return made(RecordedKind.ARP_REQUEST, asked.sender, asked.target, mac=asked.mac)
    ip = ether[14:]
    if ether[12:14] == _IPV4 and len(ip) >= 20 and ip[9] == _IPIP:
        inner = _frame(ether[:14] + ip[(ip[0] & 15) * 4 :], seen)
        return None if inner is None else replace(inner, outer_dst=IPv4Address(ip[16:20]))
    match read_ip(ether):
        case Segment() as tcp:
            flags = "".join(_FLAGS.get(letter, "") for letter in tcp.flags)
            ends = {"sport": tcp.sport, "dport": tcp.dport}
            return made(RecordedKind.TCP, tcp.src, tcp.dst, flags=flags, seq=tcp.seq, **ends)
        case Unreachable(dst=about) as error if about is not None:
            port = error.dport if error.error == "port-unreachable" else 0
            return made(
                RecordedKind.UNREACHABLE, error.src, _destination(ether), about=about, port=port, sport=error.sport
            )
        case Redirect(dst=about) as redirect:
            return made(RecordedKind.REDIRECT, redirect.src, redirect.to, about=about, gateway=redirect.gateway)
    return None


def _made(ether: bytes, seen: Seen, kind: RecordedKind, src: IP, dst: IP, **more: Any) -> RecordedFrame:
    return replace(RecordedFrame(kind, seen, src, dst, mac_from=_mac(ether[6:12]), mac_to=_mac(ether[:6])), **more)


def _mac(raw: bytes) -> str:
    return "" if raw == _NOTHING else raw.hex(":")


def _destination(ether: bytes) -> IP:
    return IPv6Address(ether[38:54]) if ether[12:14] == _IPV6 else IPv4Address(ether[30:34])


def _shown(frame: RecordedFrame) -> str:
    """As tcpdump -ne would word it, in short."""
    macs = f"{frame.mac_from} > {frame.mac_to}: " if frame.mac_to else f"{frame.mac_from}: "
    match frame.kind:
        case RecordedKind.ARP_REQUEST:
            text = f"who-has {frame.dst} tell {frame.src}"
        case RecordedKind.ARP_ANSWER:
            text = f"{frame.src} is-at {frame.mac}"
        case RecordedKind.TCP:
            text = f"{frame.src}.{frame.sport} > {frame.dst}.{frame.dport}: Flags [{frame.flags or 'none'}]"
        case RecordedKind.UNREACHABLE:
            port = f" port {frame.port}" if frame.port else ""
            text = f"{frame.src} > {frame.dst}: ICMP {frame.about}{port} unreachable"
        case _:
            text = f"{frame.src} > {frame.dst}: ICMP redirect {frame.about} to {frame.gateway}"
    return macs + (f"tunnel to {frame.outer_dst}: " if frame.outer_dst is not None else "") + text
