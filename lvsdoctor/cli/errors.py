"""The exit codes, the error that ends a run with one sentence, and sentences beside the reports."""

from collections.abc import Iterable

OK = 0
FINDINGS = 1
ERROR = 2
INCOMPLETE = 3
INTERRUPTED = 130  # what a shell says of a process that SIGINT has ended
READER_GONE = 141  # and SIGPIPE


class CliError(Exception):
    """Bad usage, unreadable input: one sentence on stderr, exit 2."""


def say(sentence: str) -> None:
    """One sentence on stderr."""
    import sys

    from lvsdoctor.sanitize import legible

    print(f"lvsdoctor: {legible(sentence)}", file=sys.stderr)


def unknown(what: str, name: str, known: list[str], place: str = "") -> CliError:
    """`name` is no such thing; says the nearest name that is, and before all the place where it stands."""
    near = nearest(name, known, 0.6)
    hint = f"; did you mean {near}?" if near else f"; known: {', '.join(known[:10])}{' ...' * (len(known) > 10)}"
    return CliError(f"{place}unknown {what} {name!r}{hint}")


def nearest(name: str, known: Iterable[str], likeness: float = 0.5) -> str:
    """Which of these was meant; "" where none is as like to it (0..1)."""
    from difflib import get_close_matches  # only a mistake pays for it

    return next(iter(get_close_matches(name, list(known), 1, likeness)), "")
