"""What a kind of change has to know, which is one module of this room; kinds.py lists them."""

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum, auto
from typing import Any, Protocol

from lvsdoctor.fixes.changes.line import Line
from lvsdoctor.model.change import Change, Command
from lvsdoctor.model.node import Node
from lvsdoctor.sanitize import command


class Phase(IntEnum):
    """In which order commands are run: a link must be there before it is set, silent before it has an address, and have
    an address before routes lead over it; clients are sent there last, and caches are emptied when all is done."""

    MODULE = auto()
    SILENCE = auto()
    SETTING = auto()
    LINK = auto()
    ADDRESS = auto()
    ROUTE = auto()
    FILTER = auto()
    REAL_SERVER = auto()
    CACHE = auto()
    OTHER = auto()
    REMARK = auto()


Readers = Mapping[tuple[str, ...], Callable[[Line], tuple[Change, ...]]]


class Kind(Protocol):
    """`NOUNS` are its changes in model/change.py, and `READERS` what makes them of a line, by the line's key.

    A reader raises NotFollowed. `after` is the node as `apply` has it. All text may hold names from dumps.
    """

    @property
    def NOUNS(self) -> tuple[type[Change], ...]: ...
    @property
    def READERS(self) -> Readers: ...

    def phase(self, change: Any) -> Phase: ...
    def spell(self, change: Any) -> Command:
        """The command that makes the change."""

    def apply(self, node: Node, change: Any) -> Node:
        """The node as the kernel would have it; itself where nothing changes, or where the kernel refuses the change.

        Facts that were not collected stay so.
        """

    def describe(self, change: Any, before: Node, after: Node) -> str:
        """One sentence of what becomes of what."""

    def impact(self, change: Any, before: Node, after: Node) -> str:
        """One sentence of how it can cut traffic; "" where it cannot."""

    def undo(self, change: Any, before: Node, after: Node) -> Iterable[str]:
        """The commands that take it back in order, and comments where there is none; routes come back by themselves."""


def spelled(change: Change, *words: object) -> Command:
    """The words as the command that makes the change."""
    return Command(command(*words), (change,))


def run(lines: Iterable[str], node: Node, apply: Callable[[Node, Any], Node]) -> Node:
    """The node after commands of ours."""
    for line in lines:
        for change in line.changes if isinstance(line, Command) else ():
            node = apply(node, change)
    return node
