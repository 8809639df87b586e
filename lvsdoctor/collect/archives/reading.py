"""An archive in one pass: its stream is followed, and what may be a dump is kept in memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from lvsdoctor.collect.archives import tar
from lvsdoctor.collect.archives.compression import ZIP, compression_of, decompressed
from lvsdoctor.collect.archives.contents import Contents, Directory, File, LinkTo
from lvsdoctor.collect.archives.errors import ArchiveError, Damaged, OverLimit
from lvsdoctor.collect.archives.limits import LIMITS, MEBIBYTE, ReadingCost
from lvsdoctor.collect.archives.names import stem_of
from lvsdoctor.collect.archives.stream import Stream, file_pieces
from lvsdoctor.collect.archives.tar import Member, MemberKind
from lvsdoctor.collect.archives.wanted import Likelihood, link_wanted, wanted
from lvsdoctor.collect.file_names import file_name
from lvsdoctor.collect.omitted import Omitted

_SPECIAL = {
    MemberKind.FIFO: Omitted.FIFO,
    MemberKind.DEVICE: Omitted.DEVICE,
    MemberKind.SPARSE: Omitted.SPARSE,
    MemberKind.OTHER: Omitted.NO_FILE,
}
_LONGEST_LINK = 4096
_DEEPEST_EMPTY = 3
_REST = ", and what stands behind that was not read"

Path = tuple[str, ...]


class Plain(Exception):
    """What was opened is no archive; `data` are its bytes, decompressed, and one more than asked for if there are."""

    def __init__(self, data: bytes, error: ArchiveError | None = None) -> None:
        self.data = data
        self.error = error
        super().__init__()


def contents_of(file: BinaryIO, name: str, most: int) -> Contents:
    """What an archive holds. Raises Plain for a file that is none, compressed or not, with up to `most` bytes."""
    reading = ArchiveReading(Contents(stem_of(name)), ReadingCost())
    stream = Stream(file_pieces(file.read, MEBIBYTE, reading.budget.read))
    read: Callable[[], None]
    try:
        if stream.peek(tar.BLOCK).startswith(ZIP):
            read = partial(_read_zip, file, stream, reading)
        else:
            stream = _unpacked(stream, reading.budget)
            if not tar.is_tar(stream.peek(tar.BLOCK)):
                raise Plain(stream.read(most + 1))
            read = partial(reading.tar, stream, (), 0)
    except ArchiveError as error:
        raise Plain(b"", error) from None
    try:
        read()
    except ArchiveError as error:  # what was read before it stays
        reading.contents.sentences.append(("", f"{error}{_REST}"))
    reading.contents.size = reading.budget.kept
    return reading.contents


def is_archive(file: BinaryIO) -> bool:
    """Does a file hold several, by its first bytes? False for compressed text, and for what is damaged."""
    stream = Stream(file_pieces(file.read, 8192, lambda size: None))
    head = stream.peek(tar.BLOCK)
    try:
        if compression := compression_of(head):
            head = Stream(decompressed(compression, _more(stream))).peek(tar.BLOCK)
    except ArchiveError:
        return False
    return head.startswith(ZIP) or tar.is_tar(head)


def plain_bytes(data: bytes, most: int) -> bytes:
    """The bytes of a file, decompressed if they are compressed: at most one more than `most`. Raises ArchiveError."""
    if not (compression := compression_of(data)):
        return data
    return Stream(decompressed(compression, _more(Stream(iter((data,)))))).read(most + 1)


@dataclass(frozen=True, slots=True)
class ArchiveReading:
    """What has been read of an archive and of those in it, and what that has cost. Its methods raise ArchiveError."""

    contents: Contents
    budget: ReadingCost

    def tar(self, stream: Stream, above: Path, depth: int) -> None:
        """Read a tar that lies at `above`."""
        for member in tar.members(stream, self.budget):
            path = self.path(above, member.name)
            if path is not None and len(path) > len(above):
                self._member(member, above, path, depth)

    def path(self, above: Path, name: str) -> Path | None:
        """Where a member stands; a leading slash is left out, as tar does. None for a name that leads out."""
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if ".." in parts:
            self.contents.omit(Omitted.NAMED_OUT, name)
            return None
        if len(parts) > self.budget.limits.components:
            self.contents.omit(Omitted.TOO_DEEP, "/".join((*above, *parts)))
            return None
        return (*above, *parts)

    def wants(self, path: Path, *, link: bool = False) -> bool:
        """May a file, or what a link leads to, be a dump by its name?"""
        inside = self._inside(path)
        return link_wanted(inside) if link else wanted(inside) is not Likelihood.NO

    def directory(self, path: Path) -> None:
        """A directory without a file that is read says something by its name at most: sos_commands."""
        if len(self._inside(path)) <= _DEEPEST_EMPTY:
            self._put(path, Directory())

    def link(self, path: Path, target: str) -> None:
        """A symbolic link, of which only what it says is kept."""
        if len(target) > _LONGEST_LINK or not target:
            self.contents.omit(Omitted.LEADS_NOWHERE, "/".join(path))
        elif self.wants(path, link=True):
            self._put(path, LinkTo(target))

    def file(self, content: Stream, size: int, path: Path, depth: int) -> None:
        """A file, or an archive in the archive."""
        inside = self._inside(path)
        kind = wanted(inside)
        if kind is Likelihood.NO:
            return
        head = content.peek(tar.BLOCK)
        if self._nested(content, head, path, depth):
            return
        limits = self.budget.limits
        if size > (limits.member if kind is Likelihood.LIKELY else limits.unlikely):
            if file_name("/".join(inside[-2:])).kinds:
                self.contents.omit(Omitted.TOO_LARGE, "/".join(path))
            elif not _is_binary(head):
                self.contents.omit(Omitted.LARGE_AND_UNLIKELY, "/".join(path))
        elif kind is Likelihood.LIKELY or self._has_room_for(size, head, path):
            self.budget.keep(size, likely=kind is Likelihood.LIKELY)
            self._put(path, File(content.exactly(size)))

    def _member(self, member: Member, above: Path, path: Path, depth: int) -> None:
        if member.kind is MemberKind.FILE:
            self.file(member.content, member.size, path, depth)
        elif member.kind is MemberKind.DIRECTORY:
            self.directory(path)
        elif member.kind is MemberKind.LINK:
            self.link(path, member.target)
        elif not self.wants(path):
            return
        elif member.kind is MemberKind.HARD_LINK:
            self._hard_link(above, path, member.target)
        else:
            self.contents.omit(_SPECIAL[member.kind], "/".join(path))

    def _hard_link(self, above: Path, path: Path, target: str) -> None:
        """Another name of a member before it."""
        leads_to = self.path(above, target)
        node = None if leads_to is None else self.contents.node(leads_to)
        if isinstance(node, File):
            self._put(path, node)
        elif leads_to is not None:
            self.contents.omit(Omitted.LEADS_NOWHERE, "/".join(path))

    def _nested(self, content: Stream, head: bytes, path: Path, depth: int) -> bool:
        """Read an archive in the archive, as a directory of it, or a compressed file; False for what is neither."""
        read: Callable[[], None]
        try:
            if head.startswith(ZIP):
                read = partial(self._nested_zip, content, path, depth)
            elif compression_of(head):
                inner = _unpacked(content, self.budget)
                if not tar.is_tar(inner.peek(tar.BLOCK)):
                    self._compressed(inner, path)
                    return True
                read = partial(self.tar, inner, path, depth + 1)
            elif head.strip(b"\0") and tar.is_tar(head):
                read = partial(self.tar, content, path, depth + 1)
            else:
                return False
            if depth >= self.budget.limits.depth:
                self.contents.omit(Omitted.NESTED, "/".join(path))
            elif self._put(path, Directory(archive=True)):
                read()
        except OverLimit:
            raise
        except ArchiveError as error:
            rest = _REST if isinstance(error, Damaged) else ""
            self.contents.sentences.append(("/".join(path), f"{error}{rest}"))
        return True

    def _nested_zip(self, content: Stream, path: Path, depth: int) -> None:
        from lvsdoctor.collect.archives.zips import in_memory, read_zip  # zipfile costs what few scans need

        read_zip(in_memory(content, self.budget.limits.member), self, path, depth + 1)

    def _compressed(self, inner: Stream, path: Path) -> None:
        """A file that is compressed: ip-addr.txt.gz"""
        most = self.budget.limits.unlikely
        data = inner.read(most + 1)
        if len(data) > most:
            self.contents.omit(Omitted.TOO_LARGE, "/".join(path))
        elif compression_of(data):
            self.contents.omit(Omitted.NESTED, "/".join(path))
        elif self._has_room_for(len(data), data[: tar.BLOCK], path):
            self.budget.keep(len(data), likely=False)
            self._put(path, File(data))

    def _has_room_for(self, size: int, head: bytes, path: Path) -> bool:
        """Is a file whose name tells of no dump worth to be kept?"""
        if _is_binary(head):
            return False
        fits = self.budget.unlikely + size <= self.budget.limits.all_unlikely
        if not fits:
            self.contents.omit(Omitted.MANY_UNLIKELY, "/".join(path))
        return fits

    def _inside(self, path: Path) -> Path:
        """The path within the innermost archive."""
        return path[self.contents.archive_above(path[:-1]) :]

    def _put(self, path: Path, node: File | LinkTo | Directory) -> bool:
        self.budget.count_entry()
        if not (stands := self.contents.put(path, node)):
            self.contents.omit(Omitted.NO_PLACE, "/".join(path))
        return stands


def _read_zip(file: BinaryIO, stream: Stream, reading: ArchiveReading) -> None:
    from lvsdoctor.collect.archives.zips import read_zip, seekable

    read_zip(seekable(file, stream, LIMITS.kept), reading, (), 0)


def _unpacked(stream: Stream, budget: ReadingCost) -> Stream:
    """The stream, decompressed if it is compressed."""
    compression = compression_of(stream.peek(tar.BLOCK))
    return Stream(_counted(decompressed(compression, _more(stream)), budget)) if compression else stream


def _counted(pieces: Iterator[bytes], budget: ReadingCost) -> Iterator[bytes]:
    for piece in pieces:
        budget.unpack(len(piece))
        yield piece


def _more(stream: Stream) -> Callable[[], bytes]:
    pieces = stream.pieces()
    return lambda: next(pieces, b"")


def _is_binary(head: bytes) -> bool:
    """Bytes that no text has; UTF-16 has as many zeros as others."""
    zeros = head.count(0)
    return bool(zeros) and not (zeros * 3 >= len(head) and zeros * 3 <= 2 * len(head))
