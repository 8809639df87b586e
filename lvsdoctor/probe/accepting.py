"""Tries whether real servers accept a VIP: a SYN to the MAC of each, and a RST, so that no connection stays half open.

A missing VIP is invisible to health checks, which go to the RIP. The SYN has a TTL of 1: the kernel delivers it where
the VIP is (net/ipv4/ip_input.c), and a host that would forward it must say so instead (ip_forward.c: ip_forward()).
"""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from math import inf

from lvsdoctor.model.address import IP
from lvsdoctor.model.seen import Seen
from lvsdoctor.probe import frames
from lvsdoctor.probe.asking import Progress, hearing, open_all
from lvsdoctor.probe.filter import tcp6_to, tcp_to
from lvsdoctor.probe.responses import SynAnswer, SynResult
from lvsdoctor.probe.tcp_syn import SynProbe
from lvsdoctor.probe.wire import IPV4, IPV6, CannotProbe, Wire

TRIES = 2  # SYNs to a real server that does not answer
WAIT = 0.5  # seconds after the last of them
_AGAIN = 0.5  # seconds from one SYN to the next
_STAGGER = 0.001  # seconds between two real servers
_TTL = 1
_IN_A_SECOND = 3  # frames to one real server about one VIP


def duration(probes: Sequence[SynProbe], tries: int = TRIES, wait: float = WAIT) -> float:
    """How many seconds knocking takes; a second more where a real server repeats its answer until the end."""
    turns = _turns(probes)
    return _starts(max(turns), len(turns), tries, wait) + (tries - 1) * _AGAIN + wait if turns else 0.0


def summary(probes: Sequence[SynProbe], tries: int, seconds: float) -> str:
    """What is about to be sent, in one sentence."""
    reals, vips = len({probe.rip for probe in probes}), sorted({str(probe.vip) for probe in probes})
    links = ", ".join(sorted({probe.link for probe in probes}))
    which = vips[0] if len(vips) == 1 else f"{len(vips)} VIPs"
    return (
        f"trying {which} at {reals} real server{'s' * (reals != 1)} on {links}: "
        f"at most {len(probes) * (tries + 1)} frames in {seconds:.1f} s"
    )


def _turns(probes: Sequence[SynProbe]) -> list[int]:
    """A real server is asked for one port of a VIP at a time: three frames a second are for all of them."""
    before: dict[tuple[str, str, IP], int] = {}
    turns = []
    for probe in probes:
        door = (probe.link, probe.mac, probe.vip)
        turns.append(before.get(door, 0))
        before[door] = turns[-1] + 1
    return turns


def _starts(turn: int, place: int, tries: int, wait: float) -> float:
    return turn * ((tries - 1) * _AGAIN + max(1.0, wait)) + place * _STAGGER


def send_syns(
    probes: Sequence[SynProbe],
    *,
    netns: str | None = None,
    tries: int = TRIES,
    wait: float = WAIT,
    progress: Progress | None = None,
) -> tuple[SynResult, ...]:
    """Try them all side by side; an acceptance for each. Raises CannotProbe, CannotCollect for the namespace.

    Also on the way out, by an exception or an interrupt, each connection that a SYN may have begun is reset.
    """
    ports = {each.sport for each in probes}
    accept = {IPV4: tcp_to(min(ports)), IPV6: tcp6_to(min(ports))} if len(ports) == 1 else {}
    made = [(_frame(each, "S", each.seq), _frame(each, "R", each.seq + 1 & 0xFFFFFFFF)) for each in probes]
    doors: dict[tuple[str, str, IP], deque[float]] = {}
    with ExitStack() as stack:
        wires = open_all({(each.link, _protocol(each)) for each in probes}, netns, stack, accept)
        begun = time.monotonic()
        ends = begun + duration(probes, tries, wait)
        tried = {
            each.seq: _Tried(
                each,
                *made[place],
                wires[each.link, _protocol(each)],
                doors.setdefault((each.link, each.mac, each.vip), deque(maxlen=_IN_A_SECOND)),
                begun + _starts(turn, place, tries, wait),
                tries,
                wait,
            )
            for place, (each, turn) in enumerate(zip(probes, _turns(probes), strict=True))
        }

        def send_due() -> float:
            return min((one.send_due() for one in tried.values()), default=ends)

        try:
            for _, frame, when in hearing(wires.values(), begun, ends, send_due, progress):
                _take(tried, frame, when)
        finally:
            for one in sorted(tried.values(), key=lambda one: one.free(after=2)):
                one.leave()
    return tuple(tried[each.seq].acceptance() for each in probes)


def _frame(to: SynProbe, flags: str, seq: int) -> bytes:
    """A RST is one byte behind the SYN: there the real server expects us, whatever its own numbers are."""
    wanted = frames.Segment(to.sender, to.vip, to.sport, to.port, seq, flags, ttl=_TTL)
    return frames.segment(wanted, source=to.own_mac, to=to.mac)


def _protocol(probe: SynProbe) -> int:
    return IPV4 if probe.vip.version == 4 else IPV6


@dataclass(slots=True)
class _Tried:
    """A SYN probe under way. `door` holds when the last frames went to this real server for this VIP."""

    probe: SynProbe
    syn: bytes
    rst: bytes
    wire: Wire
    door: deque[float]
    due: float
    tries: int
    wait: float
    syns: list[float] = field(default_factory=list)
    resets: int = 0
    owes: bool = False  # a RST
    answer: frames.Segment | frames.Unreachable | None = None
    delay: float | None = None

    def send_due(self) -> float:
        """Sends what is due, and says until when there is nothing more to do."""
        now = time.monotonic()
        if self.owes:
            # A RST that is repeated waits for a second without a frame, so that it never takes a SYN's place.
            if (free := self.free(after=0 if self.resets else 2)) > now:
                return free
            self._reset()
        if self.answer is not None or self.resets:
            return inf
        if now < self.due:
            return self.due
        if len(self.syns) == self.tries:
            # No answer is no proof that nothing was begun: a SYN-ACK may be lost, or late.
            self.owes = True
            return now
        if (free := self.free(after=1)) > now:
            return free  # with the RST that may follow
        self._send(self.syn)
        self.syns.append(self.door[-1])
        self.due = now + (_AGAIN if len(self.syns) < self.tries else self.wait)
        return self.due

    def free(self, after: int) -> float:
        """From when on no more than `after` frames went out in the last second."""
        return self.door[-after - 1] + 1.0 if len(self.door) > after else 0.0

    def leave(self) -> None:
        """Nothing that was begun stays."""
        if self.owes or (self.syns and self.answer is None and not self.resets):
            time.sleep(max(0.0, self.free(after=2) - time.monotonic()))
            with suppress(CannotProbe):
                self._reset()

    def _reset(self) -> None:
        self._send(self.rst)
        self.resets += 1
        self.owes = False

    def _send(self, frame: bytes) -> None:
        self.door.append(time.monotonic())
        self.wire.send(frame)

    def take(self, packet: frames.Segment | frames.Unreachable, when: float) -> None:
        if isinstance(packet, frames.Segment) and "S" in packet.flags:
            self.owes = True
        if self.answer is None or not isinstance(self.answer, frames.Segment):
            self.answer = packet
            self.delay = when - max((sent for sent in self.syns if sent <= when), default=when)

    def acceptance(self) -> SynResult:
        where = f"probe {self.probe.link} syn {self.probe.target} to {self.probe.mac}"
        if self.answer is None or self.delay is None:
            text = f"no answer to {len(self.syns)} SYN{'s' * (len(self.syns) != 1)}"
            return SynResult(self.probe, SynAnswer.SILENCE, Seen(where, None, text), len(self.syns))
        heard, after = self.answer, f"after {self.delay * 1000:.1f} ms"
        if isinstance(heard, frames.Segment):
            answer, said = (SynAnswer.SYN_ACK if "S" in heard.flags else SynAnswer.RST), ""
            text = f"flags {heard.flags} from {self.probe.target} {after}"
        else:
            answer, said = SynAnswer.UNREACHABLE, heard.error
            text = f"{said} from {heard.src} {after}"
        if heard.mac != self.probe.mac:
            text += f" (the frame came from {heard.mac})"
        seen = Seen(where, None, text)
        return SynResult(self.probe, answer, seen, len(self.syns), self.delay, heard.mac, heard.src, said)


def _take(tried: Mapping[int, _Tried], frame: bytes, when: float) -> None:
    """By our sequence number, which is in every answer: real servers of one VIP answer with the same addresses."""
    heard = frames.read_ip(frame)
    if isinstance(heard, frames.Segment):
        if "R" not in heard.flags and not {"S", "A"} <= set(heard.flags):
            return
        one = tried.get(heard.ack - 1 & 0xFFFFFFFF)
        ends = (heard.src, heard.sport, heard.dst, heard.dport)
        if one is not None and ends == (one.probe.vip, one.probe.port, one.probe.sender, one.probe.sport):
            one.take(heard, when)
    elif isinstance(heard, frames.Unreachable):
        one = tried.get(heard.seq)
        ports = (heard.dst, heard.dport, heard.sport)
        if one is not None and ports == (one.probe.vip, one.probe.port, one.probe.sport):
            one.take(heard, when)
