"""Answers wherever they stand in a document: events of AWX, ansible-runner, the jsonl callback; items of Bolt, entries
of Rundeck, lines of stern. A record names its host, or a record around it does.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lvsdoctor.parse.fleet.answer import UNNAMED, FleetAnswer, joined, of_value
from lvsdoctor.parse.paste.patterns import pattern

HOSTS = (
    "host", "hostname", "host_name", "node", "target", "server", "InstanceId", "UnitId", "minion", "instance", "unit",
    "machine", "podName", "pod", "host.name", "host.hostname", "name",
)  # fmt: skip
_OBJECTS = ("host", "node", "server", "machine", "instance", "target")  # that have their name inside: Elastic, say
OUTPUTS = ("stdout", "Stdout", "StandardOutputContent", "output", "Output", "merged_output", "out", "result")
_LINES = ("log", "message", "line")  # of one line each
_ENDS = frozenset({"rc", "cmd", "exit_code"})
_HOST = pattern(r"[A-Za-z0-9][\w.:-]{0,252}")
_ADDRESS = pattern(r"(?:[a-z][a-z0-9+.-]{1,15}://)?(?:[\w.-]{1,64}@)?(?P<host>[\w.-]{1,253})(?::\d{1,5})?(?:/.*)?")
_DEEPEST = 40
_MOST = 1_000_000  # lines and answers


def host_of(record: Mapping[str, Any]) -> str:
    """The host that a record names, "" where it names none."""
    host = next((name for key in HOSTS if (name := _name(record.get(key), key))), "")
    reached = _ADDRESS.fullmatch(host)  # `ssh://root@rs1:22` is how it is reached
    host = reached["host"] if reached else host.partition("/")[0]
    return host if _HOST.fullmatch(host) else ""


def _name(value: Any, key: str) -> str:
    if isinstance(value, Mapping) and key in _OBJECTS:
        value = next((value[inner] for inner in ("name", "hostname") if isinstance(value.get(inner), str)), "")
    return value if isinstance(value, str) else ""


def of_records(documents: Sequence[Any]) -> list[FleetAnswer]:
    """The answers in documents that are no engine's known ones. [] where an output has no host."""
    answers: list[FleetAnswer] = []
    for document in documents:
        for answer in _inside(document, "", 0):
            answers.append(answer)
            if not answer.host or len(answers) > _MOST:
                return []
    values = [answer for answer in answers if answer.inside]
    lines = [answer for answer in answers if not answer.inside]
    return [*values, *(replace(answer, inside=True) for answer in joined(lines))]


def _inside(value: Any, host: str, depth: int) -> Iterator[FleetAnswer]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from _inside(item, host, depth + 1)
    if not isinstance(value, Mapping):
        return
    host = host_of(value) or host
    if isinstance(event := value.get("event_data"), Mapping):  # what the event shows of it stands beside
        yield from _inside(event, host, depth + 1)
        return
    ended = not _ENDS.isdisjoint(value)  # then one line is an answer, too, and so is none
    outputs = (value[key] for key in OUTPUTS if isinstance(value.get(key), str) and (ended or "\n" in value[key]))
    if (printed := next(outputs, None)) is not None:
        yield of_value(UNNAMED, host, printed, _command(value.get("cmd")))
        return
    line = next((value[key] for key in _LINES if isinstance(value.get(key), str)), None)
    if line is not None and host_of(value):
        rows = line.rstrip("\r\n").split("\n")
        yield FleetAnswer(UNNAMED, host, rows, [None] * len(rows))
        return
    for key, child in value.items():
        if key == "hosts" and isinstance(child, Mapping):
            for name, answer in child.items():
                yield from _inside(answer, str(name) if _HOST.fullmatch(str(name)) else "", depth + 1)
        elif isinstance(child, Mapping) and not host and _printed(child) and _HOST.fullmatch(str(key)):
            yield from _inside(child, str(key), depth + 1)
        else:
            yield from _inside(child, host, depth + 1)


def _printed(value: Mapping[str, Any]) -> bool:
    """Is it what a host's name stands before: its output, or that below `results`?"""
    inner = value.get("results")
    held = inner if isinstance(inner, Mapping) else value
    return any(isinstance(held.get(key), str) for key in OUTPUTS)


def _command(words: Any) -> str:
    """The command as a line; a script that was handed over is none."""
    line = " ".join(map(str, words)) if isinstance(words, list) else words if isinstance(words, str) else ""
    return line if "\n" not in line and len(line) < 500 else ""


def of_python(text: str) -> list[FleetAnswer] | None:
    """What Salt prints with --out=raw: a dictionary of Python on each line, with the answer of each host."""
    answers = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = ast.literal_eval(line.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
        if not isinstance(value, dict) or number > _MOST:
            return None
        for host, printed in value.items():
            if not (isinstance(host, str) and isinstance(printed, str) and _HOST.fullmatch(host)):
                return None
            answers.append(of_value("Salt", host, printed))
    return answers or None
