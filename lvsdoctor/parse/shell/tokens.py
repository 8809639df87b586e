"""The raw words and the operators of a line of a shell that stands by itself."""

import re

from lvsdoctor.parse.shell.words import closing

_OPERATOR = re.compile(r"\d?(?:>>|>\||>&|<&|<<<|<<-|<<|>|<)|&>>|&>|&&|\|\||\|&|;;|[|;&()]")


def tokens(line: str) -> list[tuple[str, bool]]:
    """The raw words of a line and its operators, each with whether it is one. A comment ends it."""
    parts: list[tuple[str, bool]] = []
    at, size = 0, len(line)
    while at < size:
        if line[at].isspace():
            at += 1
            continue
        if line[at] == "#":
            break
        if match := _OPERATOR.match(line, at):
            parts.append((match[0], True))
            at = match.end()
            continue
        end = _word_end(line, at)
        parts.append((line[at:end], False))
        at = end
    return parts


def _word_end(line: str, at: int) -> int:
    size = len(line)
    while at < size:
        letter = line[at]
        if letter.isspace() or letter in "|;&()<>":
            return at
        if letter == "\\":
            at += 2
        elif letter in "'`":
            end = line.find(letter, at + 1)
            at = size if end < 0 else end + 1
        elif letter == '"':
            at = _quote_end(line, at + 1)
        elif line.startswith("$(", at):
            at = closing(line, at + 1, "(", ")") + 1
        elif line.startswith("${", at):
            at = closing(line, at + 1, "{", "}") + 1
        else:
            at += 1
    return size


def _quote_end(line: str, at: int) -> int:
    while at < len(line) and line[at] != '"':
        at += 2 if line[at] == "\\" else 1
    return at + 1
