"""The one door to a directory that is scanned: whatever lies in it, a stranger may have put there.

What a link leads to is opened below the top, one component at a time, without following any link: one that is put there
in the meantime leads nowhere. An archive in it is a directory of its own; it is read when somebody asks for its files.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from lvsdoctor.collect.any_tree import DEEPEST, TOP, AnyTree, Entry, Listed, once
from lvsdoctor.collect.archives.compression import compression_of
from lvsdoctor.collect.archives.contents import Contents
from lvsdoctor.collect.archives.errors import ArchiveError
from lvsdoctor.collect.archives.limits import LIMITS
from lvsdoctor.collect.archives.names import is_written_text, looks_like_an_archive, may_hide_an_archive
from lvsdoctor.collect.tree_paths import Real

__all__ = ["DEEPEST", "TOP", "AnyTree", "Entry", "Tree", "once"]


class Tree(AnyTree):
    """A directory that the user named, which may be a link itself. Raises OSError where it cannot be opened."""

    def __init__(self, top: Path) -> None:
        super().__init__()
        if os.open not in os.supports_dir_fd:
            raise OSError(errno.ENOTSUP, "this system opens no file below an open directory, so name the files")
        self._top = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._parts = _parts(os.path.realpath(top))
        self._as_named = _parts(os.path.abspath(top))
        self.name = self.label = self._parts[-1] if self._parts else ""
        self._current: tuple[Real, int] | None = None
        self._archives: dict[Real, Contents | None] = {}  # None: not in memory, or not any more
        self._plain: set[Real] = set()  # files whose first bytes were looked at

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.leave()
        os.close(self._top)

    def read(self, file: Entry, most: int) -> bytes:
        if self._archives and (inside := self._inside(file.real)):
            contents, real = inside
            return contents.read(real, most)
        with self._open(file.real) as stream:
            data = stream.read(most) or b""  # None: it would have to be waited for
        if is_written_text(file.name):
            return written_text(data, file.name, most - 1)
        if len(data) == most or not compression_of(data):
            return data
        from lvsdoctor.collect.archives.reading import plain_bytes

        try:
            return plain_bytes(data, most - 1)
        except ArchiveError as error:
            if not looks_like_an_archive(file.name):  # whoever reads it says what it looks like
                return data
            raise OSError(errno.EIO, str(error)) from None

    def opened(self, file: Entry, most: int) -> BinaryIO:
        """A file to be read block by block, of a compressed one or one in an archive up to `most` bytes."""
        if looks_like_an_archive(file.name) or (self._archives and self._inside(file.real)):
            return BytesIO(self.read(file, most))
        return self._open(file.real)

    def _listed(self, real: Real) -> Iterator[Listed]:
        if self._archives and (inside := self._inside(real)):
            yield from (Listed(*entry) for entry in inside[0].listed(inside[1]))
            return
        with os.scandir(self._at(real)) as listed:
            for entry in listed:
                if entry.is_dir(follow_symlinks=False):
                    yield Listed(entry.name, stat.S_IFDIR)
                elif entry.is_symlink():
                    yield Listed(entry.name, stat.S_IFLNK)
                elif entry.is_file(follow_symlinks=False):
                    archive = looks_like_an_archive(entry.name) and self._holds_files((*real, entry.name))
                    yield Listed(entry.name, stat.S_IFREG, archive)
                else:
                    yield Listed(entry.name, _kind(entry))

    def _target(self, real: Real) -> str:
        if self._archives and (inside := self._inside(real)):
            return inside[0].target(inside[1])
        try:
            return os.readlink("/".join(real), dir_fd=self._top)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return ""
            raise

    def _mode(self, real: Real) -> int:
        if self._archives and (inside := self._inside(real)):
            return inside[0].mode(inside[1])
        return os.stat("/".join(real) or ".", dir_fd=self._top, follow_symlinks=False).st_mode

    def _is_archive(self, real: Real, mode: int) -> bool:
        """By its first bytes, whatever its name; no file is looked at twice."""
        if self._archives and (inside := self._inside(real)) and inside[1]:
            return inside[0].is_archive(inside[1])
        if stat.S_ISREG(mode) and real not in self._plain and may_hide_an_archive(real[-1]):
            self._plain.add(real)
            self._holds_files(real)
        return real in self._archives

    def _archive_above(self, real: Real) -> int:
        if self._archives and (inside := self._inside(real)):
            contents, rest = inside
            return len(real) - len(rest) + contents.archive_above(rest)
        return 0

    def _named(self) -> tuple[list[str], list[str]]:
        return self._parts, self._as_named

    def _inside(self, real: Real) -> tuple[Contents, Real] | None:
        """The archive that a path goes into, and the path in it. Raises OSError."""
        for number in range(1, len(real) + 1):
            if real[:number] in self._archives:
                return self._contents(real[:number]), real[number:]
        return None

    def _contents(self, real: Real) -> Contents:
        if (contents := self._archives[real]) is None:
            from lvsdoctor.collect.archive_tree import Plain, omit, opened  # most directories hold no archive

            with self._open(real) as stream:
                try:
                    contents = opened(stream, real[-1], 0)
                except Plain as error:
                    raise OSError(errno.EIO, str(error.error or "is no archive any more")) from None
            path = "/".join(real)
            omit(self._omissions, contents, path, path)
            self._forget(LIMITS.kept - contents.size)
            self._archives[real] = contents
        return contents

    def _forget(self, most: int) -> None:
        """Keep archives of at most so many bytes in memory, those that were read last; the others are read again."""
        for real, contents in reversed(self._archives.items()):
            if contents is not None:
                most -= contents.size
                self._archives[real] = contents if most >= 0 else None

    def _holds_files(self, real: Real) -> bool:
        if real in self._archives:
            return True
        from lvsdoctor.collect.archives.reading import is_archive

        with suppress(OSError), self._open(real) as stream:
            if is_archive(stream):
                self._archives[real] = None
                return True
        return False

    def _open(self, real: Real) -> BinaryIO:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        stream = open(os.open(real[-1], flags, dir_fd=self._at(real[:-1])), "rb")  # noqa: SIM115
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            stream.close()
            raise OSError(errno.EINVAL, "is no file any more")
        return stream

    def _at(self, real: Real) -> int:
        """The directory, opened; that of the last call stays open for its next file."""
        if not real:
            return self._top
        if self._current is None or self._current[0] != real:
            self.leave()
            self._current = (real, self._opened(real))
        return self._current[1]

    def _opened(self, real: Real) -> int:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.dup(self._top)
        for name in real:
            try:
                below = os.open(name, flags, dir_fd=descriptor)
            finally:
                os.close(descriptor)
            descriptor = below
        return descriptor

    def leave(self) -> None:
        if self._current is not None:
            os.close(self._current[1])
            self._current = None


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _kind(entry: "os.DirEntry[str]") -> int | None:
    try:
        return entry.stat(follow_symlinks=False).st_mode
    except OSError:  # it may be listed, not looked at
        return None


def written_text(data: bytes, name: str, most: int) -> bytes:
    """The part of a word processor's file that has its text, the bytes as they are of another file."""
    from lvsdoctor.collect.archive_tree import Plain, opened

    try:
        opened(BytesIO(data), name, most)
    except Plain as text:
        return text.data if text.error is None else data
    return data
