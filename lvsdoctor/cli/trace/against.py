"""`trace --against FILE`: the recording, and what it says of the walks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lvsdoctor.cli.errors import CliError
from lvsdoctor.language import template, translated
from lvsdoctor.model.recorded_walk import Agreement, RecordedWalk
from lvsdoctor.model.recording import Recording
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.walk import Step
from lvsdoctor.reporting import wording
from lvsdoctor.reporting.as_data import citation
from lvsdoctor.reporting.console import Page
from lvsdoctor.reporting.summary import counted
from lvsdoctor.reporting.walks import DECISIONS

_LABELS = {
    Agreement.PARTS: template("PARTS"),
    Agreement.AGREES: template("AGREES"),
    Agreement.OPEN: template("OPEN"),
}
_FEW = 5  # rows of each kind, unless -v


@dataclass(frozen=True, slots=True)
class Against:
    """A recording and what it says."""

    recording: Recording
    rows: tuple[RecordedWalk, ...]

    @property
    def parts(self) -> bool:
        return any(row.agreement is Agreement.PARTS for row in self.rows)


def recording_of(file: str) -> Recording:
    """What tcpdump printed, or wrote as pcap. Raises CliError."""
    from lvsdoctor.collect.archives.contents import Contents
    from lvsdoctor.collect.errors import CannotCollect
    from lvsdoctor.collect.texts import LARGEST_FILE, PCAP, of_file, text_in
    from lvsdoctor.parse.tcpdump import is_tcpdump, read_tcpdump

    try:
        data = of_file(Path(file))
        if isinstance(data, Contents):
            raise CliError(f"{file}: is an archive; --against takes one file, the text of tcpdump or a pcap file")
        if data.startswith(PCAP) and len(data) <= LARGEST_FILE:
            return _of_pcap(data, file)
        text = text_in(data, file)
    except CannotCollect as error:
        raise CliError(str(error)) from None
    if not is_tcpdump(text):
        hint = "it holds no line of tcpdump about ARP, TCP or ICMP"
        raise CliError(f"{file}: {hint}. Record with tcpdump -ne -i eth0 'arp or icmp or tcp port 80' > FILE")
    return read_tcpdump(text, file)


def _of_pcap(data: bytes, file: str) -> Recording:
    try:
        from lvsdoctor.probe.recorded import read_pcap

        return read_pcap(data, file)
    except ValueError as error:
        raise CliError(f"{file}: this pcap file cannot be read: {error}") from None
    except ImportError:
        hint = f"tcpdump -ne -r {file} > FILE prints it as text"
        raise CliError(f"{file}: a pcap file needs scapy (pip install scapy); {hint}") from None


def put_against(page: Page, against: Against) -> None:
    """How much was read, then what parts, what is open, what agrees."""
    recording = against.recording
    page.heading(translated("{file} held against the walks", file=recording.where))
    page.say(_read(recording), label=wording.labelled("read"))
    if recording.unread:
        more = translated("{more}; -v lists them.", more=wording.not_understood(recording.unread))
        page.say(more, label=wording.labelled("not understood"))
        if page.output.verbose:
            page.quotes((str(seen), seen.text, "") for seen in recording.unread)
    if recording.dropped:
        lost = translated("the recorder lost {frames}.", frames=counted(recording.dropped, "frame"))
        page.say(lost, label=wording.labelled("note"))
    if not against.rows:
        page.say(translated("no frame is about this VIP."), label=wording.labelled("note"))
    for kind in (Agreement.PARTS,) if page.output.quiet else (Agreement.PARTS, Agreement.OPEN, Agreement.AGREES):
        rows = [row for row in against.rows if row.agreement is kind]
        shown = rows if page.output.verbose else rows[:_FEW]
        for row in shown:
            page.blank()
            page.say(_sentence(row), "message", label=translated(_LABELS[kind]), label_style=kind.value)
            page.quotes([(str(item.seen), item.seen.text, item.says) for item in row.because[:1]])
        if len(shown) < len(rows):
            more = translated("{number} more like these; -v lists them.", number=len(rows) - len(shown))
            page.say(more, "faint")


def _read(recording: Recording) -> str:
    parts = [
        translated("{frames} of ARP, TCP and ICMP", frames=counted(len(recording.frames), "frame")),
        translated("{number} of other protocols", number=recording.others),
    ]
    if recording.unread:
        parts.append(translated("{lines} not understood", lines=counted(len(recording.unread), "line")))
    return translated("{sentence}.", sentence=wording.listed(parts))


def _sentence(row: RecordedWalk) -> str:
    who = row.service
    if row.connections:
        text = "{connections} of {client} to {service}"
        text = f"{text} through {{server}}" if row.real_server else text
        fields = {"client": translated(row.client), "service": row.service, "server": row.real_server}
        who = translated(text, connections=counted(row.connections, "connection"), **fields)
    if row.step is None:
        return translated("{label}: {why}", label=who, why=row.why)
    step = {"node": row.step.node, "step": _step_name(row.step)}
    return translated("{label}: {why} (at {node}, {step})", label=who, why=row.why, **step)


_CONNECTIONS = (
    template("{connections} of {client} to {service}"),
    template("{connections} of {client} to {service} through {server}"),
)


def _step_name(step: Step) -> str:
    name = translated(DECISIONS[step.decision])
    return name.replace("ARP", "NDP") if step.subject.count(":") > 1 else name  # of an IPv6 address


def as_data(against: Against) -> dict[str, Any]:
    """As JSON has it: keys are never renamed, only added."""
    recording = against.recording
    return {
        "file": recording.where,
        "frames": len(recording.frames),
        "others": recording.others,
        "dropped": recording.dropped,
        "not_understood": _lines(recording.unread),
        "rows": [_row(row) for row in against.rows],
    }


def _lines(seen: Sequence[Seen]) -> list[dict[str, Any]]:
    return [{"where": row.where, "line": row.line, "text": row.text} for row in seen]


def _row(row: RecordedWalk) -> dict[str, Any]:
    step = row.step
    return {
        "agreement": row.agreement.value,
        "service": row.service,
        "from": row.client or None,
        "real_server": row.real_server or None,
        "connections": row.connections,
        "reason": row.why,
        "step": None if step is None else {"node": step.node, "decision": step.decision.value, "subject": step.subject},
        "evidence": list(map(citation, row.because)),
    }
