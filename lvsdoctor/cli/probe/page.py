"""What `lvsdoctor probe` prints: a page for people, or one JSON object."""

from argparse import Namespace
from collections.abc import Iterable, Sequence

from lvsdoctor.cli.output import standard_output
from lvsdoctor.cli.probe.as_json import (
    accepted_json,
    answers_json,
    put_json,
    question_json,
    summary_json,
    syn_probe_json,
    unasked_json,
)
from lvsdoctor.model.address import IP
from lvsdoctor.probe.accepting import TRIES
from lvsdoctor.probe.listening import FrameSummary
from lvsdoctor.probe.naming import Name, Names
from lvsdoctor.probe.responses import Answers, Responder, SynResult
from lvsdoctor.probe.targets import Question, Unasked
from lvsdoctor.probe.tcp_syn import SynProbe
from lvsdoctor.reporting.console import Page

_FEW = 5  # reasons, unless -v
STYLES = {
    "heading": "bold underline",
    "label": "bold",
    "error": "bold red",
    "fine": "bold green",
    "where": "cyan",
    "why": "italic",
    "faint": "dim",
}


def put_plan(
    questions: Iterable[Question], unasked: Iterable[Unasked], syns: Iterable[SynProbe], options: Namespace
) -> None:
    """--dry-run: what would be sent, and nothing is."""
    if options.format == "json":
        asked = {"questions": [question_json(q, options) for q in questions], "unasked": unasked_json(unasked)}
        put_json({**asked, "syns": [syn_probe_json(each) for each in syns]})
        return
    page = Page(standard_output(options))
    page.say("nothing is sent.", label="Dry run:", indent=0)
    for question in questions:
        page.say(f"{requests_of(question, options.requests)}, from {question.mac}", label=f"{question.link}:", indent=0)
        for note in question.notes:
            page.say(note, indent=2)
    for syn in syns:
        page.say(syns_of(syn), label=f"{syn.link}:", indent=0)
        for note in syn.notes:
            page.say(note, indent=2)
    _put_unasked(page, unasked)
    page.write(STYLES)


def syns_of(syn: SynProbe) -> str:
    """The segments for a real server."""
    return (
        f"TCP SYN (TTL 1, {TRIES} if it does not answer) and a RST from {syn.sender}:{syn.sport} "
        f"to {syn.target}, to {syn.mac}"
    )


def requests_of(question: Question, requests: int) -> str:
    """The requests of a question: `who-has 192.0.2.10 tell 192.0.2.2 (2), 0.0.0.0 (1)`."""
    senders = question.senders
    counts = {sender: len(range(place, requests, len(senders))) for place, sender in enumerate(senders)}
    named = ", ".join(f"{sender} ({count})" for sender, count in counts.items() if count)
    word = "who-has" if question.target.version == 4 else "neighbour-solicitation"
    return f"{word} {question.target} tell {named}"


def put_answers(answers: Sequence[Answers], unasked: Sequence[Unasked], options: Namespace) -> None:
    """Who answered for each address, the worst first."""
    ordered = sorted(answers, key=lambda each: each.fine)
    if options.format == "json":
        put_json({"answers": [answers_json(each) for each in ordered], "unasked": unasked_json(unasked)})
        return
    page = Page(standard_output(options))
    for each in ordered:
        page.heading(f"{each.target} on {each.link}")
        style, label = ("fine", "ok:") if each.fine else ("error", "PROBLEM:")
        page.say(each.verdict, label=label, label_style=style)
        page.quotes((row(responder) for responder in each.responders), longest=0)
        for note in each.notes:
            page.say(note, label="note:")
    _put_unasked(page, unasked)
    page.write(STYLES)


def put_accepted(accepted: Sequence[SynResult], untried: Sequence[Unasked], names: Names, options: Namespace) -> None:
    """Which real server takes which VIP, the worst first."""
    ordered = sorted(accepted, key=lambda each: each.fine)
    if options.format == "json":
        put_json({"accepts": [accepted_json(each, names) for each in ordered], "untried": unasked_json(untried)})
        return
    page = Page(standard_output(options))
    for vip, port in dict.fromkeys((each.probe.vip, each.probe.port) for each in ordered):
        some = [each for each in ordered if (each.probe.vip, each.probe.port) == (vip, port)]
        page.heading(some[0].probe.target)
        for each in some:
            style, label = ("fine", "ok:") if each.fine else ("error", "PROBLEM:")
            page.say(each.verdict(names.called(each.probe.mac, each.probe.rip)), label=label, label_style=style)
            page.quotes([(each.seen.where, each.seen.text, "")])
            for note in each.probe.notes:
                page.say(note, label="note:")
    _put_unasked(page, untried, "not tried:")
    page.write(STYLES)


def put_listened(
    rows: Sequence[tuple[FrameSummary, tuple[Name, ...], tuple[bool, str]]],
    vips: Sequence[IP],
    cut_short: bool,
    dropped: int,
    note: str,
    options: Namespace,
) -> None:
    """What was heard, the worst first."""
    ordered = sorted(rows, key=lambda row: not row[2][0])
    if options.format == "json":
        put_json({"heard": [summary_json(*row) for row in ordered], "cut_short": cut_short, "dropped": dropped})
        return
    page = Page(standard_output(options))
    for heard, names, (wrong, means) in ordered:
        style, label = ("error", "PROBLEM:") if wrong else ("label", "heard:")
        page.say(means, label=label, label_style=style, indent=0)
        page.quotes([(heard.seen.where, heard.seen.text, named(names))])
    if not rows:
        page.say(f"no host used {', '.join(map(str, vips))} as sender, and no redirect came.", indent=0)
    if cut_short:
        page.say("the listening was interrupted.", label="note:", indent=0)
    if dropped:
        page.say(f"{dropped} more frames by still other MACs were not kept: is this a flood?", label="note:", indent=0)
    page.say(note, label="note:", indent=0)
    page.write(STYLES)


def put_sentence(sentence: str, options: Namespace) -> None:
    """--dry-run of what sends nothing at all."""
    if options.format == "json":
        put_json({"plan": sentence})
        return
    page = Page(standard_output(options))
    page.say(sentence, label="Dry run:", indent=0)
    page.write(STYLES)


def row(responder: Responder) -> tuple[str, str, str]:
    """MAC, names, how quickly."""
    after = "" if responder.delay is None else f"after {responder.delay * 1000:.1f} ms"
    return responder.mac, named(responder.names), after


def named(names: Sequence[Name]) -> str:
    """`rs2 (eth0 in the snapshot)`; what is said of a MAC that nobody knows."""
    return ", ".join(f"{name.text} ({name.how})" for name in names[:3]) or "this MAC is not known"


def _put_unasked(page: Page, unasked: Iterable[Unasked], label: str = "not asked:") -> None:
    every = list(dict.fromkeys(each.why for each in unasked))
    shown = every if page.output.verbose else every[:_FEW]
    for why in shown:
        page.say(why, label=label, indent=0)
    if len(shown) < len(every):
        page.say(f"{len(every) - len(shown)} more like these; -v lists them.", label=label, indent=0)
