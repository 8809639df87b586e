"""What `lvsdoctor probe -f json` prints: keys are never renamed, only added."""

import json
import sys
from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from lvsdoctor.probe.listening import FrameSummary
from lvsdoctor.probe.naming import Name, Names
from lvsdoctor.probe.responses import Answers, SynResult
from lvsdoctor.probe.targets import Question, Unasked
from lvsdoctor.probe.tcp_syn import SynProbe


def put_json(data: dict[str, Any]) -> None:
    """One object; keys are never renamed, only added."""
    json.dump({"schema": "lvsdoctor-probe/1", **data}, sys.stdout, indent=2, ensure_ascii=True)
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


def syn_probe_json(probe: SynProbe) -> dict[str, Any]:
    return {
        "vip": str(probe.vip),
        "port": probe.port,
        "rip": str(probe.rip),
        "mac": probe.mac,
        "link": probe.link,
        "sender": str(probe.sender),
        "sport": probe.sport,
        "notes": list(probe.notes),
    }


def accepted_json(result: SynResult, names: Names) -> dict[str, Any]:
    return {
        **syn_probe_json(result.probe),
        "names": names_json(names.of(result.probe.mac)),
        "answer": result.answer.value,
        "accepts": result.accepts,
        "fine": result.fine,
        "verdict": result.verdict(names.called(result.probe.mac, result.probe.rip)),
        "seconds": result.delay,
        "said": result.icmp_error,
        "where": result.seen.where,
        "text": result.seen.text,
    }


def summary_json(row: FrameSummary, names: tuple[Name, ...], verdict: tuple[bool, str]) -> dict[str, Any]:
    return {
        "kind": row.kind.value,
        "link": row.link,
        "mac": row.mac,
        "names": names_json(names),
        "address": str(row.address),
        "targets": list(map(str, row.targets)),
        "gateway": str(row.gateway) if row.gateway else None,
        "count": row.count,
        "first_seconds": row.first,
        "wrong": verdict[0],
        "verdict": verdict[1],
        "where": row.seen.where,
        "text": row.seen.text,
    }


def answers_json(answers: Answers) -> dict[str, Any]:
    responders = [
        {
            "mac": r.mac,
            "names": names_json(r.names),
            "seconds": r.delay,
            "answers": r.count,
            "answered": list(map(str, r.to)),
        }
        for r in answers.responders
    ]
    return {
        "target": str(answers.target),
        "link": answers.link,
        "senders": list(map(str, answers.senders)),
        "requests": answers.asked,
        "meaning": answers.meaning.value,
        "verdict": answers.verdict,
        "responders": responders,
        "notes": list(answers.notes),
    }


def unasked_json(unasked: Iterable[Unasked]) -> list[dict[str, str]]:
    return [{"target": str(each.target), "why": each.why} for each in unasked]
