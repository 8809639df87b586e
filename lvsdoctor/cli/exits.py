"""The exit codes, and the error that ends a run with one sentence."""

OK = 0
FINDINGS = 1
TROUBLE = 2
INCOMPLETE = 3


class Trouble(Exception):
    """Bad usage, unreadable input: one sentence on stderr, exit 2."""


def unknown(what: str, name: str, known: list[str]) -> Trouble:
    """`name` is no such thing; says the nearest name that is."""
    from difflib import get_close_matches  # only a mistake pays for it

    near = get_close_matches(name, known, 1, 0.5)
    hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(known[:10])}{' ...' * (len(known) > 10)}"
    return Trouble(f"there is no {what} {name!r}{hint}")
