"""What every dump format's reader has in common.

A reader is fed one line at a time and says whether the line was its own. So several dumps may follow each other in
one file, with prompts and chatter between them (`parse/paste/stream.py` drives the readers), and content alone decides
what a dump is.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lvsdoctor.model.coverage import Origin, Partial, Unread
from lvsdoctor.model.seen import Comment, Seen


@dataclass(frozen=True, slots=True)
class Dump:
    """What one reader made of the lines it took: the rows of each fact (see model/facts.py).

    `host` is the host's name where the dump itself tells it. `unread` are lines inside the dump that the reader knew
    for its own and could not understand. `comments` are those that speak to lvsdoctor. `partial` tells why its facts
    are not whole (None: nothing visible says so), `unread_kinds` the dumps and files known by their face and not read.
    `passed` are lines of it that are no evidence, and may be private: serial numbers. `ended`: the collector has noted
    after its last line that the command ended well, so that none of its lines was cut off.
    """

    facts: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    unread: tuple[Seen, ...] = ()
    host: str = ""
    comments: tuple[Comment, ...] = ()
    origin: Origin = Origin.RUNTIME
    partial: Partial | None = None
    unread_kinds: tuple[Unread, ...] = ()
    passed: tuple[Seen, ...] = ()
    ended: bool = False


class Reader(ABC):
    """Reads one dump of one format. A new object for each dump.

    Class attributes: `name` is the format's name, as the fences of rule pages use it (`ip-addr`, `sysctl`, ...);
    `programs` are those whose output it reads (empty: any). `unread_may_be_rows`: what it knew for its own and could
    not understand may have been a row, so that the dump is not whole. `any_row_first`: there is no head, and no row
    that is always the first. `has_rules`: lines of signs alone are its own, which elsewhere stand between dumps.
    """

    name: ClassVar[str]
    programs: ClassVar[tuple[str, ...]] = ()
    unread_may_be_rows = True
    any_row_first = False
    has_rules = False

    @classmethod
    @abstractmethod
    def starts(cls, text: str) -> bool:
        """Could this line be the first of such a dump? (Also of one whose beginning was cut off.) Must be strict."""

    @abstractmethod
    def feed(self, seen: Seen) -> bool:
        """Take one line, the first included. False: not mine. Blank lines and prompts are never fed."""

    def feed_run(self, lines: Sequence[str], at: int, where: str) -> int:
        """Take the lines from `at` on that are beyond doubt its own, and say how many: a short cut past feed().

        The lines are as the file `where` has them. 0, as most formats answer: ask feed(), line by line.
        """
        return 0

    @abstractmethod
    def dump(self) -> Dump:
        """What was read. Called once, after the last line."""

    def set_command(self, command: Sequence[str]) -> None:  # noqa: B027 - most formats need not know
        """The shell command, as words, whose echo stood above this dump; a last | says that the output was filtered."""

    def gap(self) -> None:  # noqa: B027 - in most formats no line belongs to the one above
        """Lines are missing here: what comes next may stand under a line that was not shown."""

    def damaged(self, dump: Dump, partial: Partial) -> Dump:
        """The dump, of which lines are lacking or were not understood: what else than the fact is not whole then."""
        return dump

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        """Why the output of this command, which stands in the line `echo`, is only a part of this fact."""
        return None
