"""A shell's words: quotes and variables. Nothing is executed.

A value that the text does not tell becomes UNKNOWN in its word, and the word is known for that.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from lvsdoctor.parse.shell import arithmetic
from lvsdoctor.parse.shell.command import FIRST, UNKNOWN

LONGEST = 20_000  # characters of a value, and fields of a word
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_PARAMETER = re.compile(
    r"(?P<keys>!(?=[A-Za-z_]))?(?P<name>[A-Za-z_]\w*|\d+|[@*#?$!-])(?:\[(?P<index>[^\]]*)\])?(?P<operator>:?[-=+?]|%%?|##?)?(?P<word>.*)",
    re.ASCII | re.DOTALL,
)
_BRACES = re.compile(r"(?<!\$)\{([\w./:-]+(?:,[\w./:-]+)+|\d{1,6}\.\.\d{1,6})\}")
_SEQ = re.compile(r"\s*seq\s+(\d{1,6})(?:\s+(\d{1,6}))?\s*")
_EXPR = re.compile(r"\s*expr\s+([^|;&<>`]*)")
_CALL = re.compile(r"\s*[A-Za-z_]\w*(?:\s+[\w./:$@{}\"-]+)*\s*", re.ASCII)
_WHOLE_LIST = re.compile(r'"\$(?:\{(!?[A-Za-z_]\w*\[@\]|@)\}|@)"', re.ASCII)
_QUOTED = re.compile(r"[\\'\"]")


@dataclass(slots=True)
class Scope:
    """The variables that a script has set, and its arguments (None: those that it is called with)."""

    variables: dict[str, str | tuple[str, ...]] = field(default_factory=dict)
    arguments: tuple[str, ...] | None = None
    output: Callable[[Sequence[str]], str | None] | None = None  # what a function of the script prints

    def set(self, name: str, value: str | tuple[str, ...]) -> None:
        size = len(value) + (sum(map(len, value)) if isinstance(value, tuple) else 0)
        self.variables[name] = UNKNOWN if size > LONGEST else value

    def plain(self, name: str) -> str:
        """The value of `$name`, UNKNOWN where nothing tells it."""
        values = self._values(name)
        return " ".join(values) if values is not None else UNKNOWN

    def _values(self, name: str) -> tuple[str, ...] | None:
        if name in ("@", "*"):
            return (FIRST,) if self.arguments is None else self.arguments
        if name.isdigit():
            if self.arguments is None:
                return (FIRST,) if name == "1" else None
            return (self.arguments[int(name) - 1],) if 0 < int(name[:4]) <= len(self.arguments) else ("",)
        if name == "#" and self.arguments is not None:
            return (str(len(self.arguments)),)
        value = self.variables.get(name)
        return (value,) if isinstance(value, str) else value[:1] if value is not None else None

    def parameter(self, text: str) -> tuple[tuple[str, ...], bool]:
        """What `${text}` stands for, and whether it is a list (`${A[@]}`, `$@`)."""
        match = _PARAMETER.fullmatch(text)
        if match is None:
            return (UNKNOWN,), False
        name, index, operator, word = match["name"], match["index"], match["operator"], match["word"]
        if match["keys"]:  # ${!A[@]}: its indices
            listed = self.variables.get(name)
            several = isinstance(listed, tuple) and index in ("@", "*") and not operator
            return (tuple(map(str, range(len(listed or ())))), True) if several else ((UNKNOWN,), False)
        if index is not None:
            value = self.variables.get(name)
            values = (value,) if isinstance(value, str) else value
            if values is None or operator or word:
                return (UNKNOWN,), False
            if index in ("@", "*"):
                return values, True
            index = index if index.isdigit() else expanded(index, self)
            return (values[int(index)] if index.isdigit() and int(index[:4]) < len(values) else UNKNOWN,), False
        known = self._values(name)
        if operator is None:
            return ((UNKNOWN,), False) if word else (known if known is not None else (UNKNOWN,), name in "@*")
        return (self._changed(known, operator, word),), False

    def _changed(self, known: tuple[str, ...] | None, operator: str, word: str) -> str:
        value = " ".join(known) if known is not None else UNKNOWN
        if operator in (":-", "-", ":=", "="):
            # What the environment has is not known, but what the script sets before is.
            return value if value or operator[0] != ":" else expanded(word, self)
        if operator in ("%", "%%", "#", "##") and UNKNOWN not in value and FIRST not in value:
            return _trimmed(value, operator, expanded(word, self))
        return value if operator in (":?", "?") else UNKNOWN


def _trimmed(value: str, operator: str, pattern: str) -> str:
    if len(value) > 200 or len(pattern) > 50:
        return UNKNOWN
    cuts = range(len(value) + 1)
    if operator[0] == "#":
        fitting = [cut for cut in cuts if fnmatchcase(value[:cut], pattern)]
        return value[(max if len(operator) > 1 else min)(fitting) :] if fitting else value
    fitting = [cut for cut in cuts if fnmatchcase(value[cut:], pattern)]
    return value[: (min if len(operator) > 1 else max)(fitting)] if fitting else value


def fields(raw: str, scope: Scope) -> list[str]:
    """The words that one word of the text becomes: `$VIPS` may be several, `"$VIP"` is one."""
    if len(raw) > LONGEST:
        return [UNKNOWN]
    if match := _WHOLE_LIST.fullmatch(raw):
        return list(scope.parameter(match[1] or "@")[0])[:LONGEST]
    if not _QUOTED.search(raw) and (match := _BRACES.search(raw)):
        inside = match[1]
        if "," in inside:
            parts = inside.split(",")
        else:
            low, high = (int(number) for number in inside.split(".."))
            parts = [str(number) for number in range(low, high + 1)] if low <= high <= low + 1000 else [UNKNOWN]
        rests = fields(raw[match.end() :], scope) or [""]
        return [before + part + rest for before in [raw[: match.start()]] for part in parts for rest in rests][:LONGEST]
    words: list[str] = []
    current: list[str] | None = None
    for text, splits in _pieces(raw, scope):
        if not splits:
            current = [*(current or []), text]
            continue
        parts = text.split()
        if text[:1].isspace() and current is not None:
            words.append("".join(current))
            current = None
        for number, part in enumerate(parts):
            if number and current is not None:
                words.append("".join(current))
                current = None
            current = [*(current or []), part]
        if parts and text[-1:].isspace() and current is not None:
            words.append("".join(current))
            current = None
    if current is not None:
        words.append("".join(current))
    return words[:LONGEST]


def expanded(raw: str, scope: Scope) -> str:
    """A word that is not split, as behind `=` of an assignment."""
    text = "".join(text for text, _ in _pieces(raw, scope)) if len(raw) <= LONGEST else UNKNOWN
    return text if len(text) <= LONGEST else UNKNOWN


def here_text(raw: str, scope: Scope) -> str:
    """A line of a here-document, in which quotes are quotes."""
    parts, at = [], 0
    while at < len(raw):
        if raw[at] == "\\" and raw[at + 1 : at + 2] in ("$", "`", "\\"):
            parts.append(raw[at + 1])
            at += 2
        elif raw[at] in "$`":
            values, at, _ = _dollar(raw, at, scope)
            parts.append(" ".join(values))
        else:
            end = next((place for place in range(at + 1, len(raw)) if raw[place] in "\\$`"), len(raw))
            parts.append(raw[at:end])
            at = end
    return "".join(parts)[:LONGEST]


def _pieces(raw: str, scope: Scope) -> Iterator[tuple[str, bool]]:
    """The parts of a word without their quotes, and whether blanks part it there."""
    at, size = 0, len(raw)
    while at < size:
        letter = raw[at]
        if letter == "\\":
            if raw[at + 1 : at + 2] != "\n":
                yield raw[at + 1 : at + 2], False
            at += 2
        elif letter == "'":
            end = raw.find("'", at + 1)
            end = size if end < 0 else end
            yield raw[at + 1 : end], False
            at = end + 1
        elif letter == '"':
            quoted, at = _in_quotes(raw, at + 1, scope)
            yield quoted, False
        elif letter == "$" and raw[at + 1 : at + 2] in ("'", '"'):
            at += 1
        elif letter in "$`":
            values, at, several = _dollar(raw, at, scope)
            for number, value in enumerate(values):
                if number and several:
                    yield " ", True
                yield value, True
        else:
            end = at + 1
            while end < size and raw[end] not in "\\'\"$`":
                end += 1
            yield raw[at:end], False
            at = end


def _in_quotes(raw: str, at: int, scope: Scope) -> tuple[str, int]:
    parts: list[str] = []
    while at < len(raw) and raw[at] != '"':
        if raw[at] == "\\" and raw[at + 1 : at + 2] in ("$", "`", '"', "\\", "\n"):
            parts.append(raw[at + 1].strip("\n"))
            at += 2
        elif raw[at] in "$`":
            values, at, _ = _dollar(raw, at, scope)
            parts.append(" ".join(values))
        else:
            parts.append(raw[at])
            at += 1
    return "".join(parts)[:LONGEST], at + 1


def _dollar(raw: str, at: int, scope: Scope) -> tuple[tuple[str, ...], int, bool]:
    """What `$x`, `${x}`, `$(x)` and backquotes at `at` stand for, where it ends, and whether it is a list."""
    if raw[at] == "`":
        end = raw.find("`", at + 1)
        return _substituted(raw[at + 1 : end], scope), (len(raw) if end < 0 else end + 1), False
    following = raw[at + 1 : at + 2]
    if following == "{":
        end = closing(raw, at + 1, "{", "}")
        values, several = scope.parameter(raw[at + 2 : end])
        return values, end + 1, several
    if following == "(":
        end = closing(raw, at + 1, "(", ")")
        if raw.startswith("$((", at) and raw[end - 1 : end] == ")":
            return _counted(raw[at + 3 : end - 1], scope), end + 1, False
        return _substituted(raw[at + 2 : end], scope), end + 1, False
    if match := _NAME.match(raw, at + 1):
        return (scope.plain(match[0]),), match.end(), False
    if following and following in "@*#?$!-0123456789":
        values, several = scope.parameter(following)
        return values, at + 2, several
    return ("$",), at + 1, False


def _counted(expression: str, scope: Scope) -> tuple[str, ...]:
    total = arithmetic.number(expression, scope.plain)
    return (UNKNOWN if total is None else str(total),)


def _substituted(command: str, scope: Scope) -> tuple[str, ...]:
    """The output of a command, which is not run: of `seq` and `expr` it is known."""
    if match := _EXPR.fullmatch(command):
        return _counted(match[1].replace("\\*", "*"), scope)
    if match := _SEQ.fullmatch(command):
        low, high = (int(match[1]), int(match[2])) if match[2] else (1, int(match[1]))
        if low <= high <= low + 1000:
            return (" ".join(str(number) for number in range(low, high + 1)),)
    if scope.output is not None and _CALL.fullmatch(command):
        words = [expanded(word, scope) for word in command.split()]
        known = scope.output(words)
        return (UNKNOWN if known is None else known,)
    return (UNKNOWN,)


def closing(raw: str, at: int, opens: str, closes: str) -> int:
    """Where the bracket at `at` is closed; the end of the text where it is not."""
    depth = 0
    for place in range(at, len(raw)):
        if raw[place] == opens:
            depth += 1
        elif raw[place] == closes:
            depth -= 1
            if not depth:
                return place
    return len(raw)
