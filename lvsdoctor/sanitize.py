r"""Text that somebody else wrote, made safe: to show on a terminal, in a column, in one line; to paste into a shell.

A link's alias, a comment in keepalived.conf, a file's name in a sosreport can hold anything: an escape sequence that
repaints the terminal, an override that turns the line around, a character nobody sees. All of these become visible
escapes (`\x1b`, `\u202e`), so that what is read is what was there.

The log of a CI job is a terminal too, and its runner obeys what it reads there: `##[...]` and `##vso[...]` anywhere in
a line (Azure Pipelines, GitHub, TeamCity's `##teamcity[`), `::name ...::` at a line's start (GitHub; the blanks before
it do not count: actions/runner, ActionCommand.cs). These get an escape for a character of theirs.
"""

import re
from collections.abc import Iterable
from shlex import quote

# Blank glyphs that Unicode counts among the letters and marks, so that str.isprintable() lets them through
# (DerivedCoreProperties.txt: Default_Ignorable_Code_Point; and the braille blank).
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)
_CI_ANYWHERE = re.compile(r"#(?=#\w*\[)", re.ASCII)
_CI_AT_START = re.compile(r"( *):(?=:[a-z][\w-]*(?: .*)?::)", re.ASCII | re.IGNORECASE)


def legible(text: str, encoding: str = "utf-8") -> str:
    r"""The text with everything that would not be seen as itself written as an escape; a tab becomes a blank.

    Never has a line break: a newline is `\n` in sight. `encoding` is what the stream can write; the rest is escaped.
    """
    shown = visible(text)
    if "##" in shown:
        shown = _CI_ANYWHERE.sub(r"\\x23", shown)
    if encoding == "utf-8" or shown.isascii():
        return shown
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def visible(text: str) -> str:
    """`legible` but for what a CI's runner would obey: a word of a command, which has to stay the word it is."""
    return text if text.isascii() and text.isprintable() else "".join(_visible(letter) for letter in text)


def commands_nobody(line: str) -> str:
    r"""A legible line that no CI's runner takes for a command at its start: `\x3a:error::` for `::error::`.

    For whole lines alone, after they were wrapped. An IPv6 route (`::/0 via fe80::1`) stays as it is.
    """
    return _CI_AT_START.sub(r"\1\\x3a", line, count=1) if _CI_AT_START.match(line) else line


def _visible(letter: str) -> str:
    # isprintable() is False for controls, formatting characters (bidi, zero width), surrogates, private and unassigned
    # ones, and every separator but the blank: a no-break space in a configuration file is worth seeing, too.
    if letter.isprintable() and letter not in _UNSEEN:
        return letter
    return " " if letter == "\t" else letter.encode("unicode_escape", "surrogatepass").decode("ascii")


def cells(text: str) -> int:
    """How many columns of a terminal the text takes: a Chinese character two, a combining mark none."""
    if text.isascii():
        return len(text)
    # Hardly any dump gets here, and the import costs a millisecond.
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _fitting(text: str, at: int, width: int) -> int:
    """Up to where the text fits into `width` columns if it starts at `at`; at least one character, to get on."""
    if text.isascii():
        return at + max(1, width)
    used, end = 0, at
    while end < len(text) and (used := used + cells(text[end])) <= width:
        end += 1
    return max(end, at + 1)


def wrapped(text: str, width: int, first: int | None = None) -> list[str]:
    """The text in pieces of at most `width` columns (`first` for the first), cut at blanks.

    Only a word that is longer than a whole line is cut inside, and Chinese, which has no blanks, between any two
    characters but before a full stop and the like. The first piece may be empty.
    """
    if not text.isascii() and any(map(_is_wide, text)):
        return _wrapped_wide(text, width, first)
    pieces = []
    at, room = 0, width if first is None else first
    # By position, not by cutting pieces off: somebody's unread line may be a megabyte.
    while (fits := _fitting(text, at, room)) < len(text):
        cut = max(text.rfind(" ", at, fits + 1), at)
        word = text[cut : cut + width + 2].lstrip(" ").partition(" ")[0]
        if cells(word) > width or (cut == at and room == width):
            cut = fits
        pieces.append(text[at:cut].rstrip())
        at, room = cut, width
        while text.startswith(" ", at):
            at += 1
    return [*pieces, text[at:]]


# What does not begin a line, and what does not end one.
_CLOSING, _OPENING = frozenset("，。、；：？！）」』》】”’…·%"), frozenset("（「『《【“‘")


def _is_wide(letter: str) -> bool:
    return letter > "\u10ff" and cells(letter) == 2


def _wrapped_wide(text: str, width: int, first: int | None) -> list[str]:
    pieces = []
    at, room = 0, width if first is None else first
    while (fits := _fitting(text, at, room)) < len(text):
        cut = next((place for place in range(fits, at, -1) if _may_break(text, place)), at)
        if cut == at and (room == width or cells(text[at : _next_break(text, at)]) > width):
            cut = fits
        pieces.append(text[at:cut].rstrip())
        at, room = cut, width
        while text.startswith(" ", at):
            at += 1
    return [*pieces, text[at:]]


def _next_break(text: str, at: int) -> int:
    return next((place for place in range(at + 1, len(text)) if _may_break(text, place)), len(text))


def _may_break(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    if " " in (before, after):
        return True
    return (_is_wide(before) or _is_wide(after)) and after not in _CLOSING and before not in _OPENING


def unwrapped(lines: Iterable[str]) -> str:
    """Lines of one paragraph in one: with a blank between two of them, but where Chinese goes on."""
    text = ""
    for line in map(str.strip, lines):
        goes_on = not text or (_is_wide(text[-1]) and (_is_wide(line[:1] or " ") or text[-1] in _CLOSING))
        text += line if goes_on else f" {line}"
    return text


def shortened(text: str, width: int) -> str:
    """The text with its middle cut out if it is longer than `width` columns; both ends say what it was."""
    if cells(text) <= width:
        return text
    mark = " ... "
    head = text[: _fitting(text, 0, (width - len(mark)) // 2)]
    tail = text[::-1][: _fitting(text[::-1], 0, width - len(mark) - cells(head))][::-1]
    return f"{head}{mark}{tail}"


def squeezed(text: str) -> str:
    """The text without its runs of blanks: in a quoted line they only align it with lines that are not quoted."""
    return re.sub("  +", " ", text) if "  " in text else text


# -- words and commands for a shell -----------------------------------------------------------------------------------
#
# Whatever is printed for somebody to paste is put together here, word by word. A link may be named `$(reboot)`: the
# kernel takes it (net/core/dev.c: dev_valid_name()), and so do our parsers. In a comment such a word is quoted as well,
# for an interactive zsh knows no comments; which is also why no comment of ours has an apostrophe: it would open a
# quote, and leave what is quoted behind it outside.


def word(value: object) -> str:
    """The value as one word of a POSIX shell, and as itself where it needs no quotes; never more than one line.

    A character that cannot be seen becomes an escape, so the word is another one then, and names nothing.
    """
    quoted = quote(visible(str(value)))
    if quoted.startswith("="):
        return f"'{quoted}'"  # zsh looks for a program of that name
    # Two # stand only within the quotes: `'#''#[error]'` is the same word, and no command to a CI's runner.
    return re.sub("#(?=#)", "#''", quoted)


def command(*words: object) -> str:
    """One shell command. Names come from strangers' dumps, so every word is quoted where a shell would care."""
    return " ".join(map(word, words))
