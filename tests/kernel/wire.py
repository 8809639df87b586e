"""A node in a network namespace of its own, and the far ends of its links in another: this machine's kernel answers.

Nothing leaves the two namespaces. The far side has no address, so it never answers and never asks.
"""

import os
import selectors
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import TypeVar

from lvsdoctor.collect.live import collect_live
from lvsdoctor.collect.netns import inside
from lvsdoctor.model.node import Node

ETH_P_IP, ETH_P_ARP = 0x0800, 0x0806
REQUEST, REPLY = 1, 2
PORT = 5353
BROADCAST = b"\xff" * 6
LINKS = ("eth0", "eth1")
# What a silence is: an answer over a veth is there before sendto() returns, as a rule.
SILENCE, PATIENCE = 0.02, float(os.environ.get("PATIENCE", "1.0"))
ICMP_REDIRECT = 5

Heard = TypeVar("Heard")
Reads = Callable[[str, bytes], Heard | None]


@dataclass(frozen=True, order=True)
class Arp:
    """An ARP packet as it was on the wire beyond `link`."""

    link: str
    operation: int
    sender: IPv4Address
    target: IPv4Address


@dataclass(frozen=True, order=True)
class Packet:
    """An IPv4 packet as it was on the wire beyond `link`; `redirect` for an ICMP redirect, `about` whom it is about."""

    link: str
    src: IPv4Address
    dst: IPv4Address
    redirect: bool = False
    about: IPv4Address | None = None


@dataclass
class Wire:
    """The node's namespace `here`, with the links eth0 and eth1, and the namespace `there` of their far ends."""

    here: str
    there: str
    macs: dict[str, bytes] = field(default_factory=dict)
    far_macs: dict[str, bytes] = field(default_factory=dict)
    arp: dict[str, socket.socket] = field(default_factory=dict)
    packets: dict[str, socket.socket] = field(default_factory=dict)

    def ip(self, lines: str) -> None:
        """What `ip -batch` is told about the node."""
        _batch(self.here, lines)

    def run(self, *command: str) -> None:
        subprocess.run(("ip", "netns", "exec", self.here, *command), check=True, capture_output=True, text=True)

    def write(self, settings: Mapping[str, int]) -> None:
        """Writes `eth0.rp_filter` and the like, all first: a change of all.forwarding is copied to the links."""
        ordered = sorted(settings.items(), key=lambda item: not item[0].startswith("all."))

        def written() -> None:
            for key, value in ordered:
                scope, name = key.split(".")
                Path("/proc/sys/net/ipv4/conf", scope, name).write_text(str(value))
            for file in Path("/proc/sys/net/ipv4/neigh").glob("*/proxy_delay"):
                file.write_text("0")  # else a proxied answer comes after up to 0.8 s

        inside(self.here, written)

    def node(self) -> Node:
        return collect_live(self.here)

    # -- ARP ----------------------------------------------------------------------------------------------------------

    def ask(self, link: str, target: IPv4Address, sender: IPv4Address) -> None:
        """ "Who has `target`, tell `sender`", broadcast towards a link of the node."""
        mac = self.far_macs[link]
        frame = BROADCAST + mac + struct.pack("!HHHBBH", ETH_P_ARP, 1, ETH_P_IP, 6, 4, REQUEST)
        self.arp[link].send(frame + mac + sender.packed + bytes(6) + target.packed)

    def arps(self, awaited: Iterable[Arp] = ()) -> set[Arp]:
        """What the node has sent by ARP. What is awaited is waited for longer than silence is."""
        return set(_heard(self.arp, _arp, set(awaited)))

    # -- packets ------------------------------------------------------------------------------------------------------

    def send(self, link: str, src: IPv4Address, dst: IPv4Address) -> None:
        """A UDP packet towards a link of the node, addressed to the node's MAC."""
        frame = self.macs[link] + self.far_macs[link] + struct.pack("!H", ETH_P_IP) + udp_packet(src, dst)
        self.packets[link].send(frame)

    def forwarded(self, awaited: Iterable[Packet] = ()) -> set[Packet]:
        """The packets that came out of the node, ICMP redirects among them."""
        return set(_heard(self.packets, _packet, set(awaited)))

    def listener(self) -> socket.socket:
        """A socket that is handed every UDP packet which the node accepts for itself."""

        def opened() -> socket.socket:
            listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
            listening.setsockopt(socket.IPPROTO_IP, socket.IP_PKTINFO, 1)
            listening.bind(("0.0.0.0", PORT))
            return listening

        return inside(self.here, opened)

    def sender(self, link: str) -> socket.socket:
        """A socket that sends what it is given out of one link of the node, whatever its source."""

        def opened() -> socket.socket:
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
            return raw

        return inside(self.here, opened)


@contextmanager
def wire() -> Iterator[Wire]:
    """Two namespaces, joined by two veth pairs that are up and have no address. Needs root."""
    word = f"lvsdoctor-{os.getpid()}-{os.urandom(3).hex()}"
    made = Wire(f"{word}-here", f"{word}-there")
    names = [made.here, made.there]
    try:
        for name in names:
            subprocess.run(("ip", "netns", "add", name), check=True)
            inside(name, _made_quiet)
        _batch(made.here, "link set lo up")
        for link in LINKS:
            _batch(made.here, f"link add {link} type veth peer name {link} netns {made.there}\nlink set {link} up")
            _batch(made.there, f"link set {link} up")
        inside(made.there, lambda: _open(made))
        for link in LINKS:
            made.macs[link] = inside(made.here, lambda link=link: _mac(link))  # type: ignore[misc]
        yield made
    finally:
        for opened in (*made.arp.values(), *made.packets.values()):
            opened.close()
        for name in names:
            subprocess.run(("ip", "netns", "del", name), check=False, capture_output=True)


def udp_packet(src: IPv4Address, dst: IPv4Address) -> bytes:
    datagram = struct.pack("!HHHH", PORT, PORT, 8, 0)  # a checksum of 0 is none
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), 0, 0, 64, socket.IPPROTO_UDP, 0)
    head += src.packed + dst.packed
    return head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + datagram


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _batch(name: str, lines: str) -> None:
    done = subprocess.run(("ip", "-n", name, "-batch", "-"), input=lines, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip -batch: {done.stderr.strip()}\n{lines}")


def _made_quiet() -> None:
    """No IPv6 chatter."""
    for scope in ("all", "default"):
        file = Path("/proc/sys/net/ipv6/conf", scope, "disable_ipv6")
        if file.exists():
            file.write_text("1")


def _open(made: Wire) -> None:
    for link in LINKS:
        for sockets, protocol in ((made.arp, ETH_P_ARP), (made.packets, ETH_P_IP)):
            opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.htons(protocol))
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            opened.bind((link, protocol))
            sockets[link] = opened
        made.far_macs[link] = _mac(link)


def _mac(link: str) -> bytes:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as unbound:
        unbound.bind((link, 0))
        mac: bytes = unbound.getsockname()[4]
        return mac


def _heard(sockets: Mapping[str, socket.socket], read: Reads[Heard], awaited: set[Heard]) -> Iterator[Heard]:
    """What comes in on all of the links until there is silence, and all that is awaited came (or patience ends)."""
    until = time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as selector:
        for link, opened in sockets.items():
            selector.register(opened, selectors.EVENT_READ, link)
        while (ready := selector.select(SILENCE)) or (awaited and time.monotonic() < until):
            for key, _ in ready:
                with suppress(BlockingIOError):
                    while frame := sockets[key.data].recv(2048):
                        if (heard := read(key.data, frame)) is not None:
                            awaited.discard(heard)
                            yield heard


def _arp(link: str, frame: bytes) -> Arp:
    operation, sender, target = struct.unpack("!6xH6x4s6x4s", frame[14:42])
    return Arp(link, operation, IPv4Address(sender), IPv4Address(target))


def _packet(link: str, frame: bytes) -> Packet | None:
    packet = frame[14:]
    src, dst, rest = IPv4Address(packet[12:16]), IPv4Address(packet[16:20]), packet[(packet[0] & 15) * 4 :]
    if packet[9] == socket.IPPROTO_ICMP:
        # An ICMP redirect quotes the packet that it is about, after 8 bytes of its own.
        return Packet(link, src, dst, True, IPv4Address(rest[24:28])) if rest[0] == ICMP_REDIRECT else None
    return Packet(link, src, dst)
