"""A tree of files that a stranger may have made, in a directory or an archive: its entries, and where its links lead.

A link is followed only as far as it stays below the top, and within an archive only as far as it stays in that.
"""

import errno
import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import ClassVar, NamedTuple, Self

from lvsdoctor.collect.archives.names import stem_of
from lvsdoctor.collect.first_names import FirstNames
from lvsdoctor.collect.omitted import Omissions, Omitted
from lvsdoctor.collect.tree_paths import LeadsOut, Real, as_the_top, below_top, is_above

DEEPEST = 64
_MOST_LINKS = 40  # include/linux/namei.h: MAXSYMLINKS
_MOST_STEPS = 256  # links to paths of links: no honest one is half as long
_NOWHERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)


class Listed(NamedTuple):
    """An entry of a directory as it is listed: `kind` is a mode of stat(2), None where it cannot be looked at."""

    name: str
    kind: int | None
    archive: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or directory of a tree: its path from the top as it was come by, and the path without any link.

    `link`: its own name is a link's. The path may lead through others all the same (`linked`). `archive`: the directory
    is an archive.
    """

    path: str
    real: Real
    directory: bool
    link: bool = False
    archive: bool = False

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name of a directory; of an archive its name without what says so."""
        return stem_of(self.name) if self.archive else self.name

    @property
    def linked(self) -> bool:
        return self.path != "/".join(self.real)

    def below(self, name: str) -> str:
        """The path of an entry of this directory."""
        return f"{self.path}/{name}" if self.path else name


TOP = Entry("", (), directory=True)


class AnyTree(ABC):
    """What a scan asks of a directory or an archive. `name` is its own, `label` what the evidence calls it."""

    most: ClassVar[int] = 20_000  # files of a node, and as many directories
    name: str
    label: str
    in_archive = False  # the files of a cluster are named with the archive that they stand in

    def __init__(self) -> None:
        self._omissions = Omissions()
        self.taken: set[Real] = set()  # files that were read otherwise: they are not listed any more
        self.sysctl_links: dict[str, str] = {}  # what the links of sysctl.d directories say, by their paths

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        return

    @property
    def omitted(self) -> tuple[str, ...]:
        """What was not read of what was asked for: a sentence for each kind."""
        return tuple(self._omissions.sentences(self.label or "/", self.most))

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
        archives: set[str] = set()
        omitted: dict[Omitted, tuple[str, int]] = {}

        def omit(kind: Omitted, name: str, says: str = "", number: int = 1) -> None:
            first, count = omitted.get(kind, (name + says, 0))
            omitted[kind] = (min(first, name + says), count + number)

        try:
            for name, kind, archive in self._listed(directory.real):
                if not wanted(name) or (self.taken and (*directory.real, name) in self.taken):
                    continue
                if kind is None:
                    omit(Omitted.UNREADABLE, name)
                elif stat.S_ISDIR(kind) or archive:
                    first_directories.add(name)
                    if archive:
                        archives.add(name)
                elif stat.S_ISLNK(kind) or stat.S_ISREG(kind):
                    first_files.add(name)
                else:
                    omit(special(kind), name)
        except OSError as error:
            self.cannot_read(directory, error)
        found = [
            Entry(directory.below(n), (*directory.real, n), directory=True, archive=n in archives)
            for n in first_directories.names
        ]
        for name in first_files.names:
            try:
                if directory.name == "sysctl.d" and (target := self._target((*directory.real, name))):
                    self.sysctl_links[directory.below(name)] = target
                real, mode = self._leads_to(directory.real, name)
            except LeadsOut:
                omit(Omitted.LEADS_OUT, name)
            except OSError as error:
                nowhere = error.errno in _NOWHERE
                omit(
                    Omitted.LEADS_NOWHERE if nowhere else Omitted.UNREADABLE,
                    name,
                    "" if nowhere else f": {error.strerror}",
                )
            else:
                archive = self._is_archive(real, mode)
                if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
                    link = real != (*directory.real, name)
                    found.append(Entry(directory.below(name), real, stat.S_ISDIR(mode) or archive, link, archive))
                else:
                    omit(special(mode), name)
        for first in (first_files, first_directories):
            if first.dropped:
                omit(Omitted.TOO_MANY, first.first_dropped, number=first.dropped)
        for reason, (name, count) in omitted.items():
            self._omissions.put(reason, directory.path, directory.below(name), count)
        return sorted(found, key=lambda entry: entry.name)

    def find(self, path: str, start: Entry = TOP) -> Entry | None:
        """What a path leads to that need not be there; only if it leads out something is omitted."""
        try:
            real, mode = self._leads_to(start.real, path)
            link = self._is_link(start, path)
        except LeadsOut:
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

    def cannot_read(self, entry: Entry, error: OSError) -> None:
        """Omit a file or directory."""
        self._omissions.put(Omitted.UNREADABLE, entry.path, f"{entry.path or self.label}: {error.strerror}")

    def leave(self) -> None:
        """Close what stays open between two calls: two processes would share its place."""
        return

    @contextmanager
    def omitting(self, omissions: Omissions) -> Iterator[Omissions]:
        """What is omitted meanwhile is put there."""
        own, self._omissions = self._omissions, omissions
        try:
            yield omissions
        finally:
            self._omissions = own

    def omit(self, omissions: Omissions) -> None:
        """Add what was omitted elsewhere."""
        self._omissions.add(omissions)

    @abstractmethod
    def read(self, file: Entry, most: int) -> bytes:
        """Up to `most` bytes of a file, decompressed. Raises OSError, also for what has become something else than a
        file."""

    @abstractmethod
    def _listed(self, real: Real) -> Iterator[Listed]:
        """The entries of a directory. Raises OSError."""

    @abstractmethod
    def _target(self, real: Real) -> str:
        """What a link says, "" if it is none. Raises OSError."""

    @abstractmethod
    def _mode(self, real: Real) -> int:
        """What stands at a path, no link followed. Raises OSError."""

    def _is_archive(self, real: Real, mode: int) -> bool:
        return False

    def _archive_above(self, real: Real) -> int:
        """How many of the first components of a path lead to the innermost archive that it goes into."""
        return 0

    def _named(self) -> tuple[list[str], list[str]] | None:
        """The components of the top's own path: without links, and as the user wrote it. None where nothing is above
        the top."""
        return None

    def _leads_to(self, start: Real, path: str) -> tuple[Real, int]:
        """The real path below the top, and the mode of what is there.

        Nothing outside is touched, not even looked at: it may be a dead NFS mount. The directories above the top are
        known by their names, for these are the top's own. Raises LeadsOut and OSError.
        """
        above = self._named()
        parts, named = above or ([], [])
        here = [*parts, *start]
        ahead = path.split("/")[::-1]
        links = steps = 0
        while ahead:
            word = ahead.pop()
            steps += 1
            if word == "..":
                if not here and above is None:
                    raise LeadsOut
                del here[-1:]
            elif word not in ("", "."):
                here.append(word)
                if is_above(here, parts) or not (target := self._target(below_top(here, parts))):
                    continue
                links += 1
                here.pop()
                if target.startswith("/"):
                    if above is None:
                        raise LeadsOut
                    here, target = [], as_the_top(target, parts, named)
                ahead += target.split("/")[::-1]
            if links > _MOST_LINKS or steps > _MOST_STEPS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        real = below_top(here, parts)
        if (kept := self._archive_above(start)) and real[:kept] != start[:kept]:
            raise LeadsOut
        return real, self._mode(real)

    def _is_link(self, start: Entry, path: str) -> bool:
        directory, _, name = path.rpartition("/")
        real, _ = self._leads_to(start.real, directory)
        return bool(self._target((*real, name)))


def once(files: Iterable[Entry]) -> Iterator[Entry]:
    """Each file once, by the path that leads through no link if there is one."""
    files = list(files)
    seen = {file.real for file in files if not file.linked}
    for file in files:
        if not file.linked:
            yield file
        elif file.real not in seen:
            seen.add(file.real)
            yield file


def special(mode: int) -> Omitted:
    return Omitted.FIFO if stat.S_ISFIFO(mode) else Omitted.SOCKET if stat.S_ISSOCK(mode) else Omitted.DEVICE
