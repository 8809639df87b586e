"""The files that a script reads with `.` or `source`, and those of EnvironmentFile=: only such of the same tree."""

import re
from collections.abc import Callable, Iterator

from lvsdoctor.parse.shell.command import is_unknown
from lvsdoctor.parse.shell.tokens import tokens
from lvsdoctor.parse.shell.words import Scope, expanded

__all__ = ["Opener", "assignments_in", "nothing", "reads_file", "there"]

# What a path of the host leads to in the scanned tree: what the evidence calls the file, and its text.
Opener = Callable[[str], tuple[str, str] | None]
_ASSIGNMENT = re.compile(r"\s*([A-Za-z_]\w*)=(.*)", re.ASCII)
_MOST = 2000  # lines
_READS = frozenset({".", "source"})
_TESTS = frozenset({"-e", "-f", "-r", "-s"})


def nothing(path: str) -> tuple[str, str] | None:
    """Opens no file: nothing but this text is at hand."""
    return None


def reads_file(words: tuple[str, ...]) -> str:
    """The file that `. FILE` reads; "" for another command, or where it is not known."""
    known = len(words) > 1 and words[0] in _READS and not is_unknown(words[1])
    return words[1] if known else ""


def there(text: str, scope: Scope, open_file: Opener) -> bool | None:
    """`[ -f FILE ]` where the tree holds the file; None: for everything else somebody else tells."""
    words = [expanded(raw, scope) for raw, _ in tokens(text[:1000]) if raw not in ("[", "]", "[[", "]]", "test")]
    known = len(words) == 2 and words[0] in _TESTS and not is_unknown(words[1])
    return True if known and open_file(words[1]) is not None else None


def assignments_in(text: str) -> Iterator[tuple[str, str]]:
    """`NAME=VALUE` of a file of EnvironmentFile= (systemd.exec(5)): no variable is replaced in its values."""
    lines = text.replace("\\\n", "").split("\n")[:_MOST]
    for match in filter(None, map(_ASSIGNMENT.fullmatch, lines)):
        value = match[2].strip()
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        yield match[1], value[1:-1] if quoted else value
