"""The dumps of a directory or an archive: which of its files are one node's."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lvsdoctor.collect.ansible_tree import ansible_dumps
from lvsdoctor.collect.documents import NodeDump, without_domain
from lvsdoctor.collect.errors import CannotCollect, NoDump, NoText
from lvsdoctor.collect.file_names import is_prose, read_others, share_host_names
from lvsdoctor.collect.keepalived_tree import Included
from lvsdoctor.collect.layouts import by_directory, may_be_a_host_s, namespace_files, sosreport_files
from lvsdoctor.collect.log_names import may_be_log
from lvsdoctor.collect.omitted import Omissions
from lvsdoctor.collect.sysctl_files import linked_files, without_settings
from lvsdoctor.collect.text_pieces import counted, named_where_unread, pieces_of, tells
from lvsdoctor.collect.texts import LARGEST_FILE, text_in
from lvsdoctor.collect.tree import TOP, AnyTree, Entry, once
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.work import Apply, in_turn
from lvsdoctor.parse.paste.stream import Piece
from lvsdoctor.parse.reader import Dump

if TYPE_CHECKING:
    from lvsdoctor.collect.host_files import HostFiles
    from lvsdoctor.collect.kube_tree import MountedMaps
    from lvsdoctor.collect.networkd_tree import DropIns


def dumps_in(tree: AnyTree, top: Path, omitted: list[str], apply: Apply = in_turn) -> Iterator[NodeDump]:
    """The dumps of a tree that the user calls `top`; what was not read is added to `omitted`, in sentences."""
    yield from ansible_dumps(tree, top, partial(_text_in, tree))
    yield from (_of_cluster(mine, tree, top) for mine in _directory(tree, top, apply))
    omitted += tree.omitted


def _applied(
    tree: AnyTree, function: Callable[[Entry], list[NodeDump]], entries: Sequence[Entry], apply: Apply, unit: str
) -> Iterator[NodeDump]:
    """What the function makes of the entries, maybe in other processes: what these omit is omitted here."""

    def counting(entry: Entry) -> tuple[list[NodeDump], Omissions]:
        tree.leave()
        with tree.omitting(Omissions()) as omissions:
            return function(entry), omissions

    for dumps, omissions in apply(counting, entries, unit):
        tree.omit(omissions)
        yield from dumps


def _directory(tree: AnyTree, top: Path, apply: Apply) -> Iterator[NodeDump]:
    """A directory that holds dumps is one node, one of such directories a cluster."""
    sosreport = sosreport_files(tree, TOP)
    entries = [] if sosreport else tree.entries(TOP)
    own = list(_of_node(tree, top, TOP, sosreport or [entry for entry in entries if not entry.directory], apply))
    told = any(tells(mine.piece) for mine in own)
    if sosreport and not told:
        entries = tree.entries(TOP)
    if sosreport and told:
        yield from own
        yield from _of_namespaces(tree, top, TOP, own)
        return
    children = list(_apart([entry for entry in entries if entry.directory]))
    crossed = share_host_names({child.stem: _file_names(tree, child) for child in children})
    apart = [child for child in children if not crossed and may_be_a_host_s(child.stem, beside_dumps=told)]
    nodes = children if apart and not told else apart
    if told or not nodes:
        yield from own
        files = [file for child in children if child not in nodes for file in tree.walk(child)]
        yield from _of_node(tree, top, TOP, once(files))
    yield from _applied(tree, partial(_of_child, tree, top), nodes, apply, "directories read")
    if nodes and not told:
        yield from own  # a README beside the nodes


def _file_names(tree: AnyTree, directory: Entry) -> list[str]:
    return [entry.name for entry in tree.entries(directory) if not entry.directory]


def _of_child(tree: AnyTree, top: Path, child: Entry) -> list[NodeDump]:
    """The dumps of a directory that is a node's."""
    sosreport = sosreport_files(tree, child)
    dumps = list(_of_node(tree, top, child, once(sosreport or tree.walk(child))))
    if sosreport:
        return [*dumps, *_of_namespaces(tree, top, child, dumps)]
    return list(by_directory(dumps))


def _of_namespaces(tree: AnyTree, top: Path, directory: Entry, host: Sequence[NodeDump]) -> Iterator[NodeDump]:
    """The dumps of the other network namespaces of a host, each a node of its own: rs1/blue."""
    name = next((mine.piece.host for mine in host if mine.piece.host), host[0].node if host else "")
    for namespace, files in namespace_files(tree, directory).items():
        inner = f"{without_domain(name)}/{namespace}"
        for mine in _of_node(tree, top, directory, files):
            if tells(mine.piece):
                place = f"{mine.place}#{namespace}"
                yield replace(mine, piece=Piece(inner, mine.piece.dump), node=inner, place=place, stays=False)


def _of_cluster(mine: NodeDump, tree: AnyTree, top: Path) -> NodeDump:
    """What manifests say of a whole cluster of Kubernetes is of no directory's host: they belong together."""
    if not mine.piece.dump.facts.keys() or mine.piece.dump.facts.keys() - {"kube", "kube-state"}:
        return mine
    return replace(mine, node=tree.name, source=str(top), place=str(top), inside="", stays=False)


def _apart(directories: Sequence[Entry]) -> Iterator[Entry]:
    """Without links to the top, and to what is one of them by its own name."""
    own = {directory.real for directory in directories if not directory.link}
    for directory in directories:
        if not directory.link or (directory.real and directory.real not in own):
            own.add(directory.real)
            yield directory


def _of_node(
    tree: AnyTree, top: Path, directory: Entry, files: Iterable[Entry], apply: Apply = in_turn
) -> Iterator[NodeDump]:
    """The dumps of one node's files, which the evidence names as seen from the cluster: rs1/sysctl.txt."""
    above = top if directory.path and not tree.in_archive else top.parent
    name = (directory.stem if directory.archive else directory.real[-1]) if directory.real else tree.name
    source = str(top / directory.path)
    files = list(files)
    included = _included(tree, files, lambda file: str((top / file.path).relative_to(above)))
    drop_ins = _drop_ins(tree, files)
    mounted = _mounted(tree, files, lambda file: str((top / file.path).relative_to(above)))
    reading = _reading(tree, files, lambda file: str((top / file.path).relative_to(above)))

    def of_file(file: Entry) -> list[NodeDump]:
        path = top / file.path
        where = str(path.relative_to(above))
        inside = str(Path(file.path).relative_to(directory.path))
        stays = bool(directory.path) and not is_prose(f"{name}/{inside}")
        dump = partial(
            NodeDump, node=name, source=source, where=where, path=str(path), inside=inside, place=source, stays=stays
        )
        try:
            return list(map(dump, _pieces_of_file(tree, file, where, str(path), included, drop_ins, reading, mounted)))
        except OSError as error:
            tree.cannot_read(file, error)
            return []
        except CannotCollect as error:
            piece = Piece("", Dump(unread=(Seen(where, None, str(error)),)))
            return [replace(dump(piece), stays=stays and not isinstance(error, (NoDump, NoText)))]

    yield from _applied(tree, of_file, files, apply, "files read")
    links = "" if directory.path and not tree.in_archive else f"{tree.label}/"
    for piece in linked_files(tree, directory, links):
        yield NodeDump(piece, name, source, f"{links}sysctl.d", place=source)


def _pieces_of_file(
    tree: AnyTree,
    file: Entry,
    where: str,
    path: str,
    included: Included,
    drop_ins: "DropIns | None",
    reading: "HostFiles | None",
    mounted: "MountedMaps | None",
) -> Sequence[Piece]:
    """Raises OSError and CannotCollect."""
    if may_be_log(where):
        from lvsdoctor.collect.logs import log_in_tree

        if (logged := log_in_tree(tree, file, where)) is not None:
            return logged
    data = tree.read(file, LARGEST_FILE + 1)
    if (replacing := without_settings(data, where)) is not None:
        return [replacing]
    text = text_in(data, path)
    if (read := included.dump_for(file, text, where)) is not None:
        return [Piece("", read)]
    if drop_ins is not None and (read := drop_ins.dump_for(file, text, where)) is not None:
        return [Piece("", read)]
    if reading is not None and (read := reading.dump_for(file, text, where)) is not None:
        return [Piece("", named_where_unread(read, text, where))]
    if mounted is not None and (several := mounted.dumps_for(text, where)) is not None:
        return counted([Piece(made.host, made) for made in several], where)
    return counted(list(pieces_of(text, where)), where)


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


def _drop_ins(tree: AnyTree, files: Sequence[Entry]) -> "DropIns | None":
    """What the drop-ins of systemd-networkd among these files are for; None where there is none."""
    if not any(".network.d/" in file.path for file in files):
        return None
    from lvsdoctor.collect.networkd_tree import DropIns

    return DropIns(files, lambda file: _text_in(tree, file))


def _mounted(tree: AnyTree, files: Sequence[Entry], where_of: Callable[[Entry], str]) -> "MountedMaps | None":
    """What the Kubernetes manifests among these files mount of others in the tree, and others of theirs."""
    own = [file for file in files if file.name.endswith((".yaml", ".yml"))]
    texts = [_text_in(tree, file) or "" for file in own]
    if not any(sign in text for text in texts for sign in ("hostNetwork", "kind: ConfigMap")):
        return None
    from lvsdoctor.collect.kube_tree import MountedMaps

    with tree.omitting(Omissions()):
        others = [file for file in tree.walk(TOP) if file.name.endswith((".yaml", ".yml"))]
    return MountedMaps(once([*own, *others]), lambda file: _text_in(tree, file), where_of)


def _reading(tree: AnyTree, files: Sequence[Entry], where_of: Callable[[Entry], str]) -> "HostFiles | None":
    """What the units and scripts among these files read of each other; None where there is none."""
    if not any(read_others(file.path) for file in files):
        return None
    from lvsdoctor.collect.host_files import HostFiles

    return HostFiles(files, lambda file: _text_in(tree, file), where_of)
