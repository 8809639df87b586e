"""Frames as bytes, and what there is to know about those that were heard. The only file that imports scapy."""

import logging
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from types import SimpleNamespace
from typing import Any

from lvsdoctor.model.address import IP

BROADCAST = "ff:ff:ff:ff:ff:ff"
_REPLY, _REQUEST = 2, 1
_REDIRECT = 5


@cache
def _scapy() -> Any:
    """The layers we use: not scapy.all, which takes as long again."""
    logging.getLogger("scapy").setLevel(logging.ERROR)  # it comments on the host's routes
    from scapy.layers import inet, inet6, l2

    return SimpleNamespace(
        Ether=l2.Ether, ARP=l2.ARP,
        IPv6=inet6.IPv6, NS=inet6.ICMPv6ND_NS, NA=inet6.ICMPv6ND_NA,
        OwnMac=inet6.ICMPv6NDOptSrcLLAddr, TargetMac=inet6.ICMPv6NDOptDstLLAddr,
        IP=inet.IP, TCP=inet.TCP, ICMP=inet.ICMP,
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
    """A TCP segment without data: `flags` in scapy's letters (S, SA, R, RA)."""

    src: IP
    dst: IP
    sport: int
    dport: int
    seq: int
    flags: str
    ack: int = 0
    mac: str = ""


def segment(wanted: Segment, *, source: str, to: str) -> bytes:
    """The segment in a frame from MAC `source` to MAC `to`."""
    s = _scapy()
    ip = s.IP(src=str(wanted.src), dst=str(wanted.dst), flags="DF")
    tcp = s.TCP(sport=wanted.sport, dport=wanted.dport, seq=wanted.seq, ack=wanted.ack, flags=wanted.flags)
    return bytes(s.Ether(src=source, dst=to) / ip / tcp)


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
class Redirect:
    """An ICMP redirect: for `dst` the receiver shall use `gateway`."""

    src: IP
    gateway: IP
    dst: IP | None
    mac: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """An ICMP error about a packet to `dst`."""

    src: IP
    dst: IP | None
    mac: str


def read_arp(frame: bytes) -> Arp | None:
    """None for what is no ARP over Ethernet about IPv4."""
    s = _scapy()
    heard = s.Ether(frame)
    arp = heard.getlayer(s.ARP)
    if arp is None or (arp.hwtype, arp.ptype, arp.hwlen, arp.plen) != (1, 0x0800, 6, 4):
        return None
    if arp.op not in (_REPLY, _REQUEST):
        return None
    return Arp(arp.op == _REPLY, ip_address(arp.psrc), arp.hwsrc, ip_address(arp.pdst), heard.src)


def read_advertisement(frame: bytes) -> Advertised | None:
    """None for what is no neighbour advertisement, or one that a router passed on (RFC 4861, 7.1.2)."""
    s = _scapy()
    heard = s.Ether(frame)
    ip, advertisement = heard.getlayer(s.IPv6), heard.getlayer(s.NA)
    if ip is None or advertisement is None or ip.hlim != 255:
        return None
    option = heard.getlayer(s.TargetMac)
    mac = option.lladdr if option is not None and option.len == 1 else heard.src
    return Advertised(ip_address(advertisement.tgt), mac, ip_address(ip.dst), bool(advertisement.S))


def read_ip(frame: bytes) -> Segment | Redirect | Unreachable | None:
    """A TCP segment, a redirect, or another ICMP error; None for anything else."""
    s = _scapy()
    heard = s.Ether(frame)
    ip = heard.getlayer(s.IP)
    if ip is None:
        return None
    tcp = heard.getlayer(s.TCP)
    if tcp is not None and ip.proto == 6:
        ends = ip_address(ip.src), ip_address(ip.dst)
        return Segment(*ends, tcp.sport, tcp.dport, tcp.seq, str(tcp.flags), tcp.ack, heard.src)
    icmp = heard.getlayer(s.ICMP)
    if icmp is None or icmp.type not in (3, 4, _REDIRECT, 11, 12):
        return None
    quoted = next((layer for layer in _payloads(icmp) if layer.name.startswith("IP")), None)
    dst = ip_address(quoted.dst) if quoted is not None else None
    if icmp.type == _REDIRECT:
        return Redirect(ip_address(ip.src), ip_address(icmp.gw), dst, heard.src)
    return Unreachable(ip_address(ip.src), dst, heard.src)


def _payloads(layer: Any) -> Any:
    while layer.payload:
        layer = layer.payload
        yield layer
