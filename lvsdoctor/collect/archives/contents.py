"""What an archive holds, as a tree in memory: files that may be dumps, directories, and links by what they say."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from stat import S_IFDIR, S_IFLNK, S_IFREG

from lvsdoctor.collect.omitted import Omitted

Path = tuple[str, ...]


@dataclass(slots=True)
class File:
    data: bytes


@dataclass(slots=True)
class LinkTo:
    target: str


@dataclass(slots=True)
class Directory:
    """`archive`: it is one, and a link in it leads nowhere else."""

    entries: "dict[str, File | LinkTo | Directory]" = field(default_factory=dict)
    archive: bool = False


Node = File | LinkTo | Directory
_MODES = {File: S_IFREG, LinkTo: S_IFLNK, Directory: S_IFDIR}


@dataclass(slots=True)
class Contents:
    """`name` is the node's whose evidence this is where nothing in it says whose; `sentences` say of it (""), or of an
    archive in it, why it was not read to its end; `omitted` are members that were not read, by kind: the first, and how
    many.

    Its methods raise OSError as those of os do.
    """

    name: str
    top: Directory = field(default_factory=lambda: Directory(archive=True))
    sentences: list[tuple[str, str]] = field(default_factory=list)
    omitted: dict[Omitted, tuple[str, int]] = field(default_factory=dict)
    size: int = 0  # bytes that are kept

    def omit(self, kind: Omitted, name: str) -> None:
        first, count = self.omitted.get(kind, (name, 0))
        self.omitted[kind] = (first, count + 1)

    def node(self, path: Path) -> Node | None:
        """What stands at a path, no link followed."""
        here: Node | None = self.top
        for name in path:
            if not isinstance(here, Directory):
                return None
            here = here.entries.get(name)
        return here

    def listed(self, path: Path) -> Iterator[tuple[str, int, bool]]:
        """The entries of a directory: their names, their modes, and whether they are archives."""
        here = self._known(path)
        if not isinstance(here, Directory):
            raise _error(errno.ENOTDIR)
        for name, node in here.entries.items():
            yield name, _MODES[type(node)], isinstance(node, Directory) and node.archive

    def target(self, path: Path) -> str:
        """What a link says, "" if it is none."""
        node = self._known(path)
        return node.target if isinstance(node, LinkTo) else ""

    def mode(self, path: Path) -> int:
        return _MODES[type(self._known(path))]

    def read(self, path: Path, most: int) -> bytes:
        node = self._known(path)
        if not isinstance(node, File):
            raise _error(errno.EISDIR)
        return node.data[:most]

    def is_archive(self, path: Path) -> bool:
        node = self.node(path)
        return isinstance(node, Directory) and node.archive

    def _known(self, path: Path) -> Node:
        if (node := self.node(path)) is None:
            raise _error(errno.ENOENT)
        return node

    def archive_above(self, path: Path) -> int:
        """How many of the first components of a path lead to the innermost archive that it goes into."""
        here: Node | None = self.top
        innermost = 0
        for number, name in enumerate(path, 1):
            here = here.entries.get(name) if isinstance(here, Directory) else None
            if isinstance(here, Directory) and here.archive:
                innermost = number
        return innermost

    def put(self, path: Path, node: Node) -> bool:
        """Put a node at a path, below `top`; the later of two counts, as where tar unpacks them. False where a file or
        a link stands in the way: nothing is put through a link."""
        here = self.top
        for name in path[:-1]:
            below = here.entries.setdefault(name, Directory())
            if not isinstance(below, Directory):
                return False
            here = below
        name = path[-1]
        before = here.entries.get(name)
        if isinstance(before, Directory):
            return isinstance(node, Directory)
        here.entries[name] = node
        return True


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
