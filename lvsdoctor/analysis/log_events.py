"""What a host's log says of LVS: which faults, how often, and whether the log shows their end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lvsdoctor.kernel.answer import Answer, assume, no
from lvsdoctor.kernel.delivery import passes_on
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import COLLECTED_BY
from lvsdoctor.model.finding import Citation, Fix, Severity, cite
from lvsdoctor.model.log import LogLine
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import conf_key
from lvsdoctor.parse.log_patterns import BY_EVENT, Pattern

# A line that explains another stands so many lines above it at most: a log has others between them.
_NEAR = 20
_STILL = "the cause of the last line still exists"


@dataclass(frozen=True, slots=True)
class Logged:
    """A fault that a log shows, the `last` of its `count` lines in a file, and what the pattern's table says of it.

    `fields` are those of the line, `subject` what tells it from another of its event.
    """

    event: str
    subject: str
    last: Seen
    count: int
    pattern: Pattern
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> Severity | None:
        """A note for what keepalived or the kernel gets over."""
        return Severity.NOTE if self.pattern.minor or self.count < self.pattern.least else None

    @property
    def what(self) -> str:
        """The event, and its subject where that is no more than a word or an address."""
        return f"{self.event}, {self.subject}" if self.subject else self.event

    @property
    def about(self) -> Mapping[str, str]:
        return {"event": self.event} | ({"subject": self.subject} if self.subject else {})

    @property
    def evidence(self) -> tuple[Citation, ...]:
        """The last line with its meaning, and that nothing shows how things are today."""
        fields = {"count": self.count, **self.fields}
        times = "the last of {count} such lines: " if self.count > 1 else ""
        return cite(self.last, times + self.pattern.means, **fields), assume("log", _STILL, settle=COLLECTED_BY["log"])

    @property
    def fix(self) -> Fix:
        return Fix(persist=(f"# {self.pattern.remedy}",))


def logged(node: Node, code: str, *, least: int | None = None) -> Iterator[Logged]:
    """The faults of a code that the logs of the node show, but for those whose end a log shows, too. `least`: fewer
    lines than these make a note, in the place of what the pattern says.

    Raises NotCollected where no line is of that code: what a log does not show may have happened.
    """
    rows: Sequence[LogLine] = node.seen_rows("log")
    mine = [row for row in rows if row.event.partition(".")[0] == code]
    if not mine and (absent := node.unseen("log")) is not None:
        raise absent
    faults: dict[tuple[str, str], Logged] = {}
    for row in mine:
        pattern = BY_EVENT[code, row.event.partition(".")[2]]
        pattern = pattern if least is None else pattern._replace(least=least)
        if pattern.harmless or _ended(row, pattern, rows) or _explained(row, pattern, rows):
            continue
        known = faults.get((row.event, row.subject))
        # Two files may hold the same lines, as dmesg and kern.log do.
        if known is None or known.count < row.count:
            faults[row.event, row.subject] = Logged(
                pattern.event, row.subject, row.seen, row.count, pattern, row.fields
            )
    special = any(not fault.pattern.general for fault in faults.values())
    yield from (fault for fault in faults.values() if not (special and fault.pattern.general))


def _ended(row: LogLine, pattern: Pattern, rows: Sequence[LogLine]) -> bool:
    """Does the same file show the end of it, below its last line?"""
    return any(
        other.event in pattern.ended_by
        and other.seen.where == row.seen.where
        and _number(other.seen) > _number(row.seen)
        and _of_same(row, other)
        for other in rows
    )


def _explained(row: LogLine, pattern: Pattern, rows: Sequence[LogLine]) -> bool:
    """Does a line directly above it say why it is so?"""
    return any(
        other.event in pattern.excused_by
        and other.seen.where == row.seen.where
        and 0 <= _number(row.seen) - _number(other.seen) <= _NEAR
        for other in rows
    )


def _of_same(row: LogLine, other: LogLine) -> bool:
    """Nothing shows that the two are of different instances or schedulers."""
    return all(
        name not in row.fields or name not in other.fields or row.fields[name] == other.fields[name]
        for name in ("vi", "name")
    )


def _number(seen: Seen) -> int:
    return seen.line or 0


def passes_reply(director: Node, *, src: IP, dst: IP, arrived_on: str) -> Answer:
    """kernel/delivery.py's passes_on(), confirmed by the director's log where this shows the packets that it drops.

    Of a director of which files alone tell, and no setting of accept_local, that is taken for the kernel's 0.
    """
    settings = director.seen_rows("sysctl") if director.planned and director.has("sysctl") else {}
    keys = [conf_key(scope, "accept_local") for scope in ("all", "default", arrived_on)]
    if director.planned and src.version == 4 and not any(settings[key].raw != "0" for key in keys if key in settings):
        return no("accept_local is 0", assume("sysctl", f"accept_local is 0 on {director.name}"))
    answer = passes_on(director, src=src, dst=dst, arrived_on=arrived_on)
    for row in director.seen_rows("log") if not answer and director.has("log") else ():
        if row.event == "LOG010.martian-source" and row.subject.split()[1:] == [str(src), arrived_on]:
            confirmed = cite(row, "{node} logs dropped packets: confirmed by the log", node=director.name)
            return replace(answer, because=(*answer.because, confirmed))
    return answer


def own_source(node: Node, fault: Logged) -> Iterator[Citation]:
    """Where the source of a martian packet is an address of the node itself: that address."""
    for row in node.seen_rows("addresses") if node.has("addresses") else ():
        if str(row.ip) == fault.fields.get("source"):
            yield cite(
                row, "{node} has this address: a packet from {ip} that arrives is dropped", node=node.name, ip=row.ip
            )
            return
