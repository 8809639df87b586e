"""What `lvsdoctor probe` prints: a page for people, or one JSON object."""

from argparse import Namespace
from collections.abc import Iterable, Sequence
from typing import Any

from lvsdoctor.cli.output import standard_output
from lvsdoctor.page import Page
from lvsdoctor.probe.acceptance import Acceptance
from lvsdoctor.probe.accepting import TRIES
from lvsdoctor.probe.answers import Answers, Responder
from lvsdoctor.probe.knocks import Knock
from lvsdoctor.probe.naming import Name, Names
from lvsdoctor.probe.targets import Question, Unasked

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
    questions: Iterable[Question], unasked: Iterable[Unasked], knocks: Iterable[Knock], options: Namespace
) -> None:
    """--dry-run: what would be sent, and nothing is."""
    if options.format == "json":
        asked = {"questions": [_question(q, options) for q in questions], "unasked": _unasked(unasked)}
        put_json({**asked, "syns": [_knock(each) for each in knocks]})
        return
    page = Page(standard_output(options))
    page.say("nothing is sent.", label="Dry run:", indent=0)
    for question in questions:
        page.say(f"{requests_of(question, options.requests)}, from {question.mac}", label=f"{question.link}:", indent=0)
        for note in question.notes:
            page.say(note, indent=2)
    for knock in knocks:
        page.say(syns_of(knock), label=f"{knock.link}:", indent=0)
        for note in knock.notes:
            page.say(note, indent=2)
    _put_unasked(page, unasked)
    page.write(STYLES)


def syns_of(knock: Knock) -> str:
    """The segments for a real server."""
    return (
        f"TCP SYN (TTL 1, {TRIES} if it does not answer) and a RST from {knock.sender}:{knock.sport} "
        f"to {knock.target}, to {knock.mac} of {knock.rip}"
    )


def requests_of(question: Question, requests: int) -> str:
    """The requests of a question: `who-has 192.0.2.10 tell 192.0.2.2 (2), 0.0.0.0 (1)`."""
    senders = question.senders
    counts = {sender: len(range(place, requests, len(senders))) for place, sender in enumerate(senders)}
    named = ", ".join(f"{sender} ({count})" for sender, count in counts.items() if count)
    word = "who-has" if question.target.version == 4 else "neighbour-solicitation"
    return f"{word} {question.target} tell {named}"


def put_answers(told: Sequence[Answers], unasked: Sequence[Unasked], options: Namespace) -> None:
    """Who answered for each address, the worst first."""
    ordered = sorted(told, key=lambda each: each.fine)
    if options.format == "json":
        put_json({"answers": [_answers(each) for each in ordered], "unasked": _unasked(unasked)})
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


def put_accepted(accepted: Sequence[Acceptance], untried: Sequence[Unasked], names: Names, options: Namespace) -> None:
    """Which real server takes which VIP, the worst first."""
    ordered = sorted(accepted, key=lambda each: each.fine)
    if options.format == "json":
        put_json({"accepts": [_accepted(each, names) for each in ordered], "untried": _unasked(untried)})
        return
    page = Page(standard_output(options))
    for vip, port in dict.fromkeys((each.knock.vip, each.knock.port) for each in ordered):
        some = [each for each in ordered if (each.knock.vip, each.knock.port) == (vip, port)]
        page.heading(some[0].knock.target)
        for each in some:
            style, label = ("fine", "ok:") if each.fine else ("error", "PROBLEM:")
            page.say(each.verdict(_called(each, names)), label=label, label_style=style)
            page.quotes([(each.seen.where, each.seen.text, "")])
            for note in each.knock.notes:
                page.say(note, label="note:")
    _put_unasked(page, untried, "not tried:")
    page.write(STYLES)


def _called(each: Acceptance, names: Names) -> str:
    """By its name in a snapshot, and its RIP."""
    node = next((name.node for name in names.of(each.knock.mac) if name.node), "")
    return f"{node} ({each.knock.rip})" if node else str(each.knock.rip)


def row(responder: Responder) -> tuple[str, str, str]:
    """MAC, names, how quickly."""
    after = "" if responder.delay is None else f"after {responder.delay * 1000:.1f} ms"
    return responder.mac, named(responder.names), after


def named(names: Sequence[Name]) -> str:
    """`rs2 (eth0 in the snapshot)`; what is said of a MAC that nobody knows."""
    return ", ".join(f"{name.text} ({name.how})" for name in names[:3]) or "nobody knows this MAC"


def _put_unasked(page: Page, unasked: Iterable[Unasked], label: str = "not asked:") -> None:
    for why in dict.fromkeys(each.why for each in unasked):
        page.say(why, label=label, indent=0)


# -- JSON -------------------------------------------------------------------------------------------------------------


def put_json(said: dict[str, Any]) -> None:
    """One object; keys are never renamed, only added."""
    import json
    import sys

    json.dump({"schema": "lvsdoctor-probe/1", **said}, sys.stdout, indent=2, ensure_ascii=True)
    sys.stdout.write("\n")


def names_json(names: Iterable[Name]) -> list[dict[str, str]]:
    return [{"name": name.text, "how": name.how} for name in names]


def _question(question: Question, options: Namespace) -> dict[str, Any]:
    return {
        "target": str(question.target),
        "link": question.link,
        "mac": question.mac,
        "senders": list(map(str, question.senders)),
        "requests": options.requests,
        "notes": list(question.notes),
    }


def _knock(knock: Knock) -> dict[str, Any]:
    return {
        "vip": str(knock.vip),
        "port": knock.port,
        "rip": str(knock.rip),
        "mac": knock.mac,
        "link": knock.link,
        "sender": str(knock.sender),
        "sport": knock.sport,
        "notes": list(knock.notes),
    }


def _accepted(each: Acceptance, names: Names) -> dict[str, Any]:
    return {
        **_knock(each.knock),
        "names": names_json(names.of(each.knock.mac)),
        "answer": each.answer.value,
        "accepts": each.accepts,
        "fine": each.fine,
        "verdict": each.verdict(_called(each, names)),
        "seconds": each.delay,
        "said": each.said,
        "where": each.seen.where,
        "text": each.seen.text,
    }


def _answers(each: Answers) -> dict[str, Any]:
    responders = [
        {
            "mac": r.mac,
            "names": names_json(r.names),
            "seconds": r.delay,
            "answers": r.count,
            "answered": list(map(str, r.to)),
        }
        for r in each.responders
    ]
    return {
        "target": str(each.target),
        "link": each.link,
        "senders": list(map(str, each.senders)),
        "requests": each.asked,
        "meaning": each.meaning.value,
        "verdict": each.verdict,
        "responders": responders,
        "notes": list(each.notes),
    }


def _unasked(unasked: Iterable[Unasked]) -> list[dict[str, str]]:
    return [{"target": str(each.target), "why": each.why} for each in unasked]
