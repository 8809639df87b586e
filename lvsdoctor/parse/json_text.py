"""A JSON array gathered from lines, which can still tell the line that any part of it stands on."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lvsdoctor.model.seen import Seen

_GAP = re.compile(r"[\s,]*")
_LONG = 500
_BESIDE_THE_LINK = frozenset({"addr_info", "stats", "stats64"})

_COMPACT = json.JSONEncoder(separators=(",", ":"))
# A member of the array, and where in the text it begins and ends.
Element = tuple[Any, int, int]


@dataclass(frozen=True, slots=True)
class JsonText:
    """The gathered lines as one text, which finds its way back to them."""

    lines: tuple[Seen, ...]
    text: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, lines: Sequence[Seen]) -> "JsonText":
        starts = [0]
        for seen in lines:
            starts.append(starts[-1] + len(seen.text) + 1)
        return cls(tuple(lines), "\n".join(seen.text for seen in lines), tuple(starts[:-1]))

    def line_at(self, offset: int) -> Seen:
        return self.lines[bisect_right(self.starts, offset) - 1]

    def elements(self) -> Iterator[Element]:
        """The members of the outermost array, each with where it begins and ends. Raises ValueError, RecursionError."""
        decoder, at = json.JSONDecoder(), self.text.index("[") + 1
        while True:
            match = _GAP.match(self.text, at)
            at = match.end() if match else at
            if self.text[at : at + 1] == "]":
                break
            element, end = decoder.raw_decode(self.text, at)
            yield element, at, end
            at = end
        if self.text[at + 1 :].strip():
            raise ValueError("something follows the array")

    def find(self, key: str, begin: int, end: int) -> int | None:
        match = re.compile(rf'"{key}"\s*:').search(self.text, begin, end)
        return match.start() if match else None

    def cite(self, row: Any, begin: int, end: int, key_at: int | None) -> Seen:
        """The line of the row's key in pretty print; on one line, that line with the row alone for its text."""
        line = self.line_at(begin)
        if self.line_at(end - 1) is not line:
            line = self.line_at(begin if key_at is None else key_at)
            if len(line.text) <= _LONG:
                return line
        if isinstance(row, dict):
            row = {key: value for key, value in row.items() if key not in _BESIDE_THE_LINK}
        return Seen(line.where, line.line, _COMPACT.encode(row))
