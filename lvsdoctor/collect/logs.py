"""Logs as files: a log of gigabytes is searched block by block, and only the lines that are known are kept."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from lvsdoctor.collect.any_tree import AnyTree, Entry
from lvsdoctor.collect.decoding import decoded
from lvsdoctor.collect.errors import CannotCollect
from lvsdoctor.collect.texts import LARGEST_FILE
from lvsdoctor.collect.tree import Tree
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.faces import FACES
from lvsdoctor.parse.log_lines import LogRows, any_word, is_log_line
from lvsdoctor.parse.paste.stream import Piece
from lvsdoctor.parse.reader import Dump

_BLOCK = 1 << 20
_SAMPLE = 1 << 15  # as much of a file as tells whether it is a log
_LONGEST = 1 << 16  # of a line; a longer one is parted


def log_in_tree(tree: AnyTree, file: Entry, where: str) -> list[Piece] | None:
    """What a log of a directory or an archive tells, whatever its size; None for another file. Raises OSError."""
    with opened(tree, file) as stream:
        return log_pieces(stream, where)


def opened(tree: AnyTree, file: Entry) -> BinaryIO:
    """A file of a directory or an archive, to be read block by block. Raises OSError."""
    return tree.opened(file, LARGEST_FILE) if isinstance(tree, Tree) else BytesIO(tree.read(file, LARGEST_FILE))


def log_in_file(path: Path) -> list[Piece] | None:
    """The same of a file that the user named; a log that names its host is that host's. Raises CannotCollect."""
    try:
        with path.open("rb") as stream:
            pieces = log_pieces(stream, str(path), named=True)
    except OSError as error:
        raise CannotCollect(f"{path}: {error.strerror}") from None
    return pieces


def log_pieces(stream: BinaryIO, where: str, *, named: bool = False) -> list[Piece] | None:
    """What a log tells, None where the file turns out to be none. Raises OSError.

    What a server of logs gathers names several hosts. A host's own log names it, which counts if it is to be `named`.
    """
    begin = stream.read(_SAMPLE)
    if (first := _first_line(begin)) is None:
        return None
    rows, words = LogRows(), any_word()
    for number, block in _blocks(stream, begin):
        for line, text in _lines_with(block, words):
            rows.add(Seen(where, number + line, text))
    dumps = rows.dumps()
    pieces = [Piece(dump.host if named or len(dumps) > 1 else "", replace(dump, host="")) for dump in dumps]
    known = Dump(unread_kinds=(FACES["log"].unread(Seen(where, 1, first)),))
    return pieces or [Piece("", known)]


def known_lines(stream: BinaryIO) -> str | None:
    """The lines of a log that a pattern may match, as a text; None where the file is no log. Raises OSError."""
    begin = stream.read(_SAMPLE)
    if _first_line(begin) is None:
        return None
    words = any_word()
    return "".join(f"{text}\n" for _, block in _blocks(stream, begin) for _, text in _lines_with(block, words))


def _first_line(begin: bytes) -> str | None:
    """The first line of a log; None where most lines of the begin are no log's, or it is no text."""
    text = None if b"\0" in begin else decoded(begin[: begin.rfind(b"\n") + 1] or begin)
    lines = [line for line in (text or "").split("\n") if line.strip()]
    logged = sum(map(is_log_line, lines))
    return lines[0] if lines and logged * 3 > len(lines) * 2 else None


def _blocks(stream: BinaryIO, begin: bytes) -> Iterator[tuple[int, bytes]]:
    """Whole lines, about a block at a time, and the number of the first of them."""
    number, rest = 1, begin
    while data := rest + stream.read(_BLOCK):
        end = data.rfind(b"\n") + 1
        if not end and len(data) < _LONGEST:
            more = stream.read(1)
            if not more:
                yield number, data
                return
            rest = data + more
            continue
        end = end or len(data)
        block, rest = data[:end], data[end:]
        yield number, block
        number += block.count(b"\n")


def _lines_with(block: bytes, words: tuple[bytes, ...]) -> Iterator[tuple[int, str]]:
    """The lines of a block that hold one of these words, each once, with its number from 0."""
    begins = set()
    for word in words:
        at = block.find(word)
        while at >= 0:
            begins.add(block.rfind(b"\n", 0, at) + 1)
            end = block.find(b"\n", at)
            at = block.find(word, end) if end >= 0 else -1
    number = before = 0
    for begin in sorted(begins):
        number += block.count(b"\n", before, begin)
        before = begin
        end = block.find(b"\n", begin)
        text = block[begin : end if end >= 0 else len(block)][:_LONGEST]
        yield number, text.decode("utf-8", "backslashreplace").rstrip("\r")
