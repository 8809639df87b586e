"""The one door to a directory that is scanned: whatever lies in it, a stranger may have put there.

A link is followed only as far as it stays below the top, and what it leads to is opened below the top, one component at
a time, without following any link: one that is put there in the meantime leads nowhere.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar

from lvsdoctor.collect.first_names import FirstNames
from lvsdoctor.collect.omitted import Omissions, Omitted

DEEPEST = 64
_MOST_LINKS = 40  # include/linux/namei.h: MAXSYMLINKS
_MOST_STEPS = 256  # links to paths of links: no honest one is half as long
_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class _LeadsOut(Exception):
    """A link leads out of the tree."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or directory of a tree: its path from the top as it was come by, and the path without any link.

    `link`: its own name is a link's. The path may lead through others all the same (`linked`).
    """

    path: str
    real: tuple[str, ...]
    directory: bool
    link: bool = False

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def linked(self) -> bool:
        return self.path != "/".join(self.real)

    def below(self, name: str) -> str:
        """The path of an entry of this directory."""
        return f"{self.path}/{name}" if self.path else name


TOP = Entry("", (), directory=True)


class Tree:
    """A directory that the user named, which may be a link itself. Raises OSError where it cannot be opened."""

    most: ClassVar[int] = 20_000  # files of a node, and as many directories

    def __init__(self, top: Path) -> None:
        if os.open not in os.supports_dir_fd:
            raise OSError(errno.ENOTSUP, "this system opens no file below an open directory, so name the files")
        self._top = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._parts = _parts(os.path.realpath(top))
        self._named = _parts(os.path.abspath(top))
        self._current: tuple[tuple[str, ...], int] | None = None
        self._omissions = Omissions()
        self.taken: set[tuple[str, ...]] = set()  # files that were read otherwise: they are not listed any more
        self.sysctl_links: dict[str, str] = {}  # what the links of sysctl.d directories say, by their paths

    def __enter__(self) -> "Tree":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._leave()
        os.close(self._top)

    @property
    def name(self) -> str:
        return self._parts[-1] if self._parts else ""

    @property
    def omitted(self) -> tuple[str, ...]:
        """What was not read of what was asked for: a sentence for each kind."""
        return tuple(self._omissions.sentences(self.name or "/", self.most))

    def entries(
        self,
        directory: Entry,
        wanted: Callable[[str], bool] = lambda name: not name.startswith("."),
        files: int | None = None,
        directories: int | None = None,
    ) -> list[Entry]:
        """The files and directories of a directory in the order of their names, hidden ones left out.

        At most so many of each, those with a dump's name before others. What cannot be listed is empty, and omitted.
        """
        first_files = FirstNames(self.most if files is None else files)
        first_directories = FirstNames(self.most if directories is None else directories)
        omitted: dict[Omitted, tuple[str, int]] = {}

        def omit(kind: Omitted, name: str, says: str = "", number: int = 1) -> None:
            first, count = omitted.get(kind, (name + says, 0))
            omitted[kind] = (min(first, name + says), count + number)

        try:
            with os.scandir(self._at(directory.real)) as listed:
                for entry in listed:
                    if not wanted(entry.name) or (self.taken and (*directory.real, entry.name) in self.taken):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        first_directories.add(entry.name)
                    elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                        first_files.add(entry.name)
                    else:
                        omit(_special(entry), entry.name)
        except OSError as error:
            self.cannot_read(directory, error)
        found = [Entry(directory.below(n), (*directory.real, n), directory=True) for n in first_directories.names]
        for name in first_files.names:
            try:
                if directory.name == "sysctl.d" and (target := self._target((*directory.real, name))):
                    self.sysctl_links[directory.below(name)] = target
                real, mode = self._leads_to(directory.real, name)
            except _LeadsOut:
                omit(Omitted.LEADS_OUT, name)
            except OSError as error:
                nowhere = error.errno in _NOWHERE
                omit(
                    Omitted.LEADS_NOWHERE if nowhere else Omitted.UNREADABLE,
                    name,
                    "" if nowhere else f": {error.strerror}",
                )
            else:
                if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
                    link = real != (*directory.real, name)
                    found.append(Entry(directory.below(name), real, stat.S_ISDIR(mode), link))
                else:
                    omit(_kind(mode), name)
        for first in (first_files, first_directories):
            if first.dropped:
                omit(Omitted.TOO_MANY, first.first_dropped, number=first.dropped)
        for kind, (name, count) in omitted.items():
            self._omissions.put(kind, directory.path, directory.below(name), count)
        return sorted(found, key=lambda entry: entry.name)

    def find(self, path: str, start: Entry = TOP) -> Entry | None:
        """What a path leads to that need not be there; only if it leads out something is omitted."""
        try:
            real, mode = self._leads_to(start.real, path)
            link = self._is_link(start, path)
        except _LeadsOut:
            self._omissions.put(Omitted.LEADS_OUT, start.path, start.below(path))
            return None
        except OSError:
            return None
        kept = stat.S_ISREG(mode) or stat.S_ISDIR(mode)
        return Entry(start.below(path), real, stat.S_ISDIR(mode), link) if kept else None

    def walk(self, directory: Entry) -> list[Entry]:
        """Every file below, in the order of their names. A link to a directory is not descended: what it leads to is
        read where it lies."""
        found: list[Entry] = []
        waiting, visited = [directory], 0
        while waiting:
            here = waiting.pop()
            if len(here.real) > len(directory.real) + DEEPEST:
                self._omissions.put(Omitted.TOO_DEEP, here.path, here.path)
                continue
            visited += 1
            entries = self.entries(here, files=self.most - len(found), directories=self.most - visited - len(waiting))
            found += [entry for entry in entries if not entry.directory]
            waiting += [entry for entry in reversed(entries) if entry.directory and not entry.link]
        return found

    def read(self, file: Entry, most: int) -> bytes:
        """Up to `most` bytes of a file. Raises OSError, also for what has become something else than a file."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        descriptor = os.open(file.real[-1], flags, dir_fd=self._at(file.real[:-1]))
        with open(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(errno.EINVAL, "is no file any more")
            return stream.read(most) or b""  # None: it would have to be waited for

    def cannot_read(self, entry: Entry, error: OSError) -> None:
        """Omit a file or directory."""
        self._omissions.put(Omitted.UNREADABLE, entry.path, f"{entry.path or self.name}: {error.strerror}")

    def _at(self, real: tuple[str, ...]) -> int:
        """The directory, opened; that of the last call stays open for its next file."""
        if not real:
            return self._top
        if self._current is None or self._current[0] != real:
            self._leave()
            self._current = (real, self._opened(real))
        return self._current[1]

    def _opened(self, real: tuple[str, ...]) -> int:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.dup(self._top)
        for name in real:
            try:
                below = os.open(name, flags, dir_fd=descriptor)
            finally:
                os.close(descriptor)
            descriptor = below
        return descriptor

    def _leave(self) -> None:
        if self._current is not None:
            os.close(self._current[1])
            self._current = None

    def _leads_to(self, start: tuple[str, ...], path: str) -> tuple[tuple[str, ...], int]:
        """The real path below the top, and the mode of what is there.

        Nothing outside is touched, not even looked at: it may be a dead NFS mount. The directories above the top are
        known by their names, for these are the top's own. Raises _LeadsOut and OSError.
        """
        here = [*self._parts, *start]
        ahead = path.split("/")[::-1]
        links = steps = 0
        while ahead:
            word = ahead.pop()
            steps += 1
            if word == "..":
                del here[-1:]
            elif word not in ("", "."):
                here.append(word)
                if self._is_above(here) or not (target := self._target(self._below(here))):
                    continue
                links += 1
                here.pop()
                if target.startswith("/"):
                    here, target = [], self._spelt_really(target)
                ahead += target.split("/")[::-1]
            if links > _MOST_LINKS or steps > _MOST_STEPS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        real = self._below(here)
        return real, os.stat("/".join(real) or ".", dir_fd=self._top, follow_symlinks=False).st_mode

    def _is_above(self, here: list[str]) -> bool:
        return len(here) <= len(self._parts) and here == self._parts[: len(here)]

    def _below(self, here: list[str]) -> tuple[str, ...]:
        if here[: len(self._parts)] != self._parts:
            raise _LeadsOut
        return tuple(here[len(self._parts) :])

    def _spelt_really(self, target: str) -> str:
        """An absolute path that goes to the top as the user named it, without the links in that."""
        parts = _parts(target)
        same = parts[: len(self._named)] == self._named
        return "/".join([*self._parts, *parts[len(self._named) :]]) if same else target

    def _target(self, real: tuple[str, ...]) -> str:
        """What a link says, "" if it is none. Raises OSError."""
        try:
            return os.readlink("/".join(real), dir_fd=self._top)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return ""
            raise

    def _is_link(self, start: Entry, path: str) -> bool:
        directory, _, name = path.rpartition("/")
        real, _ = self._leads_to(start.real, directory)
        return bool(self._target((*real, name)))


def once(files: list[Entry]) -> Iterator[Entry]:
    """Each file once, by the path that leads through no link if there is one."""
    seen = {file.real for file in files if not file.linked}
    for file in files:
        if not file.linked:
            yield file
        elif file.real not in seen:
            seen.add(file.real)
            yield file


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def _special(entry: "os.DirEntry[str]") -> Omitted:
    try:
        return _kind(entry.stat(follow_symlinks=False).st_mode)
    except OSError:  # it may be listed, not looked at
        return Omitted.UNREADABLE


def _kind(mode: int) -> Omitted:
    return Omitted.FIFO if stat.S_ISFIFO(mode) else Omitted.SOCKET if stat.S_ISSOCK(mode) else Omitted.DEVICE
