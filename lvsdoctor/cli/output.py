"""Where the verbs write: standard output with or without colour, and progress beside it."""

import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from lvsdoctor.reporting.console import Output


def standard_output(options: Namespace) -> "Output":
    """Standard output as --color, -v and -q ask for it."""
    color = options.color == "always" or (options.color == "auto" and colors())
    return output_of(options, sys.stdout, color)


def output_of(options: Namespace, stream: TextIO, color: bool = False) -> "Output":
    """A stream as -v, -q and --require-complete ask for it."""
    from lvsdoctor.reporting.console import Output

    complete = getattr(options, "require_complete", False)
    explain = getattr(options, "explain", False)
    fix = getattr(options, "fix_command", "")
    return Output(stream, color, width(), options.verbose, options.quiet, complete, explain, fix)


def colors() -> bool:
    """On a terminal, unless NO_COLOR or TERM=dumb asks otherwise."""
    from os import environ

    return sys.stdout.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def width() -> int:
    """In columns."""
    from shutil import get_terminal_size

    return get_terminal_size().columns


@contextmanager
def progress(sentence: str, *, quiet: bool = False) -> Iterator[Callable[[float], None] | None]:
    """Says on stderr what is about to be done; on a terminal a bar follows the share of it that is done."""
    if quiet:
        yield None
        return
    from lvsdoctor.sanitize import legible

    print(f"lvsdoctor: {legible(sentence)}", file=sys.stderr, flush=True)
    if not sys.stderr.isatty():
        yield None
        return
    from lvsdoctor.reporting.console import progress_bar

    with progress_bar(sys.stderr) as done:
        yield done
