"""What tests/lab/inside.py does for an IPv6 VIP: neighbour solicitations, redirects, checks for duplicates."""

import socket
import struct
import time
from contextlib import suppress
from ipaddress import IPv6Address

_ETH_P_IPV6, _ICMPV6, _ICMP6_FILTER, _REDIRECT = 0x86DD, 58, 1, 137
_SOLICITATION, _ADVERTISEMENT = 135, 136
# include/uapi/linux/if_addr.h
_DADFAILED, _TENTATIVE = 0x08, 0x40
# Where the headers of a frame without extension headers are.
_ICMP, _TARGET = 14 + 40, 14 + 40 + 8


def open_redirects() -> socket.socket:
    """Keeps what ICMPv6 redirects arrive, and nothing else."""
    icmp = socket.socket(socket.AF_INET6, socket.SOCK_RAW, _ICMPV6)
    passing = [0xFFFFFFFF] * 8
    passing[_REDIRECT >> 5] &= ~(1 << (_REDIRECT & 31))
    icmp.setsockopt(_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *passing))
    icmp.setblocking(False)
    return icmp


def redirects(icmp: socket.socket) -> list[str]:
    """The sources, which are link-local addresses (RFC 4861, 4.5)."""
    sources = []
    with suppress(BlockingIOError):
        while True:
            sources.append(icmp.recvfrom(2048)[1][0].partition("%")[0])
    return sources


def listen() -> socket.socket:
    frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_IPV6))
    frames.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    frames.setblocking(False)
    return frames


def senders(frames: socket.socket) -> list[tuple[str, str]]:
    """MAC and sender of every solicitation that was heard since the last time; not of duplicate address detection."""
    found = set()
    with suppress(BlockingIOError):
        while True:
            frame, where = frames.recvfrom(2048)
            if where[2] != socket.PACKET_OUTGOING and _kind(frame) == _SOLICITATION and any(frame[22:38]):
                found.add((frame[6:12].hex(":"), str(IPv6Address(frame[22:38]))))
    return sorted(found)


def who_has(vip: str, link: str, sender: str, patience: float) -> list[str]:
    """The MACs that answer a neighbour solicitation for `vip`; every answer is waited for."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_IPV6)) as wire:
        wire.bind((link, _ETH_P_IPV6))
        mac = bytes(wire.getsockname()[4])
        target, source = IPv6Address(vip).packed, IPv6Address(sender).packed
        group = IPv6Address("ff02::1:ff00:0").packed[:13] + target[13:]
        body = struct.pack("!BBHI", _SOLICITATION, 0, 0, 0) + target + b"\1\1" + mac
        summed = source + group + struct.pack("!II", len(body), _ICMPV6) + body
        body = body[:2] + struct.pack("!H", _checksum(summed)) + body[4:]
        header = struct.pack("!IHBB", 6 << 28, len(body), _ICMPV6, 255) + source + group
        wire.send(b"\x33\x33" + group[12:] + mac + struct.pack("!H", _ETH_P_IPV6) + header + body)
        found, deadline = set(), time.monotonic() + patience
        while True:
            wire.settimeout(max(deadline - time.monotonic(), 0))
            try:
                frame = wire.recv(2048)
            except (TimeoutError, BlockingIOError):
                break
            if _kind(frame) == _ADVERTISEMENT and frame[_TARGET : _TARGET + 16] == target and frame[:6] == mac:
                found.add(frame[6:12].hex(":"))
    return sorted(found)


def _kind(frame: bytes) -> int:
    """The type of an ICMPv6 message, 0 for another packet."""
    return frame[_ICMP] if len(frame) > _TARGET and frame[20] == _ICMPV6 else 0


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def wait_for_addresses() -> None:
    """Until no address of this host is checked for duplicates any more; within bounds."""
    deadline = time.monotonic() + 5
    while _checking() and time.monotonic() < deadline:
        time.sleep(0.05)


def _checking() -> bool:
    with open("/proc/thread-self/net/if_inet6") as file:
        flags = [int(line.split()[4], 16) for line in file]
    return any(flag & _TENTATIVE and not flag & _DADFAILED for flag in flags)
