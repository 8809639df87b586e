"""The lines of a keepalived.conf as its own parser gets them: comments gone, conditions decided, parameters filled in.

keepalived.conf(5), CONDITIONAL CONFIGURATION, PARAMETER SUBSTITUTION; lib/parser.c: read_line(), replace_param().
"""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.jinja_blocks import UNDECIDED

# A stranger's definitions may name each other so that they grow without end: what they add to the file is bounded.
MOST_ADDED = 500_000
MOST_ROUNDS = 16
LONGEST_SEQUENCE = 1024
DEEPEST_INCLUDE = 8
MOST_INCLUDED = 256

_SPECIAL = re.compile(r'["!#\\]')
_DEFINITION = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)=[ \t]*(.*)", re.DOTALL)
_USE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*)(?=[ \t,)]|$))")
_CONDITION = re.compile(r"@(\^?)([^ \t]*)[ \t]+(.*)", re.DOTALL)
_SEQUENCE = re.compile(r"~SEQ(x?)[ \t]*\([ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t]*,([^()]*)\)[ \t]*(.*)", re.DOTALL)
_LIST = re.compile(r"~LST[ \t]*\(([^()]*)\)[ \t]*(.*)", re.DOTALL)
_LISTED = re.compile(r"\{([^{}]*)\}|[^,{}\s][^,{}]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]{1,8}|\d{1,9})")
_INCLUDE = frozenset({"include", "includer", "includem", "includew", "includeb", "includea"})


# What an included pattern stands for, as named in a file: the files' names and texts; None where it cannot be known.
Opener = Callable[[str, str], Iterable[tuple[str, str]] | None]


@dataclass(frozen=True, slots=True)
class ConfigLine:
    """One line to be parsed; `seen` is where its words stand, which for a whole definition is not where it is used."""

    text: str
    seen: Seen


class Lines:
    """Goes through a file once, and through those that it includes, if `opener` opens them. `unread` are lines it
    cannot follow, `includes` those that name files which were not opened, `conditions` those of another configuration
    id, which were left out (with None for the id: those of any)."""

    def __init__(
        self, text: str | Iterable[Seen], where: str, config_id: str | None, opener: Opener | None = None
    ) -> None:
        self.unread: list[Seen] = []
        self.includes: list[Seen] = []
        self.conditions: list[Seen] = []
        self._rows = _rows(text, where) if isinstance(text, str) else text
        self._id, self._opener = config_id, opener
        self._opened: list[str] = []
        # keepalived.conf(5), PARAMETER SUBSTITUTION: what a line needs to be a comment by a parameter.
        self._definitions: dict[str, tuple[ConfigLine, ...]] = {
            name: (ConfigLine(sign, Seen(where, None, sign)),) for name, sign in (("_HASH", "#"), ("_BANG", "!"))
        }
        self._added = 0

    def __iter__(self) -> Iterator[ConfigLine]:
        for written in self._written(self._rows, 0):
            todo = deque([written])
            while todo:
                line = todo.popleft()
                ready = self._ready(line, todo)
                if ready is None:
                    continue
                if _first_word(ready.text) in _INCLUDE:  # by a condition or a parameter: keepalived would not follow it
                    self.includes.append(ready.seen)
                elif ready.text:
                    yield ready

    def _written(self, rows: Iterable[Seen], depth: int) -> Iterator[ConfigLine]:
        """The lines without comments; those of a definition over several lines go into the definition."""
        name, body = "", list[ConfigLine]()
        for seen in rows:
            if UNDECIDED in seen.text:
                self.unread.append(seen)
            text, continued = _without_comment(seen.text)
            if not name and _first_word(text) in _INCLUDE:
                yield from self._included(text, seen, depth)
                continue
            if continued and not name and text.startswith("@"):
                text = self._conditional(text, seen) or ""
            if name:
                body += [ConfigLine(text, seen)] if text else []
            elif continued and (found := _DEFINITION.fullmatch(text)):
                name, body = found[1], [ConfigLine(found[2], seen)] if found[2] else []
                continue
            elif text:
                yield ConfigLine(text, seen)
            if name and not continued:
                self._definitions[name] = tuple(body)
                name = ""
        if name:
            self._definitions[name] = tuple(body)

    def _included(self, text: str, seen: Seen, depth: int) -> Iterator[ConfigLine]:
        """The lines of the files that an include names, in the place of its line (lib/parser.c: open_conf_file())."""
        pattern = text.split(None, 1)[1].strip("\"' \t") if " " in text or "\t" in text else ""
        files = self._opener(pattern, seen.where) if self._opener and pattern and depth < DEEPEST_INCLUDE else None
        if files is None:
            self.includes.append(seen)
            return
        for where, content in files:
            self._added += len(content)
            if len(self._opened) >= MOST_INCLUDED or self._added > MOST_ADDED:
                self.includes.append(seen)
                return
            self._opened.append(where)
            yield from self._written(_rows(content, where), depth + 1)

    def _ready(self, line: ConfigLine, todo: deque[ConfigLine]) -> ConfigLine | None:
        """The line with its condition decided and its parameters filled in; None if it says nothing by itself."""
        text, seen = line.text, line.seen
        for _ in range(MOST_ROUNDS):
            if text.startswith("@"):
                rest = self._conditional(text, seen)
                if rest is None:
                    return None
                text = rest
            elif text.startswith("$") and (found := _DEFINITION.fullmatch(text)):
                self._definitions[found[1]] = (ConfigLine(found[2], seen),)
                return None
            elif text.startswith("~"):  # ~SEQ and ~LST repeat the rest of the line
                if not self._repeat(text, seen, todo):
                    self.unread.append(seen)
                return None
            else:
                filled = self._filled(text, seen, todo) if "$" in text else None
                if filled is None:
                    return ConfigLine(text, seen)
                of_sign = "_HASH" in text or "_BANG" in text
                text, seen = without_comment(filled.text) if of_sign else filled.text, filled.seen
            if self._added > MOST_ADDED:
                break
        self.unread.append(line.seen)
        return None

    def _repeat(self, text: str, seen: Seen, todo: deque[ConfigLine]) -> bool:
        """Puts the rest of a ~SEQ or ~LST line in line as often as it says (lib/parser.c: add_seq(), add_lst()); False
        for what it says not, and for too much."""
        if (found := _SEQUENCE.fullmatch(text)) is not None:
            values = self._numbers(found[3])
            names, rest, rows = [found[2]], found[4], _sequence(values or (), found[1] == "x")
        elif (found := _LIST.fullmatch(text)) is not None:
            groups, rest = _listed(self._substituted(found[1])), found[2]
            names, rows = groups[0] if groups else [], groups[1:]
        else:
            return False
        self._added += len(rows) * (len(rest) + 8 * len(names))
        if not rows or len(rows) > LONGEST_SEQUENCE or self._added > MOST_ADDED:
            return False
        if not all(map(_NAME.fullmatch, names)) or any(len(row) != len(names) for row in rows):
            return False
        lines: list[ConfigLine] = []
        for row in rows:
            lines += [ConfigLine(f"${name}={value}", seen) for name, value in zip(names, row, strict=True)]
            lines.append(ConfigLine(rest, seen))
        todo.extendleft(reversed(lines))
        return True

    def _substituted(self, text: str) -> str:
        """The words of a ~SEQ or ~LST with the parameters of one line filled in."""

        def value(use: re.Match[str]) -> str:
            body = self._definitions.get(use[1] or use[2], ())
            return body[0].text if len(body) == 1 else use[0]

        return _USE.sub(value, text)

    def _numbers(self, text: str) -> list[int] | None:
        """The numbers of a ~SEQ, its parameters filled in; None if one is none."""
        words = [word.strip() for word in self._substituted(text).split(",")]
        if not 1 <= len(words) <= 3 or not all(map(_NUMBER.fullmatch, words)):
            return None
        return [int(word, 16) if "x" in word.lower() else int(word) for word in words]

    def _conditional(self, text: str, seen: Seen) -> str | None:
        """What stands behind `@id` or `@^id`, if it is for this configuration."""
        found = _CONDITION.fullmatch(text)
        if found is None:
            self.unread.append(seen)
            return None
        if self._id is None or (found[2] == self._id) == bool(found[1]):
            self.conditions.append(seen)
            return None
        return found[3]

    def _filled(self, text: str, seen: Seen, todo: deque[ConfigLine]) -> ConfigLine | None:
        """The line with each parameter replaced once; None if it holds none that is defined."""
        parts: list[str] = []
        at, came = 0, seen
        for use in _USE.finditer(text):
            body = self._definitions.get(use[1] or use[2])
            # One of several lines may only end a line, and its other lines come next.
            if body is None or (len(body) > 1 and use.end() < len(text)):
                continue
            first = body[0] if body else ConfigLine("", seen)
            todo.extendleft(reversed(body[1:]))
            if use.end() - use.start() == len(text):
                came = first.seen
            parts += [text[at : use.start()], first.text]
            at = use.end()
            self._added += 1 + sum(len(each.text) for each in body)
            if self._added > MOST_ADDED:
                todo.clear()
                break
        return ConfigLine(("".join(parts) + text[at:]).strip(" \t"), came) if parts else None


def _sequence(numbers: Sequence[int], hexadecimal: bool) -> list[list[str]]:
    """The values that a ~SEQ(start, step, end) gives its variable, in rows of one."""
    if not numbers:
        return []
    end, step, start = numbers[-1], 0, numbers[0]
    if len(numbers) == 1:
        start = -1 if end < 0 else 1
    elif len(numbers) == 3:
        step = numbers[1]
    step = step or (1 if start <= end else -1)
    values = range(start, end + (1 if step > 0 else -1), step)
    if len(values) > LONGEST_SEQUENCE:
        return []
    return [[f"{value:x}" if hexadecimal else str(value)] for value in values]


def _listed(text: str) -> list[list[str]]:
    """The variables of a ~LST and the values that it gives them: `VAR, 1, 2` or `{VAR, ANOTHER}, {1, 2}, {3, 4}`."""
    found = _LISTED.finditer(text)
    return [
        [word.strip() for word in group[1].split(",")] if group[1] is not None else [group[0].strip()]
        for group in found
    ]


def _rows(text: str, where: str) -> Iterator[Seen]:
    for number, raw in enumerate(text.split("\n"), 1):
        yield Seen(where, number, raw.rstrip())


def _first_word(text: str) -> str:
    return text.partition(" ")[0].partition("\t")[0]


def without_comment(raw: str) -> str:
    """The line up to its comment."""
    return _without_comment(raw)[0]


def _without_comment(raw: str) -> tuple[str, bool]:
    """The line up to its comment, and whether it ends with a backslash (lib/parser.c: decomment())."""
    text = raw.strip(" \t\r")
    parts: list[str] = []
    begin = at = 0
    end, quoted = len(text), False
    while found := _SPECIAL.search(text, at):
        at = found.start()
        mark, following = text[at], text[at + 1 : at + 2]
        if mark == '"':
            quoted = not quoted
        elif mark == "\\":
            if not quoted and following and following in "#!":
                parts.append(text[begin:at])
                begin = at + 1
            at += 1
        elif not quoted:
            end = at
            break
        at += 1
    continued = text.endswith("\\") and not text.endswith("\\\\")
    kept = "".join(parts) + text[begin:end]
    return (kept.removesuffix("\\") if continued else kept).rstrip(" \t"), continued
