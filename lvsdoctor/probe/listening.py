"""Listens to who speaks in the name of a VIP, and to ICMP redirects. Sends nothing.

Heard is what reaches this host: ARP requests are broadcast and do; redirects only go to whom they redirect; neighbour
solicitations go to a group that this host's link may leave out.
"""

import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf

from lvsdoctor.model.address import IP
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.probe import frames
from lvsdoctor.probe.asking import Progress, hearing, open_all
from lvsdoctor.probe.filter import icmpv6, redirects
from lvsdoctor.probe.wire import ARP, IPV4, IPV6, CannotProbe

REDIRECTS_TO_US = "a redirect is sent only to the host that it redirects: this host receives its own, and no others"
_MOST = 1000  # rows
_KEPT = 16  # addresses that are kept of what one MAC asked for


class FrameKind(StrEnum):
    """request: the VIP asks for another address; announcement: it says, unasked, where it is; reply: it was asked for.

    This host may itself have asked for what a reply answers.
    """

    REQUEST = "request"
    ANNOUNCEMENT = "announcement"
    REPLY = "reply"
    REDIRECT = "redirect"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, `when` seconds after the listening began.

    `mac` speaks for `address`, which is the VIP, or whoever redirects; about `target`, which it asks for or answers,
    or to which it redirects by way of `gateway` whoever is at `to`.
    """

    kind: FrameKind
    link: str
    mac: str
    address: IP
    when: float
    target: IP | None = None
    gateway: IP | None = None
    to: IP | None = None
    came_from: str = ""


@dataclass(frozen=True, slots=True)
class FrameSummary:
    """All of one kind that one MAC said for one address: `first` and `last` in seconds, the first few `targets`."""

    kind: FrameKind
    link: str
    mac: str
    address: IP
    seen: Seen
    count: int
    first: float
    last: float
    targets: tuple[IP, ...] = ()
    gateway: IP | None = None
    to: IP | None = None

    @property
    def leaks(self) -> bool:
        """Did its host ask for another in this name? Whoever was asked now believes that the VIP is there."""
        return self.kind is FrameKind.REQUEST


class FrameLog:
    """Gathers what was said, so that it is there also when the listening is interrupted."""

    def __init__(self) -> None:
        self._rows: dict[tuple[object, ...], _Row] = {}
        self.dropped = 0  # frames of MACs beyond the first many: a flood must not fill the memory

    def add(self, frame: Frame) -> None:
        key = (frame.kind, frame.link, frame.mac, frame.address, frame.gateway, frame.to)
        if key not in self._rows and len(self._rows) >= _MOST:
            self.dropped += 1
            return
        self._rows.setdefault(key, _Row(frame)).add(frame)

    def rows(self) -> tuple[FrameSummary, ...]:
        """One for each kind, MAC and address, in the order in which they were heard first."""
        return tuple(row.summary() for row in self._rows.values())


def links_to_hear(node: Node, names: Iterable[str] | None = None) -> tuple[Link, ...]:
    """Those of the names, or all that hear ARP over Ethernet. Raises CannotProbe."""
    able = tuple(link for link in node.links_hearing_arp if link.type in ("", "ether"))
    wanted = tuple(dict.fromkeys(names or ()))
    by_name = {link.name: link for link in able}
    for name in wanted:
        if node.link(name) is None:
            raise CannotProbe(f"unknown interface {name!r} (known: {', '.join(each.name for each in node.links)})")
        if name not in by_name:
            raise CannotProbe(
                f"{name} receives no ARP requests: it is down, a port of another interface, or of another kind"
            )
    if not able:
        raise CannotProbe("no interface of this host is up and receives ARP requests")
    return tuple(by_name[name] for name in wanted) or able


def listen(
    node: Node,
    vips: Collection[IP],
    seconds: float,
    *,
    links: Iterable[str] | None = None,
    netns: str | None = None,
    progress: Progress | None = None,
) -> Iterator[Frame]:
    """Each frame about one of the VIPs, and each redirect, as it is heard; leave off whenever you like.

    `progress` is told for the first time when the ears are open. Raises CannotProbe, CannotCollect for the namespace.
    """
    wanted = frozenset(vips)
    places = {(link.name, protocol) for link in links_to_hear(node, links) for protocol in (ARP, IPV4, IPV6)}
    with ExitStack() as stack:
        wires = open_all(places, netns, stack, {IPV4: redirects(), IPV6: icmpv6(135, 136, 137)})
        begun = time.monotonic()
        for wire, frame, when in hearing(wires.values(), begun, begun + seconds, lambda: inf, progress):
            said = _read(frame, wire.link, when - begun)
            if said is not None and (said.kind is FrameKind.REDIRECT or said.address in wanted):
                yield said


def _read(frame: bytes, link: str, when: float) -> Frame | None:
    if (arp := frames.read_arp(frame)) is not None:
        own = arp.target == arp.sender
        kind = FrameKind.ANNOUNCEMENT if own else FrameKind.REPLY if arp.reply else FrameKind.REQUEST
        return Frame(kind, link, arp.mac, arp.sender, when, arp.target, came_from=arp.came_from)
    if (asks := frames.read_solicitation(frame)) is not None:
        return Frame(FrameKind.REQUEST, link, asks.mac, asks.sender, when, asks.target, came_from=asks.came_from)
    if (tells := frames.read_advertisement(frame)) is not None:
        kind = FrameKind.REPLY if tells.solicited else FrameKind.ANNOUNCEMENT
        return Frame(kind, link, tells.mac, tells.target, when, tells.to)
    heard = frames.read_ip(frame)
    if isinstance(heard, frames.Redirect):
        return Frame(FrameKind.REDIRECT, link, heard.mac, heard.src, when, heard.dst, heard.gateway, heard.to)
    return None


@dataclass(slots=True)
class _Row:
    began: Frame
    count: int = 0
    last: float = 0.0
    targets: dict[IP, None] = field(default_factory=dict)

    def add(self, frame: Frame) -> None:
        self.count += 1
        self.last = frame.when
        if frame.target is not None and len(self.targets) < _KEPT:
            self.targets[frame.target] = None

    def summary(self) -> FrameSummary:
        one, targets = self.began, tuple(self.targets)
        return FrameSummary(
            one.kind, one.link, one.mac, one.address, self._seen(), self.count, one.when, self.last, targets,
            one.gateway, one.to,
        )  # fmt: skip

    def _seen(self) -> Seen:
        one = self.began
        said = {
            FrameKind.REQUEST: f"who-has {one.target} tell {one.address}",
            FrameKind.ANNOUNCEMENT: f"{one.address} is-at {one.mac}, unasked",
            FrameKind.REPLY: f"{one.address} is-at {one.mac}, told {one.target}",
            FrameKind.REDIRECT: f"{one.to} shall reach {one.target} through {one.gateway}",
        }[one.kind]
        came_from = f" (the frame came from {one.came_from})" if one.came_from not in ("", one.mac) else ""
        times = "once" if self.count == 1 else f"{self.count} times, first"
        text = f"{said}, from {one.mac}{came_from}: {times} after {one.when:.1f} s"
        return Seen(f"listen {one.link} {one.kind} {one.address}", None, text)
