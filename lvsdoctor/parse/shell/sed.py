"""`sed -i`: what it makes of the lines of a file of the host. Nothing is executed."""

import re
from collections.abc import Iterator, Sequence

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.shell import settings
from lvsdoctor.parse.shell.command import Line, ShellCommand
from lvsdoctor.parse.shell.state import HostState

__all__ = ["apply", "changes", "edited"]

# An expression that Python's re understands as sed does: plain characters, dots, stars and anchors.
_PLAIN = re.compile(r"\^?(?:\\[.*/#$]|\[[\w /-]+\]|\\s|[\w \"'=:,/#@!%&<>~;.*-])*\$?")
_DELETES = re.compile(r"/((?:[^/\\]|\\.)+)/\s*d")
_ADDS = re.compile(r"(\$|1|/(?:[^/\\]|\\.)+/)\s*([ai])(?:\\\s*|\s+|(?=[a-z]))(.+)", re.DOTALL)
_SUBSTITUTES = re.compile(r"s([/|#,@!%])((?:\\.|(?!\1)[^\\])+)\1((?:\\.|(?!\1)[^\\])*)\1(g?)")
_IN_PLACE = re.compile(r"-[nErsuz]*i.*|--in-place(?:=.*)?")


def changes(command: ShellCommand) -> bool:
    return any(map(_IN_PLACE.fullmatch, command.words[1:])) and any(True for _ in _files(command))


def _files(command: ShellCommand) -> Iterator[str]:
    return (word for word in command.words[1:] if settings.is_conf(word) or settings.is_host_file(word))


def apply(state: HostState, command: ShellCommand) -> bool:
    words = list(command.words[1:])
    expressions = [words[at + 1] for at, word in enumerate(words[:-1]) if word in ("-e", "--expression")]
    if not expressions:
        expressions = [word for word in words if not word.startswith("-")][:1]
    known = True
    for path in _files(command):
        for expression in expressions:
            known = _edit(state, path, expression.strip(), command.seen) and known
    return known


def _edit(state: HostState, path: str, expression: str, seen: Seen) -> bool:
    if not settings.is_conf(path):
        lines, whole = state.written.lines(path), state.written.is_whole(path)
        state.spend(len(lines))
        after = edited(lines, expression, seen, whole=whole)
        if after is not None:
            state.written.write(path, after, append=False, whole=whole)
        return after is not None
    file = state.files.get(path)
    rows = file.lines if file is not None else ()
    state.spend(len(rows))
    before = [(f"{row.key} = {row.value}" if row.value is not None else f"-{row.key}", row.seen) for row in rows]
    after = edited(before, expression, seen, whole=file is not None and not file.excerpt)
    if after is not None:
        settings.rewrite_conf(state, path, after)
    return after is not None


def edited(lines: Sequence[Line], expression: str, seen: Seen, *, whole: bool) -> Sequence[Line] | None:
    """The lines after an expression of sed. `whole`: the file has no others. None where that is not known."""
    if match := _ADDS.fullmatch(expression):
        return _added(lines, match, seen)
    if match := _DELETES.fullmatch(expression):
        # Lines that were there before may go as well: what they set was not seen.
        wanted = _pattern(match[1])
        return None if wanted is None else [line for line in lines if not wanted.search(line[0])]
    if match := _SUBSTITUTES.fullmatch(expression):
        wanted, put = _pattern(match[2]), re.sub(r"\\([/|#,@!%.])", r"\1", match[3])
        if wanted is None or re.search(r"[\\&]", put):
            return None
        if not whole and not any(wanted.search(text) for text, _ in lines):
            return None
        changed = [(wanted.sub(lambda _: put, text, count=0 if match[4] else 1), text, row) for text, row in lines]
        return [(after, row if after == text else seen) for after, text, row in changed]
    return None


def _added(lines: Sequence[Line], match: re.Match[str], seen: Seen) -> Sequence[Line] | None:
    new = [(text, seen) for text in match[3].replace("\\n", "\n").split("\n")]
    if match[1] == "$":
        return [*lines, *new] if match[2] == "a" else None
    if match[1] == "1":
        return [*new, *lines] if match[2] == "i" else None
    wanted = _pattern(match[1][1:-1])
    places = [number for number, (text, _) in enumerate(lines) if wanted is not None and wanted.search(text)]
    if len(places) != 1:
        return None
    at = places[0] + (match[2] == "a")
    return [*lines[:at], *new, *lines[at:]]


def _pattern(text: str) -> re.Pattern[str] | None:
    try:
        return re.compile(text) if len(text) < 200 and _PLAIN.fullmatch(text) else None
    except re.error:
        return None
