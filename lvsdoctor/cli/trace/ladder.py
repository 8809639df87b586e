"""What `lvsdoctor trace` prints for people: a sentence for each service, then a ladder for each kind of clients."""

from argparse import Namespace
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from lvsdoctor.cli import speaking
from lvsdoctor.cli.output import standard_output
from lvsdoctor.cli.trace.against import Against, put_against
from lvsdoctor.language import template, translated
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.segment import NetworkSegment
from lvsdoctor.model.walk import ClientClass, Decided, Served, StepVerdict, Walk
from lvsdoctor.reporting import console, wording
from lvsdoctor.reporting.console import Page
from lvsdoctor.reporting.ladder import (
    VERDICTS,
    assumed_client,
    headline,
    ladder_key,
    settling_of,
    step_reason,
    verdict_word,
)
from lvsdoctor.reporting.walks import (
    DECISIONS,
    AlikeWalks,
    alike_walks,
    clients,
    first_steps,
    service_name,
    service_sentences,
    settling,
    step_name,
)
from lvsdoctor.sanitize import cells, shortened, wrapped

STYLES = {
    **console.STYLES,
    "dies": "bold red",
    "harms": "bold yellow",
    "unknown": "bold yellow",
    "ok": "green",
    "parts": "bold red",
    "agrees": "green",
    "open": "bold yellow",
}
_OUTCOMES = {
    Served.SERVED: (template("SERVED"), "ok"),
    Served.DIES: (template("DIES"), "dies"),
    Served.UNKNOWN: (template("UNKNOWN"), "unknown"),
}
_INDENT = 4
_LONGEST_NAME, _LONGEST_REASON = 14, 100  # columns


def put_ladders(
    walks: Sequence[Walk], segments: Sequence[NetworkSegment], options: Namespace, against: Against | None = None
) -> None:
    """All walks, the services and clients in their order; of each the worst walks first."""
    output = standard_output(options)
    page = Page(output)
    with speaking.for_people(options, output.stream):
        put_services(page, walks)
        _put_segments(page, segments)
        if against is not None:
            put_against(page, against)
        if not options.quiet:
            for service, of_service in groupby(walks, key=service_name):
                _Ladders(page, service).put(list(of_service))
            _put_lacking(page, walks)
    page.write(STYLES)


def put_services(page: Page, walks: Iterable[Walk]) -> None:
    """`TCP 192.0.2.10:80: 2 of 3 real servers (rs1, rs3) serve clients on the VIP's segment.`"""
    for service, sentences in service_sentences(walks).items():
        name = translated("{label}:", label=service)
        for place, sentence in enumerate(sentences):
            page.say(sentence, "message", label=name if place == 0 else "", indent=0 if place == 0 else 2)


def _put_segments(page: Page, segments: Iterable[NetworkSegment]) -> None:
    """Those that the user names; with -v also what is assumed."""
    for segment in segments:
        if segment.named or page.output.verbose:
            label = wording.labelled("named" if segment.named else "assumed")
            links = wording.listed([":".join(interface) for interface in segment.interfaces])
            page.say(
                translated("network segment {name}: {interfaces}", name=segment.name, interfaces=links), label=label
            )


def _put_lacking(page: Page, walks: Iterable[Walk]) -> None:
    """All that is not known, by host: who collects it once need not come again for the next step."""
    for host, commands in settling(walks).items():
        page.blank()
        page.say("", label=wording.labelled("Not collected, on {host}", host=host), indent=0)
        page.commands(commands)


@dataclass(slots=True)
class _Ladders:
    """The ladders of a service. One that was put already, for other clients, is not put again."""

    page: Page
    service: str
    known: dict[tuple[object, ...], str] = field(default_factory=dict)

    def put(self, walks: Sequence[Walk]) -> None:
        for _, of_clients in groupby(walks, key=lambda walk: (walk.client.place, walk.client.address)):
            group = list(of_clients)
            client = group[0].client
            self.page.heading(translated("{service} from {clients}", service=self.service, clients=clients(client)))
            self._put_clients(client)
            answering = list(dict.fromkeys(walk.answering for walk in group))
            for alike in alike_walks(group):
                self.page.blank()
                self._put_alike(alike, answering)

    def _put_clients(self, client: ClientClass) -> None:
        if not client.evidenced:
            why = translated("{sentence}.", sentence=assumed_client(client))
            self.page.say(why, label=wording.labelled("assumed"))
        elif client.because:
            such = translated("such as {address}", address=client.address)
            self.page.say(such, label=wording.labelled("evidenced"))
            self.page.quotes(_rows(client.because[:1]))
        else:
            self.page.say(f"{client.address}", label=wording.labelled("evidenced"))

    def _put_alike(self, alike: AlikeWalks, answering: Sequence[str]) -> None:
        word, style = _OUTCOMES[alike.outcome]
        self.page.say(headline(alike, answering), "message", label=translated(word), label_style=style)
        key = ladder_key(alike)
        if (before := self.known.get(key)) and not self.page.output.verbose:
            same = translated("the same steps as above, from {clients}.", clients=before)
            self.page.say(same, "faint", indent=_INDENT)
            return
        self.known[key] = clients(alike.shown.client)
        put_ladder(self.page, alike)


# -- the rungs --------------------------------------------------------------------------------------------------------


def put_ladder(page: Page, alike: AlikeWalks) -> None:
    """A line for each step: the host, the verdict, the step's name, the reason; the deciding step is quoted."""
    walk = alike.shown
    steps = list(walk.steps) if page.output.verbose else first_steps(walk)
    names = [page.legible(verdict.step.node) for verdict in steps]
    client = translated("client")
    width = min(max(map(cells, [client, *names])), _LONGEST_NAME)
    _rung(page, width, client, ("", ""), "", str(walk.client.address))
    before = ""
    for verdict, name in zip(steps, names, strict=True):
        deciding = verdict == walk.deciding
        host = "|" if name == before else name
        _rung(page, width, host, _styled(verdict, deciding), step_name(verdict, walk), step_reason(verdict))
        before = name
        if deciding:
            most = 1 if len(alike.walks) > 1 else wording.FEW
            _put_evidence(page, [row for own in alike.deciding for row in own.because[:most]], width)
            _put_settle(page, alike.deciding, width)
        elif page.output.verbose:
            _put_evidence(page, verdict.because, width)
        elif verdict.decided is Decided.NO:
            _put_evidence(page, verdict.because[:1], width)
    if alike.outcome is Served.SERVED:
        _rung(page, width, client, ("ok", translated("served")), "", translated("gets the reply"))


def _styled(verdict: StepVerdict, deciding: bool) -> tuple[str, str]:
    """Its style and its word."""
    word = verdict_word(verdict, deciding=deciding)
    return {"DIES": "dies", "no": "dies"}.get(word, word), translated(word)


def _rung(page: Page, width: int, name: str, verdict: tuple[str, str], step: str, text: str) -> None:
    style, word = verdict
    shown = "  |" if name == "|" else shortened(page.legible(name), width)
    left = " " * _INDENT + shown + " " * (width - cells(shown) + 2)
    margin = _margin(width)
    room = max(20, min(page.width - margin, _LONGEST_REASON))
    first, *further = wrapped(page.legible(text), room)
    stands_out = "message" if style in ("dies", "harms") or (style == "unknown" and step) else ""
    page.lines.append(
        [("label", left), (style, _padded(word, _verdicts())), ("", _padded(step, _steps())), (stands_out, first)]
    )
    page.lines += [[("", " " * margin), (stands_out, piece)] for piece in further]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text) + 2)


def _margin(width: int) -> int:
    return _INDENT + width + 2 + _verdicts() + 2 + _steps() + 2


def _verdicts() -> int:
    """The columns of a verdict."""
    return max(cells(translated(word)) for word in VERDICTS)


def _steps() -> int:
    """The columns of a step's name."""
    return max(cells(translated(name)) for name in DECISIONS.values())


def _put_evidence(page: Page, rows: Sequence[Citation], width: int) -> None:
    """Below its step, from the column of the verdicts on."""
    shown = rows if page.output.verbose else rows[: wording.FEW + 1]
    page.quotes(_rows(shown), indent=_INDENT + width + 2, longest=0 if page.output.verbose else 3 * page.width)
    if len(shown) < len(rows):
        more = translated("{number} more; -v lists them.", number=len(rows) - len(shown))
        page.say(more, "faint", indent=_INDENT + width + 2)


def _rows(rows: Iterable[Citation]) -> Iterable[tuple[str, str, str]]:
    texts = ((wording.evidence_place(row.seen), wording.evidence_text(row.seen), row.says) for row in rows)
    return list(dict.fromkeys(texts))


def _put_settle(page: Page, deciding: Iterable[StepVerdict], width: int) -> None:
    """The commands that would tell, each once, with their hosts."""
    for host, command in settling_of(deciding):
        label = wording.labelled("To settle it, on {hosts}", hosts=host)
        page.say(command, "command", label=label, indent=_INDENT + width + 2, wrap=False)
