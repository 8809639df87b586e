"""What responses to a probe mean: one host should answer for a VIP, and only one; and what came of a SYN to it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lvsdoctor.analysis.arp.owners import hearing_too
from lvsdoctor.kernel.arp import arp_reply
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe
from lvsdoctor.model.seen import Seen
from lvsdoctor.probe.naming import Name, Names
from lvsdoctor.probe.targets import NOBODY, Question
from lvsdoctor.probe.tcp_syn import SynProbe


class Meaning(StrEnum):
    """one: as it should be; unheard: this host has the address, and nobody else answers; the others: it is broken."""

    SINGLE = "one"
    UNHEARD = "unheard"
    MANY = "many"
    REAL_SERVER = "real-server"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Responder:
    """One MAC that answered: `delay` in seconds, `count` answers in all."""

    mac: str
    names: tuple[Name, ...]
    delay: float | None
    count: int
    to: tuple[IP, ...]
    says: str


@dataclass(frozen=True, slots=True)
class Answers:
    """Who answered for an address on a link, and what that means: the verdict, and notes for people."""

    target: IP
    link: str
    senders: tuple[IP, ...]
    asked: int
    responders: tuple[Responder, ...]
    meaning: Meaning
    verdict: str
    notes: tuple[str, ...] = ()

    @property
    def fine(self) -> bool:
        return self.meaning in (Meaning.SINGLE, Meaning.UNHEARD)


def answers(questions: Iterable[Question], probes: Iterable[Probe], names: Names, prober: Node) -> Iterator[Answers]:
    """Each question with its probe (they stand in the same order)."""
    for question, probe in zip(questions, probes, strict=True):
        responders = tuple(
            Responder(
                reply.mac,
                names.of(reply.mac, answering_for=probe.target),
                reply.delay,
                reply.count,
                reply.to,
                reply.seen.text,
            )
            for reply in probe.replies
        )
        own = _own(question, prober) if question.own else None
        meaning, verdict = _meaning(probe.target, responders, names.hosts(probe.macs), own)
        notes = (*question.notes, *_about(responders, probe), *_duplicate_detection(prober, probe.target))
        yield Answers(
            probe.target,
            probe.link,
            probe.senders,
            probe.asked,
            responders,
            meaning,
            verdict,
            (*notes, *([own[1]] if own else [])),
        )


def _meaning(
    target: IP, responders: Sequence[Responder], hosts: int, own: tuple[bool, str] | None
) -> tuple[Meaning, str]:
    ours = own is not None and own[0]
    leaking = next((name for responder in responders for name in responder.names if name.silent), None)
    blame = f"{leaking.text} is a real server, which should keep quiet" if leaking else ""
    if hosts + ours > 1:
        who = f"this host and {hosts} other{'s' * (hosts > 1)}" if ours else f"{hosts} hosts"
        return (
            Meaning.MANY,
            f"{who} answer for {target}: {blame or 'the last answer that a host keeps decides where its traffic goes'}",
        )
    if leaking:
        return Meaning.REAL_SERVER, f"the one host that answers for {target} is the wrong one: {blame}"
    if hosts:
        return Meaning.SINGLE, f"one host answers for {target}"
    if ours:
        return Meaning.UNHEARD, f"no host but this one has {target}, as far as this interface shows"
    return Meaning.NOBODY, f"no host answers for {target}: hosts on this interface cannot reach it"


def _own(question: Question, prober: Node) -> tuple[bool, str]:
    """Whether this host would answer, which it cannot hear: so by its settings, also those of a macvlan on the link."""
    links = hearing_too(prober, question.link)
    if question.target.version == 6:
        return _own6(question, prober, links)
    try:
        replies = [arp_reply(prober, question.target, arrived_on=link) for link in links]
    except NotCollected as lacking:
        return True, f"whether this host answers is not known: {lacking}"
    if any(replies):
        return True, "by its settings this host answers for it too, and cannot receive its own answer"
    return False, f"this host has it too, and by its settings keeps quiet: {replies[0].why}"


def _own6(question: Question, prober: Node, links: Sequence[Link]) -> tuple[bool, str]:
    """net/ipv6/ndisc.c: ndisc_recv_ns() knows the receiving link's own addresses alone."""
    names = {link.name for link in links}
    held = [address for address in prober.holding(question.target) if address.link in names]
    if any(address.usable for address in held):
        return True, "this host answers for it too, and cannot receive its own answer"
    return False, "this host has it too, and does not answer for it on this interface"


def _duplicate_detection(prober: Node, target: IP) -> Iterator[str]:
    for address in prober.holding(target):
        if "dadfailed" in address.flags:
            yield f"this host's own {target} on {address.link} is a duplicate (dadfailed): it is not used here"
        elif "tentative" in address.flags:
            yield f"this host's own {target} on {address.link} is still being checked (tentative)"


def _about(responders: Sequence[Responder], probe: Probe) -> Iterator[str]:
    for responder in responders:
        ignored = [sender for sender in probe.senders if sender not in responder.to]
        if responder.count > probe.asked:
            yield (
                f"{responder.mac} answered {responder.count} times to {probe.asked} requests: "
                "two hosts have this MAC, or frames are doubled on the way"
            )
        elif ignored and responder.to:
            kinds = ["address probes" if sender == NOBODY else f"requests from {sender}" for sender in ignored]
            why = "frames were lost, or arp_filter, rp_filter or arp_ignore=2 there"
            yield f"{responder.mac} did not answer {' or '.join(kinds)}: {why}"
        elif responder.count < probe.asked:
            yield f"{responder.mac} answered {responder.count} of {probe.asked} requests: frames were lost"


# -- SYNs -------------------------------------------------------------------------------------------------------------

_NO_ROUTE = frozenset({"net-unreachable", "host-unreachable"})


class SynAnswer(StrEnum):
    """syn-ack: somebody listens; rst: nobody does, but the VIP is there; unreachable: an ICMP error."""

    SYN_ACK = "syn-ack"
    RST = "rst"
    UNREACHABLE = "unreachable"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class SynResult:
    """What came of a SYN probe: `delay` in seconds, `asked` SYNs, and the MAC and address that answered.

    `icmp_error` is the ICMP error's name: time-exceeded, port-unreachable, ...
    """

    probe: SynProbe
    answer: SynAnswer
    seen: Seen
    asked: int
    delay: float | None = None
    mac: str = ""
    sender: IP | None = None
    icmp_error: str = ""

    @property
    def accepts(self) -> bool:
        """Does the real server take packets to the VIP?"""
        return self.answer in (SynAnswer.SYN_ACK, SynAnswer.RST)

    @property
    def fine(self) -> bool:
        """Does it take them, and serve what the services say that it serves?"""
        return self.answer is SynAnswer.SYN_ACK or (self.answer is SynAnswer.RST and not self.probe.listens)

    def verdict(self, who: str = "") -> str:
        """In a sentence; `who` is the real server's name if it has a better one than its RIP."""
        vip, who = self.probe.vip, who or str(self.probe.rip)
        if self.answer is SynAnswer.SYN_ACK:
            return f"{who} accepts {self.probe.target}"
        if self.answer is SynAnswer.RST:
            nobody = f", but no program listens on its port {self.probe.port}" if self.probe.listens else ""
            return f"{who} accepts {vip}{nobody}"
        if self.answer is SynAnswer.SILENCE:
            return f"{who} does not accept {self.probe.target}: it has not the VIP, or a packet filter drops the SYN"
        if self.icmp_error == "time-exceeded":
            return f"{who} does not accept {vip}: it passes the SYN on, for it has not the VIP (or hands the port on)"
        if self.sender == vip:  # net/ipv4/icmp.c: icmp_send() answers with the VIP where it is an address of the host
            return f"{who} has {vip}, but a packet filter refuses {self.probe.target} ({self.icmp_error})"
        if self.icmp_error in _NO_ROUTE:
            return f"{who} does not accept {vip}: {self.sender} knows no way to it ({self.icmp_error})"
        return f"{who} does not accept {self.probe.target}: {self.sender} refuses it ({self.icmp_error})"
