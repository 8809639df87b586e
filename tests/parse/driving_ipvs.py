"""Drives one reader over a text, as the stream of dumps would, and keeps account of every line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.reader import Dump, Reader

CORPUS = Path(__file__).parents[2].parent / "shared/corpus"


@dataclass
class Account:
    """What became of a text: its dumps, and the lines that the reader did not take."""

    dumps: list[Dump] = field(default_factory=list)
    refused: list[Seen] = field(default_factory=list)
    taken: list[Seen] = field(default_factory=list)

    def rows(self, fact: str) -> tuple[Any, ...]:
        return tuple(row for dump in self.dumps for row in dump.facts.get(fact, ()))

    @property
    def unread(self) -> list[str]:
        return [seen.text for dump in self.dumps for seen in dump.unread]

    @property
    def silent(self) -> list[str]:
        """Taken lines that no row cites and that are not in unread: they have to be headers or comments."""
        cited = {seen.line for dump in self.dumps for seen in dump.unread}
        for dump in self.dumps:
            for rows in dump.facts.values():
                cited |= {line for row in rows for line in _lines(row)}
        return [seen.text for seen in self.taken if seen.line not in cited]


def _lines(row: Any) -> set[int | None]:
    """The lines that a row and the rows inside it were seen on."""
    seen = getattr(row, "seen", ())
    found = {each.line for each in (seen if isinstance(seen, tuple) else (seen,))}
    for inner in (*getattr(row, "destinations", ()), *getattr(row, "rules", ()), *getattr(row, "lines", ())):
        found |= _lines(inner)
    return found


def drive(kind: type[Reader], text: str, command: str = "") -> Account:
    """Starts the reader where it says so; a line that it refuses may start the next one."""
    account = Account()
    reader: Reader | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        seen = Seen("dump", number, line)
        if reader is None or not reader.feed(seen):
            if not kind.starts(line):
                account.refused.append(seen)
                continue
            if reader is not None:
                account.dumps.append(reader.dump())
            reader = kind()
            if command:
                reader.set_command(command.split())
            if not reader.feed(seen):
                account.refused.append(seen)
                continue
        account.taken.append(seen)
    if reader is not None:
        account.dumps.append(reader.dump())
    return account


def read(kind: type[Reader], text: str, command: str = "") -> Dump:
    """The one dump of a text whose every line the reader takes."""
    account = drive(kind, text, command)
    assert not account.refused
    (dump,) = account.dumps
    return dump


def unread_of(dump: Dump) -> list[tuple[int | None, str]]:
    return [(seen.line, seen.text) for seen in dump.unread]


def of_corpus(*patterns: str) -> pytest.MarkDecorator:
    """Runs a test with the `text` of each of the corpus's files; without the corpus, skips it and says so."""
    if not CORPUS.is_dir():
        return pytest.mark.skip(f"the corpus of real dumps is not at {CORPUS}")
    paths = sorted({path for pattern in patterns for path in CORPUS.glob(pattern) if path.is_file()})
    assert paths, f"none of {patterns} in {CORPUS}"
    texts = [pytest.param(path.read_text(encoding="utf-8", errors="replace"), id=path.name) for path in paths]
    return pytest.mark.parametrize("text", texts)
