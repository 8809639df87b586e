"""How far a scan is: one line on a terminal's stderr, after a second, gone at the end. A pipe never sees it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import TextIO

AFTER = 1.0  # seconds
_BETWEEN = 0.1
_CLEAR = "\r\x1b[K"


@dataclass(slots=True)
class Progress:
    """`stream` is None where nobody looks."""

    stream: TextIO | None
    clock: Callable[[], float] = monotonic

    @classmethod
    def of(cls, stream: TextIO, *, quiet: bool) -> "Progress":
        """On a terminal that can take a line back."""
        shown = not quiet and stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        return cls(stream if shown else None)

    @contextmanager
    def of_work(self, unit: str, total: int) -> Iterator[Callable[[int], None]]:
        """What is handed out takes how many of `total` are done."""
        stream = self.stream
        if stream is None:
            yield lambda number: None
            return
        due = self.clock() + AFTER
        shown = False

        def done(number: int) -> None:
            nonlocal due, shown
            if (now := self.clock()) >= due:
                due, shown = now + _BETWEEN, True
                stream.write(f"{_CLEAR}lvsdoctor: {number:,} of {total:,} {unit}")
                stream.flush()

        try:
            yield done
        finally:
            if shown:
                stream.write(_CLEAR)
                stream.flush()
