"""A line of `ip` as its readers get it."""

from dataclasses import dataclass

from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen


class NotFollowed(Exception):
    """What the command does is not understood; the text says why."""


@dataclass(frozen=True, slots=True)
class Line:
    """The words of `ip` behind the object and the verb."""

    command: str
    words: tuple[str, ...]
    family: int | None
    node: Node

    @property
    def seen(self) -> Seen:
        return Seen("fix", None, self.command)
