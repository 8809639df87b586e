"""`define NAME = VALUE` of a file that `nft -f` reads, and the words `$NAME` that nft replaces by it.

nft(8), SYMBOLIC VARIABLES: a definition holds from its line on, in its block and those within. One that is not known
here (of another file, of the command line) leaves the word as it is.
"""

import re

from lvsdoctor.model.seen import Seen

_DEFINE = re.compile(r"(?P<word>define|redefine) +(?P<name>[A-Za-z_][\w.\\/]{0,127}) *= *(?P<value>.*)")
_UNDEFINE = re.compile(r"undefine +(?P<name>\S{1,128})")
_WORD = re.compile(r"\$(?P<name>[A-Za-z_][\w.\\/]*)")
_QUOTED = re.compile(r'("[^"]*")')
_LONGEST = 20_000  # of a line with its words replaced: a definition may hold others twice, and these others


class Definitions:
    """What a file defines so far. `unread` are the lines of definitions that no word may be replaced by."""

    def __init__(self) -> None:
        self.unread: list[Seen] = []
        self._global: dict[str, tuple[str, tuple[Seen, ...]]] = {}
        self._local: dict[str, tuple[str, tuple[Seen, ...]]] = {}
        self._open: tuple[Seen, str, str, bool] | None = None  # a value that goes on: its line, name, and text so far

    def take(self, seen: Seen, line: str, *, inside: bool) -> bool:
        """Is this line one of a definition? `inside` a table it holds to the end of that."""
        line = line.strip().removesuffix(";").rstrip()
        if self._open is not None:
            first, name, text, local = self._open
            self._open = first, name, f"{text} {line}", local
            self._close()
            return True
        if match := _UNDEFINE.fullmatch(line):
            self._local.pop(match["name"], None)
            self._global.pop(match["name"], None)
            return True
        if (match := _DEFINE.fullmatch(line)) is None:
            return False
        self._open = seen, match["name"], match["value"].removesuffix("\\"), inside
        if not line.endswith("\\"):
            self._close()
        return True

    def _close(self) -> None:
        """The definition ends where all its braces do."""
        assert self._open is not None
        seen, name, text, local = self._open
        if text.count("{") > text.count("}") and len(text) < _LONGEST:
            return
        self._open = None
        text, lines = self.replaced(text.strip())
        if "$" in text or not text or text.count("{") != text.count("}"):
            self.unread.append(seen)
            return
        (self._local if local else self._global)[name] = text, (seen, *lines)

    def leave(self) -> None:
        """The end of the table: what was defined in it is no more."""
        self._local.clear()

    def replaced(self, line: str) -> tuple[str, tuple[Seen, ...]]:
        """The line with its known words replaced, and the lines that define them."""
        if "$" not in line:
            return line, ()
        lines: dict[Seen, None] = {}
        parts = _QUOTED.split(line)
        depth = length = 0
        for number, part in enumerate(parts):
            if number % 2:
                continue
            pieces: list[str] = []
            at = 0
            for match in _WORD.finditer(part):
                pieces.append(part[at : match.start()])
                depth += pieces[-1].count("{") - pieces[-1].count("}")
                at = match.end()
                value, defined = self._local.get(match["name"]) or self._global.get(match["name"]) or ("", ())
                length += len(value)
                if not value or length > _LONGEST:
                    pieces.append(match[0])
                    continue
                # A set within a set is its elements.
                pieces.append(value.strip("{} ") if depth > 0 and value.startswith("{") else value)
                lines |= dict.fromkeys(defined)
            depth += part[at:].count("{") - part[at:].count("}")
            parts[number] = "".join((*pieces, part[at:]))
        return "".join(parts), tuple(lines)
