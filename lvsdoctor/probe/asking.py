"""Asks who has an address, and waits for everybody who answers: scapy's srp() would take the first for the only one."""

import selectors
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from lvsdoctor.collect.live.netns import inside
from lvsdoctor.model.address import IP
from lvsdoctor.model.probe import Probe, Reply
from lvsdoctor.model.seen import Seen
from lvsdoctor.probe import frames
from lvsdoctor.probe.filter import advertisements
from lvsdoctor.probe.targets import Question
from lvsdoctor.probe.wire import ARP, IPV6, Wire

REQUESTS = 3  # of each target, and never more than that in any second
WAIT = 0.35  # seconds after the last request
_SPACING = 0.25  # seconds between the three of a second
_STAGGER = 0.001  # seconds between two targets: a burst of ARP is what switches shut ports for
_REDRAW = 0.1  # seconds
_MOST = 1000  # MACs for one address: more is a flood

Progress = Callable[[float], None]  # told the share that is done, 0 to 1


def duration(questions: Sequence[Question], requests: int = REQUESTS, wait: float = WAIT) -> float:
    """How many seconds asking takes."""
    return _due(requests - 1) + len(questions) * _STAGGER + wait if questions else 0.0


def summary(questions: Sequence[Question], requests: int, seconds: float) -> str:
    """What is about to be sent, in one sentence: addresses, links, frames, seconds."""
    addresses = len({question.target for question in questions})
    links = ", ".join(sorted({question.link for question in questions}))
    frames_sent = len(questions) * requests
    which = str(questions[0].target) if addresses == 1 else f"{addresses} addresses"
    return f"asking for {which} on {links}: {frames_sent} frames in {seconds:.1f} s"


def _due(number: int) -> float:
    """When a target's request of this number is sent, in seconds: three in the first half of each second."""
    return number // REQUESTS + number % REQUESTS * _SPACING


def ask(
    questions: Sequence[Question],
    *,
    netns: str | None = None,
    requests: int = REQUESTS,
    wait: float = WAIT,
    progress: Progress | None = None,
) -> tuple[Probe, ...]:
    """Ask all questions side by side; a probe for each. Raises CannotProbe, CannotCollect for the namespace."""
    asked = [_Asked(q, {own: frames.who_has(q.target, sender=own, mac=q.mac) for own in q.senders}) for q in questions]
    schedule = sorted(
        (
            (_due(number) + place * _STAGGER, place, number)
            for number in range(requests)
            for place in range(len(questions))
        ),
        reverse=True,
    )
    with ExitStack() as stack:
        wires = open_all({(q.link, _protocol(q)) for q in questions}, netns, stack, {IPV6: advertisements()})
        begun = time.monotonic()
        ends = begun + duration(questions, requests, wait)

        def send_due() -> float:
            """Until when there is nothing to send."""
            while schedule and begun + schedule[-1][0] <= time.monotonic():
                _, place, number = schedule.pop()
                one = asked[place]
                one.send(wires[one.question.link, _protocol(one.question)], number)
            return begun + schedule[-1][0] if schedule else ends

        for wire, frame, when in hearing(wires.values(), begun, ends, send_due, progress):
            _take(asked, wire.link, frame, when)
    return tuple(one.probe() for one in asked)


def _protocol(question: Question) -> int:
    return ARP if question.target.version == 4 else IPV6


def open_all(
    places: Iterable[tuple[str, int]], netns: str | None, stack: ExitStack, accept: Mapping[int, bytes]
) -> Mapping[tuple[str, int], Wire]:
    """A wire for each link and protocol, letting in what `accept` has for the protocol; closed with `stack`.

    Opened inside the network namespace, and usable outside.
    """

    def opened() -> dict[tuple[str, int], Wire]:
        return {place: stack.enter_context(Wire(*place, accept=accept.get(place[1], b""))) for place in sorted(places)}

    return opened() if netns is None else inside(netns, opened)


def hearing(
    wires: Iterable[Wire], begun: float, ends: float, before_waiting: Callable[[], float], progress: Progress | None
) -> Iterator[tuple[Wire, bytes, float]]:
    """Every frame that is heard before the monotonic clock, which showed `begun`, shows `ends`, and when it was.

    `before_waiting` is called each time before it waits, and says when to call it again; then `progress` is told.
    """
    with selectors.DefaultSelector() as selector:
        for wire in wires:
            selector.register(wire, selectors.EVENT_READ, wire)
        while True:
            until = min(before_waiting(), ends)
            now = time.monotonic()
            if progress is not None:
                progress(min(1.0, (now - begun) / (ends - begun)) if ends > begun else 1.0)
                until = min(until, now + _REDRAW)
            if now >= ends:
                return
            for key, _ in selector.select(max(0.0, until - now)):
                wire = key.data
                for frame, when in wire.received():
                    yield wire, frame, when


@dataclass(slots=True)
class _Asked:
    """A question under way: when it was asked in whose name, and when each MAC answered to whom."""

    question: Question
    requests_as: Mapping[IP, bytes]
    sent: dict[IP, list[float]] = field(default_factory=dict)
    answers: dict[str, list[tuple[float, IP, str]]] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        return sum(map(len, self.sent.values()))

    def send(self, wire: Wire, number: int) -> None:
        senders = self.question.senders
        sender = senders[number % len(senders)]
        self.sent.setdefault(sender, []).append(time.monotonic())
        wire.send(self.requests_as[sender])

    def probe(self) -> Probe:
        target, link = self.question.target, self.question.link
        word = "who-has" if target.version == 4 else "neighbour-solicitation"
        where = f"probe {link} {word} {target}"
        replies = []
        for mac, answers in self.answers.items():
            delay = self._delay(answers)
            text = _text(target, mac, delay, came_from=answers[0][2])
            to = tuple(sender for sender in self.sent if any(sender == asker for _, asker, _ in answers))
            replies.append(Reply(mac, Seen(where, None, text), delay, len(answers), to))
        senders = tuple(self.sent)
        text = f"{word} {target} tell {', '.join(map(str, senders))}: {self.requests} requests"
        return Probe(target, link, Seen(where, None, text), tuple(replies), senders, self.requests)

    def _delay(self, answers: Sequence[tuple[float, IP, str]]) -> float | None:
        """After the request that the first answer belongs to: where none was lost, the first; else the last before."""
        when, to, _ = answers[0]
        asked = [sent for sent in self.sent.get(to, ()) if sent <= when]
        if not asked:
            return None  # an answer to somebody else's request
        lost = len(answers) < self.requests
        return when - (asked[-1] if lost else asked[0])


def _text(target: IP, mac: str, delay: float | None, came_from: str) -> str:
    after = "" if delay is None else f" after {delay * 1000:.1f} ms"
    sent_by = "" if came_from in ("", mac) else f" (the frame came from {came_from})"
    return f"{target} is-at {mac}{after}{sent_by}"


def _take(asked: Sequence[_Asked], link: str, frame: bytes, when: float) -> None:
    """Also an answer that nobody asked for: the host that sent it claims the address."""
    if (advertised := frames.read_advertisement(frame)) is not None:
        address, mac, to, came_from = advertised.target, advertised.mac, advertised.to, ""
    elif (heard := frames.read_arp(frame)) is not None and heard.reply:
        address, mac, to, came_from = heard.sender, heard.mac, heard.target, heard.came_from
    else:
        return
    for one in asked:
        question = one.question
        flooded = len(one.answers) >= _MOST and mac not in one.answers
        if (question.target, question.link) == (address, link) and mac != question.mac and not flooded:
            one.answers.setdefault(mac, []).append((when, to, came_from))
