"""Answers as values of JSON: a file of Ansible's --tree, its json callback, a result behind `=>`, Salt's json."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from lvsdoctor.parse.fleet.answer import UNNAMED, FleetAnswer, of_value
from lvsdoctor.parse.fleet.prefixed import is_dump
from lvsdoctor.parse.fleet.records import OUTPUTS, host_of, of_records
from lvsdoctor.parse.paste.commands import SHOWING
from lvsdoctor.parse.paste.file_names import is_dump_name
from lvsdoctor.parse.paste.patterns import pattern

_HOST = pattern(r"[A-Za-z0-9][\w.:-]{0,252}")
_DECODER = json.JSONDecoder()
_MOST = 4096  # documents that follow each other


def of_json(text: str) -> list[FleetAnswer] | None:
    """None for JSON of another kind, and for what is none."""
    answers: list[FleetAnswer] = []
    read = _documents(text)
    for document in read:
        answers += _of_document(document)
    if not answers and (answers := of_records(read)) and not any(map(is_dump, answers)):
        return None
    return answers or None


def _documents(text: str) -> list[Any]:
    """Salt prints one behind the other. [] if anything else stands there."""
    documents: list[Any] = []
    place = 0
    while place < len(text) and len(documents) < _MOST:
        if text[place].isspace():
            place += 1
            continue
        if (read := value_at(text, place)) is None:
            return []
        document, place = read
        documents.append(document)
    return documents


def value_at(text: str, place: int) -> tuple[Any, int] | None:
    """The JSON value that begins here, and where it ends."""
    try:
        return _DECODER.raw_decode(text, place)
    except (ValueError, RecursionError):
        return None


def _of_named(record: Any) -> FleetAnswer | None:
    """A record that names its host and has what a command of it printed."""
    if not isinstance(record, Mapping):
        return None
    host = host_of(record)
    printed = next((record[key] for key in OUTPUTS if isinstance(record.get(key), str)), "")
    return of_value(UNNAMED, host, printed) if host and "\n" in printed else None


def _of_document(document: Any) -> Iterator[FleetAnswer]:
    records = document if isinstance(document, list) else [document]
    if records and all(named := [_of_named(record) for record in records[:_MOST]]):
        yield from filter(None, named)
        return
    if not isinstance(document, Mapping):
        return
    if isinstance(plays := document.get("plays"), list) and "stats" in document:
        for play in plays:
            for task in _list(play, "tasks"):
                hosts = task.get("hosts") if isinstance(task, Mapping) else None
                for host, result in hosts.items() if isinstance(hosts, Mapping) else ():
                    yield from of_result("Ansible", str(host), result)
    elif is_result(document):
        yield from of_result("Ansible", "", document)
    elif document and all(_of_salt(host, answer) for host, answer in document.items()):
        dumps = all(map(is_dump_name, document))  # a file of one host, which its own name tells
        for host, answer in document.items():
            if dumps and isinstance(answer, str):
                yield of_value(UNNAMED, "", answer)
            elif isinstance(answer, str):
                yield of_value("Salt", host, answer)
            else:
                yield from of_result("Salt", host, answer)
    else:
        yield from _by_command(document)


def _by_command(document: Mapping[str, Any]) -> Iterator[FleetAnswer]:
    """What each host printed for each command, `{"rs1": {"ip addr": "..."}}`, or for each command each host."""
    inner = [value for value in document.values() if isinstance(value, Mapping) and value]
    if not inner or len(inner) < len(document):
        return
    outside = all(map(SHOWING.match, document))
    commands, hosts = (
        (list(document), [host for value in inner for host in value])
        if outside
        else ([command for value in inner for command in value], list(document))
    )
    if not all(map(SHOWING.match, commands)) or not all(map(_HOST.fullmatch, hosts)):
        return
    for outer, value in document.items():
        for key, printed in value.items():
            host, command = (key, outer) if outside else (outer, key)
            if text := _text(printed):
                yield of_value(UNNAMED, host, text, _command(command))


def _text(value: Any) -> str:
    """A text of several lines, or its lines."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(line.rstrip("\n") for line in value)
    return value if isinstance(value, str) and "\n" in value else ""


def _of_salt(host: str, answer: Any) -> bool:
    """A minion and what its command printed, or the same with its exit code (cmd.run_all, salt-ssh)."""
    if not _HOST.fullmatch(host):
        return False
    return "\n" in answer if isinstance(answer, str) else isinstance(answer, Mapping) and "stdout" in answer


def is_result(document: Any) -> bool:
    """Is this what a module of Ansible answers about a command?"""
    if not isinstance(document, Mapping):
        return False
    answered = isinstance(document.get("stdout"), str) and bool({"rc", "cmd", "stdout_lines"} & document.keys())
    return answered or (document.get("unreachable") is True and "msg" in document)


def of_result(engine: str, host: str, result: Any) -> Iterator[FleetAnswer]:
    """The answers in a result: of the command, of each in a loop, of a variable that a play shows."""
    if not isinstance(result, Mapping):
        return
    for item in _list(result, "results"):
        yield from of_result(engine, host, item)
    if isinstance(printed := result.get("stdout"), str):
        yield of_value(engine, host, printed, _command(result.get("cmd")))
        return
    for key, value in result.items():
        if isinstance(value, str) and (key == "msg" or key.endswith(".stdout")):
            yield of_value(engine, host, value)
        elif (key == "msg" and not isinstance(value, Mapping)) or key.endswith("stdout_lines"):
            if lines := [line for line in _list(result, key) if isinstance(line, str)]:
                yield of_value(engine, host, "\n".join(lines))
        elif isinstance(value, Mapping) and (isinstance(value.get("stdout"), str) or _list(value, "results")):
            yield from of_result(engine, host, value)  # debug: var=out
        elif isinstance(value, Mapping):  # what a play put together itself: {"command": "ip addr", "out": [...]}
            command = _command(next((value[name] for name in ("cmd", "command") if name in value), ""))
            for name in (*OUTPUTS, "stdout_lines", "lines"):
                if text := _text(value.get(name)):
                    yield of_value(engine, host, text, command)
                    break


def _command(words: Any) -> str:
    """The command as a line; a script that was handed over is none."""
    line = " ".join(map(str, words)) if isinstance(words, list) else words if isinstance(words, str) else ""
    return line if "\n" not in line and len(line) < 500 else ""


def _list(mapping: Any, key: str) -> list[Any]:
    value = mapping.get(key) if isinstance(mapping, Mapping) else None
    return value if isinstance(value, list) else []
