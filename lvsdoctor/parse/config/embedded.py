"""Texts that stand inside of a YAML file: scripts and files, whose lines are lines of that file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.yaml_text import Scalar, YamlNode
from lvsdoctor.parse.reader import Dump

__all__ = ["Embedded", "embedded", "moved"]


@dataclass(frozen=True, slots=True)
class Embedded:
    """A text, and the line of the YAML file that each of its lines stands in."""

    text: str
    node: Seen
    first_line: int = 0  # 0: all of it stands in the line of the node
    lines: Sequence[str] = ()
    numbers: Sequence[int] = ()  # of a template that was unrolled: the line of the file for each of its own

    def outer(self, seen: Seen) -> Seen:
        """The line of the file for a line of the text."""
        if not self.first_line or seen.line is None:
            return self.node
        number = self.first_line + seen.line - 1
        if self.numbers:
            number = self.numbers[min(seen.line, len(self.numbers)) - 1]
        return Seen(self.node.where, number, self.lines[number - 1]) if number <= len(self.lines) else self.node

    def with_text(self, text: str) -> "Embedded":
        """The same lines, of which templates were replaced."""
        return replace(self, text=text)


def embedded(node: YamlNode, lines: Sequence[str]) -> Embedded:
    """The text of a scalar; `lines` are those of the file. Only a literal block has a line for each of its own."""
    literal = isinstance(node, Scalar) and node.block == "|"
    return Embedded(node.text, node.seen, node.first_line if literal and isinstance(node, Scalar) else 0, lines)


def moved(dump: Dump, outer: Callable[[Seen], Seen]) -> Dump:
    """The same rows, each with the line that `outer` gives for its own."""
    result: Dump = _moved(dump, outer)
    return result


def _moved(value: Any, outer: Callable[[Seen], Seen]) -> Any:
    if isinstance(value, Seen):
        return outer(value)
    if isinstance(value, tuple):
        return tuple(_moved(item, outer) for item in value)
    if isinstance(value, Mapping):
        return {key: _moved(item, outer) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        parts = {part.name: getattr(value, part.name) for part in fields(value) if part.init}
        changed = {name: new for name, old in parts.items() if (new := _moved(old, outer)) is not old and new != old}
        return replace(value, **changed) if changed else value
    return value
