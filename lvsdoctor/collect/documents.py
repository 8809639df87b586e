"""Texts that were collected, and the hosts that they name."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lvsdoctor.collect.file_names import FileName, file_name
from lvsdoctor.collect.host_identity import Identity, identity
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.stream import Piece
from lvsdoctor.parse.reader import Dump

# Names that a system has when nobody gave it one: they tell no host from others.
_ANYBODYS = frozenset("localhost ubuntu debian centos rocky almalinux fedora rhel archlinux linux raspberrypi".split())


@dataclass(frozen=True, slots=True)
class NodeDump:
    """A piece of evidence and the name of the node it belongs to if nothing in it says whose it is.

    It stands in the file `path`, which the evidence calls `where` (empty: in none); `inside` is that file's path
    within the directory that is the node, or within the directory of several. Dumps of one `place` belong together
    where nothing tells them apart. `stays`: the node is one even if nothing in it can be read. `managed`: it is known
    to be a host's, as of Ansible, so that also lines that were not understood are evidence of it. `notes` are for it.
    """

    piece: Piece
    node: str
    source: str
    where: str = ""
    path: str = ""
    notes: tuple[str, ...] = ()
    inside: str = ""
    place: str = ""
    stays: bool = False
    managed: bool = False


@dataclass(frozen=True, slots=True)
class HostSection:
    """What of a document (`where`) is of one host: its name as the document has it, "" where it does not tell.

    `leads`: other hosts are named in the same document, and it stands before these. `names_only`: it holds nothing but
    a host's name.
    """

    dumps: tuple[NodeDump, ...]
    where: str = ""
    host: str = ""
    leads: bool = False
    names_only: bool = False

    @property
    def facts(self) -> bool:
        return any(mine.piece.dump.facts for mine in self.dumps)

    @property
    def identity(self) -> Identity:
        return identity(mine.piece.dump for mine in self.dumps)


@dataclass(frozen=True, slots=True)
class Document:
    """A text: what stands in it follows each other in time."""

    where: str
    name: FileName
    sections: tuple[HostSection, ...]

    @property
    def facts(self) -> bool:
        return any(section.facts for section in self.sections)


def documents(dumps: Iterable[NodeDump]) -> list[Document]:
    """The documents of these dumps in order, each with its sections."""
    texts: dict[str, list[NodeDump]] = {}
    last = ""
    for mine in dumps:
        last = mine.where or where_of(mine.piece.dump) or last
        texts.setdefault(last, []).append(mine)
    return [_document(where, group) for where, group in texts.items()]


def identity_of(sections: Iterable[HostSection]) -> Identity:
    """What of these sections tells their host from others."""
    return identity(mine.piece.dump for section in sections for mine in section.dumps)


def _document(where: str, group: Sequence[NodeDump]) -> Document:
    by_host: dict[str, list[NodeDump]] = {}
    for mine in group:
        host = mine.piece.host
        by_host.setdefault("" if short_name(host) in _ANYBODYS else host, []).append(mine)
    names = [host for host in by_host if host]
    if "" in by_host and len(names) == 1 and all(_tells_itself(mine) for mine in by_host[names[0]][:1]):
        # `uname -a` at the end of a text says whose it is, all of it; a prompt says so of what follows.
        by_host = {names[0]: list(group)}
    sections = [
        HostSection(
            tuple(dumps),
            where,
            host,
            leads=not host and bool(names),
            names_only=bool(host) and all(map(_tells_itself, dumps)),
        )
        for host, dumps in by_host.items()
    ]
    return Document(
        where, file_name(group[0].inside) if group[0].inside else FileName("", frozenset()), tuple(sections)
    )


def _tells_itself(mine: NodeDump) -> bool:
    return bool(mine.piece.dump.host) and mine.piece.dump.facts.keys() <= {"kernel"}


def where_of(dump: Dump) -> str:
    """The text that a dump stands in, "" where no row tells."""
    rows: Any
    for rows in dump.facts.values():
        for row in rows[:1]:
            seen = getattr(row, "seen", None)
            if isinstance(seen, Seen):
                return seen.where
    lines = (*dump.unread[:1], *(comment.seen for comment in dump.comments[:1]))
    return lines[0].where if lines else ""


def without_domain(host: str) -> str:
    """A host's name without its domain; an address stays as it is, and so does a namespace (lb1.example.org/web)."""
    name, slash, inside = host.partition("/")
    short = name if name.replace(".", "").isdigit() or ":" in name else name.partition(".")[0]
    return f"{short}{slash}{inside}"


def short_name(host: str) -> str:
    """A host's name without its domain, in small letters."""
    return without_domain(host).lower()
