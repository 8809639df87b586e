"""`iptables -L -v` as a mail program wrapped it: the heading ends before "destination", and rows go on below.

iptables itself breaks no line (iptables/iptables.c: print_firewall()), so such a heading proves the wrap, and how wide
lines may be.
"""

import re

from lvsdoctor.model.seen import Seen

_HEADING = re.compile(r"(?:num +)?pkts +bytes +target +prot +opt +in +out +source")
_BEGINS = re.compile(r"\s*(?:\d{1,9} +)?\d{1,20}[KMGTP]? +\d{1,20}[KMGTP]? ")
_FEWEST = 8  # words of a row without a target: the counters, prot, opt, in, out, source, destination
_LONGEST = 4000


def wrapped_columns(line: str) -> bool:
    """Is this the heading of a listing without its last word?"""
    return _HEADING.fullmatch(line) is not None


class WrappedRows:
    """The row that is being put together, and the line that it began in."""

    def __init__(self, heading: Seen) -> None:
        self.heading = heading
        self.first: Seen | None = None
        self.text = ""
        self._width = len(heading.text.rstrip())
        self._last = ""

    def begins(self, text: str) -> bool:
        return _BEGINS.match(text) is not None

    def begin(self, seen: Seen) -> None:
        self.first, self.text, self._last = seen, seen.text.rstrip(), seen.text.rstrip()

    def continues(self, text: str) -> bool:
        """Would the first word of this line not have fitted into the line before it?"""
        words = text.split(maxsplit=1)
        if self.first is None or not words or self.begins(text) or len(self.text) > _LONGEST:
            return False
        return len(self._last) + 1 + len(words[0]) > self._width or len(self.text.split()) < _FEWEST

    def append(self, text: str) -> None:
        self.text, self._last = f"{self.text} {text.strip()}", text.rstrip()
