"""What `lvsdoctor probe -f json` prints: keys are never renamed, only added."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from lvsdoctor.probe.acceptance import Acceptance
from lvsdoctor.probe.listening import Heard
from lvsdoctor.probe.naming import Name, Names
from lvsdoctor.probe.responses import Answers
from lvsdoctor.probe.targets import Question, Unasked
from lvsdoctor.probe.tcp_syn import Knock


def put_json(said: dict[str, Any]) -> None:
    """One object; keys are never renamed, only added."""
    json.dump({"schema": "lvsdoctor-probe/1", **said}, sys.stdout, indent=2, ensure_ascii=True)
    sys.stdout.write("\n")


def names_json(names: Iterable[Name]) -> list[dict[str, str]]:
    return [{"name": name.text, "how": name.how} for name in names]


def question_json(question: Question, options: Namespace) -> dict[str, Any]:
    return {
        "target": str(question.target),
        "link": question.link,
        "mac": question.mac,
        "senders": list(map(str, question.senders)),
        "requests": options.requests,
        "notes": list(question.notes),
    }


def knock_json(knock: Knock) -> dict[str, Any]:
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


def accepted_json(each: Acceptance, names: Names) -> dict[str, Any]:
    return {
        **knock_json(each.knock),
        "names": names_json(names.of(each.knock.mac)),
        "answer": each.answer.value,
        "accepts": each.accepts,
        "fine": each.fine,
        "verdict": each.verdict(names.called(each.knock.mac, each.knock.rip)),
        "seconds": each.delay,
        "said": each.said,
        "where": each.seen.where,
        "text": each.seen.text,
    }


def heard_json(heard: Heard, names: tuple[Name, ...], verdict: tuple[bool, str]) -> dict[str, Any]:
    return {
        "kind": heard.kind.value,
        "link": heard.link,
        "mac": heard.mac,
        "names": names_json(names),
        "address": str(heard.address),
        "targets": list(map(str, heard.targets)),
        "gateway": str(heard.gateway) if heard.gateway else None,
        "count": heard.count,
        "first_seconds": heard.first,
        "wrong": verdict[0],
        "verdict": verdict[1],
        "where": heard.seen.where,
        "text": heard.seen.text,
    }


def answers_json(each: Answers) -> dict[str, Any]:
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


def unasked_json(unasked: Iterable[Unasked]) -> list[dict[str, str]]:
    return [{"target": str(each.target), "why": each.why} for each in unasked]
