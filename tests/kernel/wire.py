"""A node in a network namespace of its own, and the far ends of its links in another: this machine's kernel answers.

Nothing leaves the two namespaces. The far side has no address, so it never answers and never asks.
"""

import os
import selectors
import socket
import struct
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

from lvsdoctor.collect.live.netns import inside
from lvsdoctor.collect.live.node import collect_live
from lvsdoctor.model.node import Node

ETH_P_ALL, ETH_P_IP, ETH_P_ARP = 3, 0x0800, 0x0806
PACKET_OUTGOING = 4  # include/uapi/linux/if_packet.h
REQUEST, REPLY = 1, 2
ICMP_REDIRECT = 5
BROADCAST = b"\xff" * 6
LINKS = ("eth0", "eth1")
PORT = 5353


@dataclass(frozen=True, order=True)
class Arp:
    """The node sent an ARP packet out of `link`."""

    link: str
    operation: int
    sender: IPv4Address
    target: IPv4Address


@dataclass(frozen=True, order=True)
class Delivered:
    """A packet reached a socket on the node. Its UDP source port is the mark that tells which packet it was."""

    mark: int


@dataclass(frozen=True, order=True)
class Forwarded:
    """The node passed a packet on, out of `link`."""

    mark: int
    link: str


@dataclass(frozen=True, order=True)
class Redirected:
    """The node told the sender of a packet to go to `gateway` itself."""

    mark: int
    gateway: IPv4Address


Event = Arp | Delivered | Forwarded | Redirected


class Wire:
    """The node's namespace `here`, with links eth0 and eth1 or others, and the namespace `there` of their far ends."""

    def __init__(self, links: Sequence[str] = LINKS) -> None:
        self.links = tuple(links)
        word = f"lvsdoctor-{os.getpid()}-{os.urandom(3).hex()}"
        self.here, self.there = f"{word}-here", f"{word}-there"
        self.macs: dict[str, bytes] = {}
        self.far_macs: dict[str, bytes] = {}
        self._own: dict[str, socket.socket] = {}
        self._sockets: list[socket.socket] = []
        self._prompt: set[Path] = set()

    def make(self) -> None:
        """Joins the two by veth pairs that are up and have no address."""
        for name in (self.here, self.there):
            subprocess.run(("ip", "netns", "add", name), check=True)
            inside(name, _without_ipv6)
        self.ip("link set lo up")
        self._far = self._open(self.there, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._listener = self._open(self.here, socket.AF_INET, socket.SOCK_DGRAM, 0)
        self._listener.bind(("0.0.0.0", PORT))
        self.join(self.links)

    def join(self, links: Sequence[str]) -> None:
        for link in links:
            self.ip(f"link add {link} type veth peer name {link} netns {self.there}\nlink set {link} up")
            _batch(self.there, f"link set {link} up")
            self._own[link] = self._open(self.here, socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
            self._own[link].setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
        self.macs |= inside(self.here, partial(_macs, links))
        self.far_macs |= inside(self.there, partial(_macs, links))

    def remove(self) -> None:
        for opened in self._sockets:
            opened.close()
        for name in (self.here, self.there):
            subprocess.run(("ip", "netns", "del", name), check=False, capture_output=True)

    def _open(self, name: str, *kind: int) -> socket.socket:
        opened = inside(name, lambda: socket.socket(*kind))
        opened.setblocking(False)
        self._sockets.append(opened)
        return opened

    # -- the node -----------------------------------------------------------------------------------------------------

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
            for file in set(Path("/proc/sys/net/ipv4/neigh").glob("*/proxy_delay")) - self._prompt:
                file.write_text("0")  # else a proxied answer comes after up to 0.8 s
                self._prompt.add(file)

        inside(self.here, written)

    def node(self) -> Node:
        return collect_live(self.here)

    # -- what is done to it -------------------------------------------------------------------------------------------

    def ask(self, link: str, target: IPv4Address, sender: IPv4Address) -> None:
        """ "Who has `target`, tell `sender`", broadcast towards a link of the node."""
        mac = self.far_macs[link]
        request = struct.pack("!HHBBH", 1, ETH_P_IP, 6, 4, REQUEST) + mac + sender.packed + bytes(6) + target.packed
        self._send(link, BROADCAST, ETH_P_ARP, request)

    def send(self, link: str, src: IPv4Address, dst: IPv4Address, mark: int) -> None:
        """A UDP packet towards a link of the node, to the node's MAC."""
        self._send(link, self.macs[link], ETH_P_IP, _packet(src, dst, mark))

    def _send(self, link: str, to: bytes, protocol: int, payload: bytes) -> None:
        head = to + self.far_macs[link] + struct.pack("!H", protocol)
        self._far.sendto(head + payload, (link, protocol))

    def send_from(self, link: str, src: IPv4Address, dst: IPv4Address) -> bool:
        """The node itself sends a packet out of `link`, whatever its source. False where the kernel refuses to."""
        try:
            self._own[link].sendto(_packet(src, dst, PORT), (str(dst), 0))
        except OSError:
            return False
        return True

    # -- what it does -------------------------------------------------------------------------------------------------

    def events(self, awaited: Collection[Event], silence: float, patience: float) -> set[Event]:
        """All that the node does, until nothing happens for `silence` seconds and all that is awaited has happened.

        After `patience` seconds what is awaited will not come any more.
        """
        seen: set[Event] = set()
        until = time.monotonic() + patience
        with selectors.DefaultSelector() as selector:
            for opened in (self._far, self._listener):
                selector.register(opened, selectors.EVENT_READ)
            while (ready := selector.select(silence)) or (not seen.issuperset(awaited) and time.monotonic() < until):
                for key, _ in ready:
                    with suppress(BlockingIOError):
                        seen.update(self._forwarded() if key.fileobj is self._far else self._received())
        return seen

    def _received(self) -> Iterator[Event]:
        while True:
            _, (_, port) = self._listener.recvfrom(2048)
            yield Delivered(port)

    def _forwarded(self) -> Iterator[Event]:
        while True:
            frame, (link, protocol, kind, *_) = self._far.recvfrom(2048)
            if kind != PACKET_OUTGOING and (event := _event(link, protocol, frame[14:])) is not None:
                yield event


@contextmanager
def wire(links: Sequence[str] = LINKS) -> Iterator[Wire]:
    """Two namespaces for as long as the block lasts. Needs root."""
    made = Wire(links)
    try:
        made.make()
        yield made
    finally:
        made.remove()


def _event(link: str, protocol: int, data: bytes) -> Event | None:
    if protocol == ETH_P_ARP:
        operation, sender, target = struct.unpack("!6xH6x4s6x4s", data[:28])
        return Arp(link, operation, IPv4Address(sender), IPv4Address(target))
    if protocol != ETH_P_IP:
        return None
    number, rest = data[9], data[(data[0] & 15) * 4 :]
    if number == socket.IPPROTO_UDP:
        return Forwarded(_port(data), link)
    if number == socket.IPPROTO_ICMP and rest[0] == ICMP_REDIRECT:
        return Redirected(_port(rest[8:]), IPv4Address(rest[4:8]))
    return None


def _port(packet: bytes) -> int:
    start = (packet[0] & 15) * 4
    return int.from_bytes(packet[start : start + 2], "big")


def _packet(src: IPv4Address, dst: IPv4Address, mark: int) -> bytes:
    datagram = struct.pack("!HHHH", mark, PORT, 8, 0)  # a checksum of 0 is none
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(datagram), 0, 0, 64, socket.IPPROTO_UDP, 0)
    head += src.packed + dst.packed
    return head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + datagram


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def _batch(name: str, lines: str) -> None:
    done = subprocess.run(("ip", "-n", name, "-batch", "-"), input=lines, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip -batch: {done.stderr.strip()}\n{lines}")


def _without_ipv6() -> None:
    for scope in ("all", "default"):
        file = Path("/proc/sys/net/ipv6/conf", scope, "disable_ipv6")
        if file.exists():
            file.write_text("1")


def _macs(links: Sequence[str]) -> dict[str, bytes]:
    """Read with SIOCGIFHWADDR: /sys still shows the namespace that it was mounted in."""
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        answers = {link: fcntl.ioctl(asking, 0x8927, struct.pack("256s", link.encode())) for link in links}
    return {link: answer[18:24] for link, answer in answers.items()}
