"""Standard input, output and error as the program finds them: open, closed, full, or left by whoever read them."""

import errno
import os
import sys
from contextlib import suppress
from io import TextIOWrapper

from lvsdoctor.cli.errors import ERROR, READER_GONE, say

_closed: set[str] = set()


class OutputLost(Exception):
    """Output that nobody takes: one sentence on stderr and exit 2, or no message where the reader of a pipe is gone.

    No OSError: argparse and whoever writes a file beside standard output would take it for one of theirs.
    """


def open_all() -> None:
    """Make the three streams usable, whatever the caller has done to them; to be called before any file is opened.

    A closed descriptor is taken: the next file to be opened would get its number, and what is printed would go there.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # The wrong way round, so that using it fails as if it were still closed.
            os.set_inheritable(os.open(os.devnull, os.O_RDONLY if number else os.O_WRONLY), True)
            _closed.update((f"/dev/{name}", f"/dev/fd/{number}", f"/proc/self/fd/{number}"))
    sys.stdin = sys.stdin or os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = _wrapped(_Output, sys.stdout, 1) or sys.stdout
    sys.stderr = _wrapped(_Messages, sys.stderr, 2) or sys.stderr


def was_closed(path: str) -> bool:
    """Is it another name of a stream that was closed when the program began?"""
    return path in _closed


def not_written(file: str, error: OSError) -> OutputLost:
    """What to raise where a file, or standard output, cannot be written."""
    return OutputLost() if isinstance(error, BrokenPipeError) else OutputLost(f"{file}: {error.strerror or error}")


def give_up(lost: OutputLost) -> int:
    """Say why, and return the exit code."""
    if not lost.args:
        return READER_GONE
    say(str(lost))
    return ERROR


def discard() -> None:
    """What is still to be written goes nowhere: Python, which writes it in the end, neither waits nor complains."""
    with suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.close(null)


class _Output(TextIOWrapper):
    """Standard output, whose failures are told from those of other files."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as error:
            raise _lost(error) from None

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            raise _lost(error) from None


class _Messages(TextIOWrapper):
    """Standard error: where it cannot be written nobody reads it, which is no reason to stop."""

    def write(self, text: str, /) -> int:
        with suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def _lost(error: OSError) -> OutputLost:
    discard()
    if error.errno == errno.EBADF:
        return OutputLost("standard output is closed")
    return not_written("standard output", error)


def _wrapped(kind: type[TextIOWrapper], stream: object, number: int) -> TextIOWrapper | None:
    """The stream with its own buffer and encoding, and a closed one with some; None for one of another make."""
    if stream is None:
        return kind(os.fdopen(number, "wb", closefd=False), encoding="utf-8")
    if not isinstance(stream, TextIOWrapper):
        return None
    return kind(
        stream.buffer,
        stream.encoding,
        stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
