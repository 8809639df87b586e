"""Statements of Jinja in a template (for, if, set), unrolled as far as the variables decide. Nothing is evaluated.

Each line of the result knows the line of the template that it comes from. What a loop or a condition hides that the
files do not decide is left out, and its line is told.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lvsdoctor.parse.config.jinja import UNKNOWN, condition, resolved, value_of

__all__ = ["UNDECIDED", "Unrolled", "unrolled"]

# Stands in the text, as a comment in all files of these kinds, for the lines that a statement would make.
UNDECIDED = "# not decided: a statement of the template"

_ALONE = re.compile(r"[ \t]*(?:(?:\{%(?:(?!%\}).)*%\}|\{#(?:(?!#\}).)*#\})[ \t]*)+")
_FOR = re.compile(r"for\s+([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)?)\s+in\s+(.+?)(?:\s+if\s+(.+?))?", re.ASCII | re.DOTALL)
_SET = re.compile(r"set\s+([A-Za-z_]\w*)\s*=\s*(.+)", re.DOTALL | re.ASCII)
_ITEMS = re.compile(r"(.+?)\s*(?:\.\s*items\(\)|\|\s*dictsort)", re.DOTALL)
_LARGEST, _LONGEST, _DEEPEST = 200_000, 1000, 12


class Unrolled(NamedTuple):
    """The text, the line of the template for each of its lines, and the lines whose statements were not decided."""

    text: str
    numbers: Sequence[int]
    undecided: Sequence[int]


@dataclass(slots=True)
class _Block:
    """A statement with what it holds, `parts` of an `if` by their conditions; text has neither."""

    line: int
    text: str = ""
    word: str = ""
    parts: list[tuple[str, list["_Block"]]] = field(default_factory=list)


def unrolled(text: str, variables: dict[str, Any]) -> Unrolled | None:
    """The template's text for these variables; None where its statements are not understood."""
    blocks = _parsed(text)
    if blocks is None:
        return None
    writer = _Writer(dict(variables), text.split("\n"))
    try:
        writer.write(blocks)
    except _TooLargeError:
        return None
    lines: list[str] = [""]
    numbers: list[int] = [0]
    for piece, start in writer.pieces:
        for offset, part in enumerate(piece.split("\n")):
            if offset:
                lines.append("")
                numbers.append(0)
            if part.strip() and not numbers[-1]:
                numbers[-1] = start + offset
            lines[-1] += part
    known = 1
    for at, number in enumerate(numbers):
        known = numbers[at] = number or known
    return Unrolled("\n".join(lines), numbers, tuple(dict.fromkeys(writer.undecided)))


class _TooLargeError(Exception):
    """More than a file of its kind can be."""


@dataclass(slots=True)
class _Writer:
    variables: dict[str, Any]
    lines: Sequence[str] = ()
    pieces: list[tuple[str, int]] = field(default_factory=list)
    undecided: list[int] = field(default_factory=list)
    size: int = 0
    depth: int = 0

    def write(self, blocks: Sequence[_Block]) -> None:
        for block in blocks:
            if block.word == "":
                text = resolved(block.text, self.variables)
                self.size += len(text) + 1
                if self.size > _LARGEST:
                    raise _TooLargeError
                self.pieces.append((text, block.line))
            elif block.word == "if":
                self._if(block)
            elif block.word == "for":
                self._for(block)
            elif len(block.text) <= _LONGEST and (match := _SET.fullmatch(block.text)) is not None:
                self.variables[match[1]] = value_of(match[2], self.variables)
            else:
                self._leave(block)

    def _leave(self, block: _Block) -> None:
        """Tell of a statement that is not decided, and leave a line in its place where it had a whole one."""
        self.undecided.append(block.line)
        if 0 < block.line <= len(self.lines) and _ALONE.fullmatch(self.lines[block.line - 1]):
            self.pieces.append((f"{UNDECIDED}\n", block.line))

    def _if(self, block: _Block) -> None:
        for asked, inner in block.parts:
            truth = condition(asked, self.variables) if asked else True
            if truth is None:
                self._leave(block)
                return
            if truth:
                self.write(inner)
                return

    def _for(self, block: _Block) -> None:
        match = _FOR.fullmatch(block.text) if len(block.text) <= _LONGEST else None
        rows = self._rows(match[2]) if match else None
        if match is None or rows is None or self.depth > _DEEPEST:
            self._leave(block)
            return
        names = [name.strip() for name in match[1].split(",")]
        outer, taken = dict(self.variables), []
        for row in rows:
            values = list(row) if isinstance(row, tuple) else [row]
            if len(values) != len(names):
                self._leave(block)
                return
            chosen = condition(match[3], outer | dict(zip(names, values, strict=True))) if match[3] else True
            if chosen is None:
                self._leave(block)
                return
            if chosen:
                taken.append(values)
        self.depth += 1
        for at, values in enumerate(taken):
            loop = {"index": str(at + 1), "index0": str(at), "length": str(len(taken))}
            loop |= {"first": str(not at).lower(), "last": str(at + 1 == len(taken)).lower()}
            self.variables = outer | dict(zip(names, values, strict=True)) | {"loop": loop}
            self.size += 1
            if self.size > _LARGEST:
                raise _TooLargeError
            self.write(block.parts[0][1])
        self.depth -= 1
        self.variables = outer

    def _rows(self, expression: str) -> list[Any] | None:
        of_pairs = _ITEMS.fullmatch(expression)
        value = value_of(of_pairs[1] if of_pairs else expression, self.variables)
        if of_pairs:
            return list(value.items()) if isinstance(value, dict) else None
        if isinstance(value, dict):
            return list(value)
        return list(value) if isinstance(value, list) and UNKNOWN not in value else None


def _parsed(text: str) -> list[_Block] | None:
    """The blocks of a template; None where a statement does not end, or is none of these."""
    top: list[_Block] = []
    stack: list[tuple[_Block, list[_Block]]] = []
    into = top
    for piece, tag, line in _pieces(text):
        if not tag:
            into.append(_Block(line, piece))
            continue
        word = piece.split(None, 1)[0] if piece else ""
        if word in ("if", "for"):
            block = _Block(line, piece, word, [(piece[2:].strip() if word == "if" else "", [])])
            into.append(block)
            stack.append((block, into))
            into = block.parts[-1][1]
        elif word in ("elif", "else"):
            if not stack or stack[-1][0].word != "if":
                return None
            stack[-1][0].parts.append((piece[4:].strip() if word == "elif" else "", []))
            into = stack[-1][0].parts[-1][1]
        elif word in ("endif", "endfor"):
            if not stack or f"end{stack[-1][0].word}" != word:
                return None
            _, into = stack.pop()
        elif word == "set" and "=" in piece:
            into.append(_Block(line, piece, "set"))
        elif word:
            return None
    return None if stack else top


def _pieces(text: str) -> Iterator[tuple[str, bool, int]]:
    """Text and tags, with their lines. A line that holds tags alone leaves nothing behind."""
    at, line, begins, ends, alone = 0, 1, 0, -1, False
    for start, end in _tags(text):
        if end > ends:  # the first tag of its line
            begins, ends = text.rfind("\n", at, start) + 1 or at, text.find("\n", end)
            ends = len(text) if ends < 0 else ends
            alone = ends - begins <= _LONGEST and _ALONE.fullmatch(text, begins, ends) is not None
        before = text[at : max(at, begins)] if alone else text[at:start]
        if before:
            yield before, False, line
        line += text.count("\n", at, start)
        comment = text[start + 1] == "#"
        yield ("" if comment else text[start + 2 : end - 2].strip("+- \t\r\n")), True, line
        line += text.count("\n", start, end)
        at = end
        if alone and not text[end:ends].strip() and ends < len(text):
            at, line = ends + 1, line + 1
    if text[at:]:
        yield text[at:], False, line


def _tags(text: str) -> Iterator[tuple[int, int]]:
    """Where statements and comments begin and end; one that does not end is text."""
    start = -1
    while (start := text.find("{", start + 1)) >= 0:
        sign = text[start + 1 : start + 2]
        if sign in ("%", "#"):
            end = text.find(f"{sign}}}", start + 2)
            if end < 0:
                return
            yield start, end + 2
            start = end + 1
