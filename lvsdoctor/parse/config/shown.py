"""A file that configures a host as another text shows it: behind `cat FILE`, under its path, in a here-document."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config import config_dump
from lvsdoctor.parse.reader import Dump

__all__ = ["file_in", "shown_path"]

_PROGRAMS = frozenset({"cat", "less", "more", "bat", "zcat", "most"})


def shown_path(command: Sequence[str]) -> str:
    """The file that this command shows as a whole, "" for none or several."""
    words = [word for word in command[1:] if not word.startswith("-")]
    plain = len(words) == 1 and not set(words[0]) & set("*?[{$<>|")
    return words[0] if plain and command[0].rpartition("/")[2] in _PROGRAMS and "/" in words[0] else ""


def file_in(lines: Sequence[Seen], path: str) -> Dump | None:
    """What the file `path` configures, of which these are all lines but empty ones; its rows quote them as they stand.

    None where it is of none of the kinds that are read.
    """
    if not lines:
        return None
    ordered = sorted(lines, key=lambda seen: seen.line or 0)
    before, where = (ordered[0].line or 1) - 1, ordered[0].where
    rows = [""] * ((ordered[-1].line or 1) - before)
    for seen in ordered:
        rows[(seen.line or 1) - before - 1] = seen.text
    dump = config_dump("\n".join(rows), path)
    return None if dump is None else _moved(dump, where, before)


def _moved(value: Any, where: str, before: int) -> Any:
    """The same with each line as it is numbered in the text around it."""
    if isinstance(value, Seen):
        return replace(value, where=where, line=None if value.line is None else value.line + before)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        return replace(value, **{name: _moved(part, where, before) for name, part in parts.items()})
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_moved(part, where, before) for part in value))
    if isinstance(value, (tuple, list)):
        return type(value)(_moved(part, where, before) for part in value)
    if isinstance(value, Mapping):
        return {key: _moved(part, where, before) for key, part in value.items()}
    return value
