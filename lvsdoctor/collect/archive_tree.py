"""An archive as the tree that it would be, were it unpacked."""

from collections.abc import Iterator
from typing import BinaryIO

from lvsdoctor.collect.any_tree import AnyTree, Entry, Listed
from lvsdoctor.collect.archives.contents import Contents, Directory, File
from lvsdoctor.collect.archives.reading import Plain, contents_of
from lvsdoctor.collect.archives.unwrapping import unwrap
from lvsdoctor.collect.omitted import Omissions
from lvsdoctor.collect.tree_paths import Real

__all__ = ["ArchiveTree", "Plain", "omit", "opened"]


def opened(file: BinaryIO, name: str, most: int) -> Contents:
    """The contents of an archive, without a directory that all of it lies in. Raises Plain for another file, and for a
    document, which is a zip: with the part that has its text."""
    contents = contents_of(file, name, most)
    if (text := document_text(contents)) is not None:
        raise Plain(text[: most + 1])
    _put_documents(contents)
    unwrap(contents)
    return contents


class ArchiveTree(AnyTree):
    """An archive in memory; the evidence calls it `label`."""

    in_archive = True

    def __init__(self, contents: Contents, label: str) -> None:
        super().__init__()
        self._contents = contents
        self.label = label
        self.name = contents.name
        omit(self._omissions, contents, label)

    def read(self, file: Entry, most: int) -> bytes:
        return self._contents.read(file.real, most)

    def _listed(self, real: Real) -> Iterator[Listed]:
        return (Listed(*entry) for entry in self._contents.listed(real))

    def _target(self, real: Real) -> str:
        return self._contents.target(real)

    def _mode(self, real: Real) -> int:
        return self._contents.mode(real)

    def _is_archive(self, real: Real, mode: int) -> bool:
        return self._contents.is_archive(real)

    def _archive_above(self, real: Real) -> int:
        return self._contents.archive_above(real)


def document_text(contents: Contents, at: Real = ()) -> bytes | None:
    """The part of a document that has its text: of Word (ECMA-376), of OpenDocument. None for an archive."""
    for mark, path in _DOCUMENTS:
        node = contents.node((*at, *path))
        if isinstance(node, File) and contents.node((*at, mark)) is not None:
            return node.data
    return None


def _put_documents(contents: Contents) -> None:
    """A document in an archive is a file of it, with its text."""
    waiting: list[tuple[Real, Directory]] = [((), contents.top)]
    while waiting:
        path, here = waiting.pop()
        for name, node in here.entries.items():
            if not isinstance(node, Directory):
                continue
            if node.archive and (text := document_text(contents, (*path, name))) is not None:
                here.entries[name] = File(text)
            else:
                waiting.append(((*path, name), node))


_DOCUMENTS = (("[Content_Types].xml", ("word", "document.xml")), ("mimetype", ("content.xml",)))


def omit(omissions: Omissions, contents: Contents, label: str, place: str = "") -> None:
    """What of an archive was not read is omitted, for the tree that it lies in at `place`."""
    for path, text in contents.sentences:
        omissions.say(f"{label}/{path} {text}" if path else f"{label} {text}")
    for kind, (first, count) in contents.omitted.items():
        omissions.put(kind, f"{place}:", f"{place}/{first}" if place else first, count)
