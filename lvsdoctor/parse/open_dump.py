"""A dump that is being read, and what was noticed on the way that keeps it from being whole."""

from collections.abc import Sequence
from dataclasses import replace

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import ELIDED, NO_END, UNREAD, is_pager, may_be_row, may_stand_for_rows, resembles_row
from lvsdoctor.parse.reader import Dump, Reader


class OpenDump:
    """A reader at work. A line that it does not take may have been a row: what follows tells."""

    def __init__(self, reader: Reader, partial: Partial | None = None) -> None:
        self.reader = reader
        self._partial = partial
        self._last: int | None = None
        self._below: Seen | None = None  # the first line since the last row
        self._odd: Seen | None = None  # the first of them that may have been a row

    def feed(self, seen: Seen) -> bool:
        if self._odd is not None:
            self.reader.gap()  # what stood there may be what this line belongs to
        if not self.reader.feed(seen):
            return False
        if self._odd is not None:
            self._partial = self._partial or Partial(UNREAD, self._odd)
        self._below = self._odd = None
        self._last = seen.line
        return True

    def feed_run(self, lines: Sequence[str], at: int, where: str) -> int:
        if self._below is not None:
            return 0
        taken = self.reader.feed_run(lines, at, where)
        self._last = at + taken if taken else self._last
        return taken

    def elide(self, seen: Seen) -> None:
        """Lines were left out here, in the dump or at its end."""
        self.reader.gap()
        self._partial = self._partial or Partial(ELIDED, seen)

    def part(self, seen: Seen) -> None:
        """A line of signs alone. Rows that follow it are of the same dump only if others were left out between."""
        if self._last is not None and seen.line == self._last + 1 and may_stand_for_rows(seen.text):
            self.elide(seen)
        elif "#" not in seen.text:  # in a file of settings it stands above a comment
            self._below = self._below or seen
            self._odd = self._odd or seen

    def pass_by(self, seen: Seen) -> None:
        """A line that the reader does not take: chatter, or a row that was damaged."""
        self._below = self._below or seen
        if self._odd is None and may_be_row(seen.text):
            self._odd = seen

    def dump(self) -> Dump:
        dump = self.reader.dump()
        if not dump.facts:
            return dump
        damage = self._partial or self._by_lines(dump)
        if damage is not None:
            dump = self.reader.damaged(dump, damage)
        partial = self._partial or dump.partial or damage
        return dump if partial is None else replace(dump, partial=partial)

    def _by_lines(self, dump: Dump) -> Partial | None:
        if dump.unread and self.reader.unread_may_be_rows:
            return Partial(UNREAD, dump.unread[0])
        below = self._below
        if below is None or self._last is None:
            return None
        if is_pager(below.text):
            return Partial(NO_END, below)
        return Partial(UNREAD, below) if below.line == self._last + 1 and resembles_row(below.text) else None
