"""Text from files, directories and standard input, which come from strangers."""

import errno
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath

from lvsdoctor.collect.ansible_tree import ansible_dumps
from lvsdoctor.collect.archives.contents import Contents
from lvsdoctor.collect.archives.names import looks_like_an_archive, stem_of
from lvsdoctor.collect.assemble import nodes_of
from lvsdoctor.collect.documents import NodeDump, without_domain
from lvsdoctor.collect.engine_names import named_apart
from lvsdoctor.collect.errors import CannotCollect, NoDump, NoText
from lvsdoctor.collect.file_names import is_prose, names_the_host
from lvsdoctor.collect.keepalived_tree import Included
from lvsdoctor.collect.layouts import by_directory, may_be_a_host_s, namespace_files, sosreport_files
from lvsdoctor.collect.logs import log_in_file, log_in_tree
from lvsdoctor.collect.supportconfig import without_headings
from lvsdoctor.collect.sysctl_files import linked_files, without_settings
from lvsdoctor.collect.texts import LARGEST_FILE, archive_or_bytes, of_file, text_in
from lvsdoctor.collect.tree import TOP, AnyTree, Entry, Tree, once
from lvsdoctor.model.examination import UnreadPath
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config import config_dumps
from lvsdoctor.parse.fleet.engines import answers_in, fleet_pieces
from lvsdoctor.parse.identity import hostname_in
from lvsdoctor.parse.paste.stream import Piece, pieces
from lvsdoctor.parse.proc_sys import values_shown
from lvsdoctor.parse.reader import Dump

LOOKED_FOR = "ip addr, ip link, ip route, ip rule, ip neigh, sysctl, ipvsadm, /proc/net/ip_vs, arptables"


def collect_paths(paths: Sequence[str | tuple[str, str]], unread: list[UnreadPath] | None = None) -> tuple[Node, ...]:
    """The nodes that files, directories and - (standard input) tell of. Raises CannotCollect with one sentence.

    A PATH without a dump is added to `unread`, and what else it holds is kept. Where no PATH holds a dump, and none a
    file that is known by its face, that is raised. A pair is a node's name and a PATH: all that this holds is of it.
    """
    found: list[NodeDump] = []
    names = [path if isinstance(path, tuple) else ("", path) for path in paths]
    files = sum(path != "-" and not Path(path).is_dir() for _, path in names)
    without: list[tuple[UnreadPath, NoDump]] = []
    for name, path in names:
        omitted: list[str] = []
        mine: list[NodeDump] = []
        try:
            dumps = _standard_input(omitted) if path == "-" else _path(Path(path), files > 1, omitted)
            mine += (_of_named(name, dump) for dump in dumps) if name else dumps
            speaking = _speaking(mine, path, omitted)
        except NoDump as error:
            kinds = tuple(kind for dump in mine for kind in dump.piece.dump.unread_kinds)
            without.append((UnreadPath(_shown(path), error.why, kinds), error))
        else:
            # Said of the whole directory, by the first of its nodes.
            mine[speaking] = replace(mine[speaking], notes=(*mine[speaking].notes, *omitted))
        found += mine
    if without and (unread is None or (len(without) == len(paths) and not any(path.kinds for path, _ in without))):
        raise without[0][1]
    if unread is not None:
        unread += [path for path, _ in without]
    return nodes_of(named_apart(found))


def _of_named(name: str, mine: NodeDump) -> NodeDump:
    """The user's word counts, whatever a prompt or a file's name says."""
    piece = Piece(name, replace(mine.piece.dump, host=""))
    return replace(mine, piece=piece, node=name, place=f"node {name}", inside="", stays=True)


def _speaking(dumps: Sequence[NodeDump], path: str, omitted: Sequence[str]) -> int:
    """The place of the first that tells something. Raises NoDump."""
    place = next((number for number, dump in enumerate(dumps) if _tells(dump.piece)), None)
    if place is None:
        why = "".join(f"; {sentence}" for sentence in omitted)
        raise NoDump(_shown(path), f"no dump in it (looked for {LOOKED_FOR}){why}")
    return place


def _tells(piece: Piece) -> bool:
    return bool(piece.dump.facts)


def _shown(path: str) -> str:
    return "standard input" if path == "-" else path


def _standard_input(omitted: list[str]) -> Iterator[NodeDump]:
    if sys.stdin.isatty():
        print("lvsdoctor: paste the dumps, then press Ctrl-D", file=sys.stderr)
    try:
        data = archive_or_bytes(sys.stdin.buffer, "standard input")
    except OSError as error:
        # Closed, or open for writing alone.
        why = "is closed" if error.errno == errno.EBADF else error.strerror
        raise CannotCollect(f"standard input: {why}") from None
    if isinstance(data, Contents):
        for mine in _archive(data, Path("stdin"), omitted):
            yield replace(mine, path="")
        return
    text = text_in(data, "standard input")
    for piece in _pieces(text, "stdin"):
        yield NodeDump(piece, "stdin", "standard input")


def _path(path: Path, several: bool, omitted: list[str]) -> Iterator[NodeDump]:
    """The dumps of a PATH; what of a directory or an archive is not read is added to `omitted`, in sentences."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            with Tree(path) as tree:
                yield from _tree(tree, path, omitted)
            return
    except FileNotFoundError:
        raise CannotCollect(f"{path}: there is no such file or directory") from None
    except OSError as error:
        raise CannotCollect(f"{path}: {error.strerror}") from None
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        raise CannotCollect(f"{path}: is neither a file nor a directory")
    logged = log_in_file(path) if stat.S_ISREG(mode) else None
    data = b"" if logged is not None else of_file(path)
    if isinstance(data, Contents):
        yield from _archive(data, path, omitted)
        return
    name = stem_of(path.name) if looks_like_an_archive(path.name) else path.name
    for piece in _pieces(text_in(data, str(path)), str(path)) if logged is None else logged:
        # Files named one by one are one node's, unless their names or their words tell of several hosts.
        inside = path.as_posix()
        node = "node" if several else Path(name).stem
        yield NodeDump(piece, node, str(path), str(path), str(path), inside=inside)


def _archive(contents: Contents, path: Path, omitted: list[str]) -> Iterator[NodeDump]:
    from lvsdoctor.collect.archive_tree import ArchiveTree

    with ArchiveTree(contents, path.name) as tree:
        yield from _tree(tree, path, omitted)


def _tree(tree: AnyTree, top: Path, omitted: list[str]) -> Iterator[NodeDump]:
    yield from ansible_dumps(tree, top, partial(_text_in, tree))
    yield from (_of_cluster(mine, tree, top) for mine in _directory(tree, top))
    omitted += tree.omitted


def _directory(tree: AnyTree, top: Path) -> Iterator[NodeDump]:
    """A directory that holds dumps is one node, one of such directories a cluster."""
    sosreport = sosreport_files(tree, TOP)
    entries = [] if sosreport else tree.entries(TOP)
    own = list(_of_node(tree, top, TOP, sosreport or [entry for entry in entries if not entry.directory]))
    told = any(_tells(mine.piece) for mine in own)
    if sosreport and not told:
        entries = tree.entries(TOP)
    if sosreport and told:
        yield from own
        yield from _of_namespaces(tree, top, TOP, own)
        return
    children = list(_apart([entry for entry in entries if entry.directory]))
    apart = [child for child in children if may_be_a_host_s(child.stem, beside_dumps=told)]
    nodes = children if apart and not told else apart
    if told or not nodes:
        yield from own
        files = [file for child in children if child not in nodes for file in tree.walk(child)]
        yield from _of_node(tree, top, TOP, once(files))
    for child in nodes:
        sosreport = sosreport_files(tree, child)
        dumps = list(_of_node(tree, top, child, once(sosreport or tree.walk(child))))
        yield from dumps if sosreport else by_directory(dumps)
        if sosreport:
            yield from _of_namespaces(tree, top, child, dumps)
    if nodes and not told:
        yield from own  # a README beside the nodes


def _of_namespaces(tree: AnyTree, top: Path, directory: Entry, host: Sequence[NodeDump]) -> Iterator[NodeDump]:
    """The dumps of the other network namespaces of a host, each a node of its own: rs1/blue."""
    name = next((mine.piece.host for mine in host if mine.piece.host), host[0].node if host else "")
    for namespace, files in namespace_files(tree, directory).items():
        inner = f"{without_domain(name)}/{namespace}"
        for mine in _of_node(tree, top, directory, files):
            if _tells(mine.piece):
                place = f"{mine.place}#{namespace}"
                yield replace(mine, piece=Piece(inner, mine.piece.dump), node=inner, place=place, stays=False)


def _of_cluster(mine: NodeDump, tree: AnyTree, top: Path) -> NodeDump:
    """What manifests say of a whole cluster of Kubernetes is of no directory's host: they belong together."""
    if mine.piece.dump.facts.keys() != {"kube"}:
        return mine
    return replace(mine, node=tree.name, source=str(top), place=str(top), inside="", stays=False)


def _apart(directories: Sequence[Entry]) -> Iterator[Entry]:
    """Without links to the top, and to what is one of them by its own name."""
    own = {directory.real for directory in directories if not directory.link}
    for directory in directories:
        if not directory.link or (directory.real and directory.real not in own):
            own.add(directory.real)
            yield directory


def _of_node(tree: AnyTree, top: Path, directory: Entry, files: Iterable[Entry]) -> Iterator[NodeDump]:
    """The dumps of one node's files, which the evidence names as seen from the cluster: rs1/sysctl.txt."""
    above = top if directory.path and not tree.in_archive else top.parent
    name = (directory.stem if directory.archive else directory.real[-1]) if directory.real else tree.name
    source = str(top / directory.path)
    files = list(files)
    included = _included(tree, files, lambda file: str((top / file.path).relative_to(above)))
    for file in files:
        path = top / file.path
        where = str(path.relative_to(above))
        inside = str(Path(file.path).relative_to(directory.path))
        stays = bool(directory.path) and not is_prose(f"{name}/{inside}")
        dump = partial(
            NodeDump, node=name, source=source, where=where, path=str(path), inside=inside, place=source, stays=stays
        )
        try:
            if (logged := log_in_tree(tree, file, where)) is not None:
                yield from map(dump, logged)
                continue
            data = tree.read(file, LARGEST_FILE + 1)
            if (replacing := without_settings(data, where)) is not None:
                yield dump(replacing)
                continue
            text = text_in(data, str(path))
            if (read := included.dump_for(file, text, where)) is not None:
                yield dump(Piece("", read))
                continue
        except OSError as error:
            tree.cannot_read(file, error)
            continue
        except CannotCollect as error:
            piece = Piece("", Dump(unread=(Seen(where, None, str(error)),)))
            yield replace(dump(piece), stays=stays and not isinstance(error, (NoDump, NoText)))
            continue
        yield from map(dump, _counted(list(_pieces(text, where)), where))
    links = "" if directory.path and not tree.in_archive else f"{tree.label}/"
    for piece in linked_files(tree, directory, links):
        yield NodeDump(piece, name, source, f"{links}sysctl.d", place=source)


def _text_in(tree: AnyTree, file: Entry) -> str | None:
    """The text of a file in the tree; None where it has none, which whoever reads it next says."""
    try:
        return text_in(tree.read(file, LARGEST_FILE + 1), file.path)
    except (OSError, CannotCollect):
        return None


def _included(tree: AnyTree, files: Sequence[Entry], where_of: Callable[[Entry], str]) -> Included:
    """What the keepalived.conf among these files include."""
    own = files if any(file.name == "keepalived.conf" for file in files) else ()
    return Included(own, lambda file: _text_in(tree, file), where_of)


def _counted(parts: Sequence[Piece], where: str) -> Sequence[Piece]:
    """The pieces of a file, the lines of one without any dump counted."""
    if any(_tells(piece) or piece.host for piece in parts):
        return parts
    lines = sum(len(piece.dump.unread) for piece in parts)
    kinds = tuple(kind for piece in parts for kind in piece.dump.unread_kinds)
    note = (Seen(where, None, f"({lines} lines, no dump among them)"),) if lines else ()
    return [Piece("", Dump(unread=note, unread_kinds=kinds))] if note or kinds else []


def _pieces(text: str, where: str) -> Iterator[Piece]:
    # One word is a host's name only where the file's name says so: notes.txt may hold "fixed".
    if names_the_host(where) and (name := hostname_in(text.strip().split("\n", 1))):
        yield Piece(name, Dump(host=name))
        return
    if answers := answers_in(text):
        yield from fleet_pieces(answers, where, "" if where == "stdin" else PurePath(where).name)
        return
    if configured := config_dumps(text, where):
        yield from (Piece(dump.host, dump) for dump in configured)
        return
    if "proc/sys/" in where:
        path = f"/proc/sys/{where.rpartition('proc/sys/')[2]}"
        lines = [Seen(where, number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if (values := values_shown(lines, ("cat", path))) is not None:
            yield Piece("", values)
            return
    yield from pieces(without_headings(text), where)
