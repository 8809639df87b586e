"""Drives one reader of the `ip` family over a text, and keeps account of what it did not take."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.reader import Dump, Reader

CORPUS = Path(__file__).parents[2].parent / "shared/corpus"


@dataclass(frozen=True)
class Driven:
    """A dump, and the lines that the reader refused."""

    dump: Dump
    refused: tuple[Seen, ...]

    def __getitem__(self, fact: str) -> tuple[Any, ...]:
        return tuple(self.dump.facts[fact])

    def row(self, fact: str) -> Any:
        (row,) = self.dump.facts[fact]
        return row

    @property
    def facts(self) -> set[str]:
        return set(self.dump.facts)

    @property
    def unread(self) -> list[str]:
        return [seen.text.strip() for seen in self.dump.unread]


def drive(kind: type[Reader], text: str, command: str = "") -> Driven:
    """Feeds every line that is not blank to one reader, whatever it says."""
    reader = kind()
    if command:
        reader.set_command(command.split())
    lines = [Seen("dump", number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    refused = tuple(seen for seen in lines if not reader.feed(seen))
    return Driven(reader.dump(), refused)


def without_seen(rows: object) -> list[dict[str, Any]]:
    """What rows say, whichever line said it."""
    assert isinstance(rows, tuple | list)
    return [{name: getattr(row, name) for name in row.__slots__ if name != "seen"} for row in rows]
