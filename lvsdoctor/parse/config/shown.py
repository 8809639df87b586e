"""A file that configures a host as another text shows it: behind `cat FILE`, under its path, in a here-document."""

from collections.abc import Sequence

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config import config_dump
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.renumber import renumbered

__all__ = ["file_in", "shown_path"]

_PROGRAMS = frozenset({"cat", "less", "more", "bat", "zcat", "most"})
# In a text that tells what to do, what belongs into the file follows.
_EDITORS = frozenset({"vi", "vim", "nvim", "nano", "view", "emacs", "gedit", "sudoedit"})


def shown_path(command: Sequence[str]) -> str:
    """The file that this command shows as a whole, "" for none or several."""
    words = [word for word in command[1:] if not word.startswith("-")]
    plain = len(words) == 1 and not set(words[0]) & set("*?[{$<>|")
    return words[0] if plain and command[0].rpartition("/")[2] in _PROGRAMS | _EDITORS and "/" in words[0] else ""


def file_in(lines: Sequence[Seen], path: str) -> Dump | None:
    """What the file `path` configures, of which these are all lines but empty ones; its rows quote them as they stand.

    None where it is of none of the kinds that are read.
    """
    if not lines:
        return None
    ordered = sorted(lines, key=lambda seen: seen.line or 0)
    before, where = (ordered[0].line or 1) - 1, ordered[0].where
    rows = [""] * ((ordered[-1].line or 1) - before)
    for seen in ordered:
        rows[(seen.line or 1) - before - 1] = seen.text
    dump = config_dump("\n".join(rows), path)
    if dump is None:
        return None
    moved: Dump = renumbered(dump, where, lambda line: line + before)
    return moved
