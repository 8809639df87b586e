"""The nodes of a YAML text (yaml_text.py makes them, and says how to walk them)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.words import read_number

_TRUE, _FALSE = frozenset({"yes", "true", "on", "y"}), frozenset({"no", "false", "off", "n"})


@dataclass(frozen=True, eq=False)
class YamlNode:
    """What every node has; a Scalar, a Listing or a Table."""

    seen: Seen
    tag: str = ""

    @property
    def text(self) -> str:
        return ""

    @property
    def items(self) -> "tuple[YamlNode, ...]":
        return ()

    @property
    def pairs(self) -> "tuple[tuple[Scalar, YamlNode], ...]":
        return ()

    def at(self, *path: str) -> "YamlNode | None":
        """What stands under these keys, one below the other."""
        return self if not path else None


@dataclass(frozen=True, eq=False)
class Scalar(YamlNode):
    """`value` as it is written, without quotes. `first_line`: of a block scalar, where its text begins."""

    value: str = ""
    plain: bool = True
    block: str = ""
    first_line: int = 0

    @property
    def text(self) -> str:
        return self.value

    @property
    def empty(self) -> bool:
        return self.plain and self.value in ("", "~", "null", "Null", "NULL")

    def true(self) -> bool | None:
        """`yes`, `true`, `on` and their opposites; None for anything else."""
        word = self.value.lower()
        return True if word in _TRUE else False if word in _FALSE else None

    def number(self, most: int = 2**64 - 1) -> int | None:
        return read_number(self.value, most=most)


@dataclass(frozen=True, eq=False)
class Listing(YamlNode):
    """A sequence."""

    nodes: tuple[YamlNode, ...] = ()

    @property
    def items(self) -> tuple[YamlNode, ...]:
        return self.nodes


@dataclass(frozen=True, eq=False)
class Table(YamlNode):
    """A mapping, in the order of the file; a key that is not a scalar is not there, and unread."""

    rows: tuple[tuple[Scalar, YamlNode], ...] = ()
    duplicates: tuple[Scalar, ...] = ()

    @property
    def pairs(self) -> tuple[tuple[Scalar, YamlNode], ...]:
        return self.rows

    @cached_property
    def _by_key(self) -> Mapping[str, YamlNode]:
        return {key.value: node for key, node in self.rows}

    def at(self, *path: str) -> YamlNode | None:
        node = self._by_key.get(path[0]) if path else self
        return None if node is None else node.at(*path[1:]) if path else node


@dataclass(frozen=True, slots=True)
class Yaml:
    """The documents of a text, and the lines that could not be read."""

    roots: tuple[YamlNode, ...] = ()
    unread: tuple[Seen, ...] = ()
