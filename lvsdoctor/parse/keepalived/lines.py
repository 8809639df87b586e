"""The lines of a keepalived.conf as its own parser gets them: comments gone, conditions decided, parameters filled in.

keepalived.conf(5), CONDITIONAL CONFIGURATION, PARAMETER SUBSTITUTION; lib/parser.c: read_line(), replace_param().
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.model.seen import Seen

# A stranger's definitions may name each other so that they grow without end: what they add to the file is bounded.
MOST_ADDED = 500_000
MOST_ROUNDS = 16

_SPECIAL = re.compile(r'["!#\\]')
_DEFINITION = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)=[ \t]*(.*)", re.DOTALL)
_USE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*)(?=[ \t,)]|$))")
_CONDITION = re.compile(r"@(\^?)([^ \t]*)[ \t]+(.*)", re.DOTALL)
_INCLUDE = frozenset({"include", "includer", "includem", "includew", "includeb", "includea"})


@dataclass(frozen=True, slots=True)
class ConfigLine:
    """One line to be parsed; `seen` is where its words stand, which for a whole definition is not where it is used."""

    text: str
    seen: Seen


class Lines:
    """Goes through a file once. `unread` are lines it cannot follow, `includes` those that name other files,
    `conditions` those of another configuration id, which were left out."""

    def __init__(self, text: str, where: str, config_id: str) -> None:
        self.unread: list[Seen] = []
        self.includes: list[Seen] = []
        self.conditions: list[Seen] = []
        self._text, self._where, self._id = text, where, config_id
        self._definitions: dict[str, tuple[ConfigLine, ...]] = {}
        self._added = 0

    def __iter__(self) -> Iterator[ConfigLine]:
        for written in self._written():
            todo = deque([written])
            while todo:
                line = todo.popleft()
                ready = self._ready(line, todo)
                if ready is None:
                    continue
                if ready.text.partition(" ")[0].partition("\t")[0] in _INCLUDE:
                    self.includes.append(ready.seen)
                elif ready.text:
                    yield ready

    def _written(self) -> Iterator[ConfigLine]:
        """The lines without comments; those of a definition over several lines go into the definition."""
        name, body = "", list[ConfigLine]()
        for number, raw in enumerate(self._text.split("\n"), 1):
            text, continued = _without_comment(raw)
            seen = Seen(self._where, number, raw.rstrip())
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
                self.unread.append(seen)
                return None
            else:
                filled = self._filled(text, seen, todo) if "$" in text else None
                if filled is None:
                    return ConfigLine(text, seen)
                text, seen = filled.text, filled.seen
            if self._added > MOST_ADDED:
                break
        self.unread.append(line.seen)
        return None

    def _conditional(self, text: str, seen: Seen) -> str | None:
        """What stands behind `@id` or `@^id`, if it is for this configuration."""
        found = _CONDITION.fullmatch(text)
        if found is None:
            self.unread.append(seen)
            return None
        if (found[2] == self._id) == bool(found[1]):
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
