"""The texts in a document of JSON that no reader knows: an export of a chat, what an interface of a monitor returns."""

import json
from collections.abc import Iterator
from typing import Any

from lvsdoctor.parse.paste.commands import SHOWING
from lvsdoctor.parse.paste.host_words import is_host_name, may_be_host_name
from lvsdoctor.parse.paste.margins import begins

_HOSTS = ("host", "hostname", "node", "server", "machine", "minion", "instance", "target")
_COMMANDS = ("cmd", "command", "source")
_LOOKED_AT = 12
_DEEPEST = 40


def json_strings(text: str) -> str | None:
    """The strings of several lines that hold dumps, each under the host and the command that stand beside it. None for
    what is no JSON, and where there are none."""
    try:
        document = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    parts = list(_parts(document, "", "", 0))
    return "\n".join(parts) if parts else None


def _parts(value: Any, host: str, command: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, str):
        if "\n" in value and any(map(begins, value.split("\n")[:_LOOKED_AT])):
            yield f"[root@{host} ~]# {command}\n{value}\n" if host else f"\n$ {command}\n{value}\n"
        return
    if isinstance(value, list):
        if value and all(isinstance(item, str) and item[-1:] == "\n" for item in value[:-1]):
            lines = "".join(item for item in value if isinstance(item, str))
            if "\n" in lines[:-1]:  # a notebook keeps a text as its lines
                yield from _parts(lines, host, command, depth + 1)
                return
        for item in value:
            yield from _parts(item, host, command, depth + 1)
        return
    if not isinstance(value, dict):
        return
    host = next((name for key in _HOSTS if may_be_host_name(name := _word(value.get(key)))), host)
    command = next((line for key in _COMMANDS if (line := _line(value.get(key)))), command)
    for key, item in value.items():
        inner = key if isinstance(item, dict | list | str) and is_host_name(key) else host
        yield from _parts(item, inner, key if SHOWING.match(key) else command, depth + 1)


def _word(value: Any) -> str:
    return value.partition(".")[0] if isinstance(value, str) and len(value) < 254 else ""


def _line(value: Any) -> str:
    line = " ".join(map(str, value)) if isinstance(value, list) else value if isinstance(value, str) else ""
    line = line.strip().removeprefix("!").lstrip()  # in a notebook, a command of the shell
    return line if "\n" not in line and len(line) < 500 else ""
