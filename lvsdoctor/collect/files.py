"""Text from files, directories and standard input, which come from strangers."""

import errno
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from lvsdoctor.collect.archives.contents import Contents
from lvsdoctor.collect.archives.names import looks_like_an_archive, stem_of
from lvsdoctor.collect.assemble import nodes_of
from lvsdoctor.collect.directories import dumps_in
from lvsdoctor.collect.documents import NodeDump
from lvsdoctor.collect.engine_names import named_apart
from lvsdoctor.collect.errors import CannotCollect, NoDump
from lvsdoctor.collect.file_names import root_above
from lvsdoctor.collect.log_names import may_be_log
from lvsdoctor.collect.text_pieces import pieces_of, tells
from lvsdoctor.collect.texts import archive_or_bytes, of_file, text_in
from lvsdoctor.collect.tree import Tree
from lvsdoctor.model.examination import UnreadPath
from lvsdoctor.model.node import Node
from lvsdoctor.model.work import Apply, in_turn
from lvsdoctor.parse.paste.stream import Piece

_MAIN_FILES = frozenset({"keepalived.conf", "ldirectord.cf"})
_MANY = 8
_NAMED = 3
_MOST_NAMES = 10_000  # that are held against a mistyped one
LOOKED_FOR = "ip addr, ip link, ip route, ip rule, ip neigh, sysctl, ipvsadm, /proc/net/ip_vs, arptables"


def collect_paths(
    paths: Sequence[str | tuple[str, str]], unread: list[UnreadPath] | None = None, apply: Apply = in_turn
) -> tuple[Node, ...]:
    """The nodes that files, directories and - (standard input) tell of. Raises CannotCollect with one sentence.

    A PATH without a dump is added to `unread`, and what else it holds is kept. Where no PATH holds a dump, and none a
    file that is known by its face, that is raised. A pair is a node's name and a PATH: all that this holds is of it.
    """
    found: list[NodeDump] = []
    names = _apart([path if isinstance(path, tuple) else ("", path) for path in paths])
    files = sum(path != "-" and not Path(path).is_dir() for _, path in names)
    without: list[UnreadPath] = []
    # Many PATHs are read side by side, of few the files that they hold. A FIFO can be read once alone, and here.
    many = len(names) >= _MANY and all(Path(path).is_file() or Path(path).is_dir() for _, path in names)
    outer, inner = (apply, in_turn) if many else (in_turn, apply)
    for mine, nothing in outer(partial(_of_path, files > 1, inner), names, "paths read"):
        found += mine
        without += [] if nothing is None else [nothing]
    if without and (unread is None or (len(without) == len(paths) and not any(path.kinds for path in without))):
        raise NoDump(without[0].path, without[0].why)
    if unread is not None:
        unread += without
    return nodes_of(named_apart(found))


def _apart(names: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """With the directory for a name where several files are named that a host has one of: prod/keepalived.conf and
    stage/keepalived.conf."""
    parents: dict[str, dict[Path, str]] = {}
    for name, path in names:
        file = Path(path)
        if not name and file.name in _MAIN_FILES:
            parents.setdefault(file.name, {})[file.parent] = root_above(file.as_posix()) or file.parent.name
    several = {parent: stem for known in parents.values() if len(known) > 1 for parent, stem in known.items()}
    alike = len(set(several.values())) < len(several) or not all(several.values())

    def named(path: Path) -> str:
        known = path.name in _MAIN_FILES and path.parent in several
        return "" if not known else path.parent.as_posix() if alike else several[path.parent]

    return [(name or named(Path(path)), path) for name, path in names]


def _of_path(several: bool, apply: Apply, named: tuple[str, str]) -> tuple[list[NodeDump], UnreadPath | None]:
    """The dumps of a PATH, which is whole a node's if it comes with a name; and the PATH where it holds none."""
    name, path = named
    omitted: list[str] = []
    mine: list[NodeDump] = []
    try:
        dumps = _standard_input(omitted, apply) if path == "-" else _path(Path(path), several, omitted, apply, name)
        mine += (_of_named(name, dump) for dump in dumps) if name else dumps
        speaking = _speaking(mine, path, omitted)
    except NoDump as error:
        kinds = tuple(kind for dump in mine for kind in dump.piece.dump.unread_kinds)
        return mine, UnreadPath(_shown(path), error.why, kinds)
    # Said of the whole directory, by the first of its nodes.
    mine[speaking] = replace(mine[speaking], notes=(*mine[speaking].notes, *omitted))
    return mine, None


def _of_named(name: str, mine: NodeDump) -> NodeDump:
    """The user's word counts, whatever a prompt or a file's name says."""
    piece = Piece(name, replace(mine.piece.dump, host=""))
    return replace(mine, piece=piece, node=name, place=f"node {name}", inside="", stays=True)


def _speaking(dumps: Sequence[NodeDump], path: str, omitted: Sequence[str]) -> int:
    """The place of the first that tells something. Raises NoDump."""
    place = next((number for number, dump in enumerate(dumps) if _speaks(dump)), None)
    if place is None:
        why = "".join(f"; {sentence}" for sentence in (*_refused(dumps), *omitted))
        raise NoDump(_shown(path), f"no dump in it (looked for {LOOKED_FOR}){why}")
    return place


def _refused(dumps: Sequence[NodeDump]) -> Iterator[str]:
    """The files that hold no text at all, the first of them with the reason."""
    files = [seen for mine in dumps for seen in mine.piece.dump.unread if seen.line is None]
    whys = [seen.text for seen in files if not seen.text.startswith("(")]
    yield from whys[:_NAMED]
    if len(whys) > _NAMED:
        more = len(whys) - _NAMED
        yield "1 more file holds no text" if more == 1 else f"{more} more files hold no text"


def _speaks(mine: NodeDump) -> bool:
    return tells(mine.piece) or (mine.managed and bool(mine.piece.dump.unread))


def _shown(path: str) -> str:
    return "standard input" if path == "-" else path


def _standard_input(omitted: list[str], apply: Apply) -> Iterator[NodeDump]:
    if sys.stdin.isatty():
        print("lvsdoctor: paste the dumps, then press Ctrl-D", file=sys.stderr)
    try:
        data = archive_or_bytes(sys.stdin.buffer, "standard input")
    except OSError as error:
        # Closed, or open for writing alone.
        why = "is closed" if error.errno == errno.EBADF else error.strerror
        raise CannotCollect(f"standard input: {why}") from None
    if isinstance(data, Contents):
        for mine in _archive(data, Path("stdin"), omitted, apply):
            yield replace(mine, path="")
        return
    text = text_in(data, "standard input")
    for piece in pieces_of(text, "stdin"):
        yield NodeDump(piece, "stdin", "standard input")


def _path(path: Path, several: bool, omitted: list[str], apply: Apply, host: str) -> Iterator[NodeDump]:
    """The dumps of a PATH; what of a directory or an archive is not read is added to `omitted`, in sentences."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            with Tree(path) as tree:
                yield from dumps_in(tree, path, omitted, apply)
            return
    except FileNotFoundError:
        raise CannotCollect(f"{path}: no such file or directory{_nearest(path)}") from None
    except OSError as error:
        raise CannotCollect(f"{path}: {error.strerror}") from None
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        raise CannotCollect(f"{path}: is not a file and not a directory")
    logged = _log(path) if stat.S_ISREG(mode) and may_be_log(path.as_posix()) else None
    data = b"" if logged is not None else of_file(path)
    if isinstance(data, Contents):
        yield from _archive(data, path, omitted, apply)
        return
    name = stem_of(path.name) if looks_like_an_archive(path.name) else path.name
    for piece in pieces_of(text_in(data, str(path)), str(path), host) if logged is None else logged:
        # Files named one by one are one node's, unless their names or their words tell of several hosts.
        inside = path.as_posix()
        node = "node" if several else root_above(inside) or Path(name).stem
        yield NodeDump(piece, node, str(path), str(path), str(path), inside=inside)


def _log(path: Path) -> list[Piece] | None:
    from lvsdoctor.collect.logs import log_in_file

    return log_in_file(path)


def _nearest(path: Path) -> str:
    """What was probably meant, among what stands where the first part of the path is not there."""
    from difflib import get_close_matches  # only a mistake pays for it

    parts = [*reversed(path.parents), path]
    missing = next((part for part in parts if not part.exists()), path)
    try:
        names = sorted(entry.name for entry in islice(missing.parent.iterdir(), _MOST_NAMES))
    except OSError:
        return ""
    near = get_close_matches(missing.name, names, 1, 0.6)
    return f"; did you mean {missing.parent / near[0]}?" if near else ""


def _archive(contents: Contents, path: Path, omitted: list[str], apply: Apply) -> Iterator[NodeDump]:
    from lvsdoctor.collect.archive_tree import ArchiveTree

    with ArchiveTree(contents, path.name) as tree:
        yield from dumps_in(tree, path, omitted, apply)
