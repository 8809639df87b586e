"""Text from files, directories and standard input, which come from strangers."""

import errno
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from lvsdoctor.collect.assemble import Mine, nodes_of
from lvsdoctor.collect.errors import CannotCollect
from lvsdoctor.collect.layouts import is_part_of_a_node, sosreport_files
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.identity import hostname_in
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.stream import Piece, pieces

LOOKED_FOR = "ip addr, ip link, ip route, ip rule, ip neigh, sysctl, ipvsadm, /proc/net/ip_vs, arptables"
LARGEST_FILE = 64 * 1024 * 1024
MOST_FILES = 20_000
_ARCHIVES = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"PK\x03\x04": "zip",
    b"\x28\xb5\x2f\xfd": "zstd",
}


def collect_paths(paths: Sequence[str]) -> tuple[Node, ...]:
    """The nodes that files, directories and - (standard input) tell of. Raises CannotCollect with one sentence."""
    found: list[Mine] = []
    for path in paths:
        mine = list(_standard_input() if path == "-" else _path(Path(path), several=len(paths) > 1))
        if not any(_tells(one.piece) for one in mine):
            raise CannotCollect(f"{_shown(path)}: no dump in it (looked for {LOOKED_FOR})")
        found += mine
    return nodes_of(found)


def text_of(path: Path) -> str:
    """The text of a file that the user named. Raises CannotCollect with one sentence."""
    return _text(_bytes(path), str(path))


def _tells(piece: Piece) -> bool:
    return bool(piece.dump.facts)


def _shown(path: str) -> str:
    return "standard input" if path == "-" else path


def _standard_input() -> Iterator[Mine]:
    if sys.stdin.isatty():
        print("lvsdoctor: paste the dumps, then press Ctrl-D", file=sys.stderr)
    try:
        data = sys.stdin.buffer.read(LARGEST_FILE + 1)
    except OSError as error:
        # Closed, or open for writing alone.
        why = "is closed" if error.errno == errno.EBADF else error.strerror
        raise CannotCollect(f"standard input: {why}") from None
    text = _text(data, "standard input")
    for piece in _pieces(text, "stdin"):
        yield Mine(piece, "stdin", "standard input")


def _path(path: Path, several: bool) -> Iterator[Mine]:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise CannotCollect(f"{path}: there is no such file or directory") from None
    except OSError as error:
        raise CannotCollect(f"{path}: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        yield from _directory(path)
        return
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        raise CannotCollect(f"{path}: is neither a file nor a directory")
    for piece in _pieces(text_of(path), str(path)):
        # Files named one by one are one node's, unless their own words tell of several hosts.
        yield Mine(piece, "node" if several else path.stem, str(path), str(path), str(path))


def _directory(top: Path) -> Iterator[Mine]:
    """A directory that holds dumps is one node, one of such directories a cluster."""
    sosreport = sosreport_files(top)
    own = list(_of_node(top, top.parent, sosreport or _plain_files(top)))
    children = [child for child in _entries(top) if child.is_dir()]
    if any(_tells(mine.piece) for mine in own) or not children or all(map(is_part_of_a_node, children)):
        yield from own
        for child in [] if sosreport else children:
            yield from _of_node(top, top.parent, _below(child))
        return
    for child in children:
        yield from _of_node(child, top, sosreport_files(child) or _below(child))
    yield from own  # a README beside the nodes


def _of_node(directory: Path, top: Path, files: Sequence[Path]) -> Iterator[Mine]:
    """The dumps of one node's files, which the evidence names as seen from `top`: rs1/sysctl.txt."""
    for file in files:
        where = str(file.relative_to(top))
        try:
            text = text_of(file)
        except CannotCollect as error:
            yield Mine(
                Piece("", Dump(unread=(Seen(where, None, str(error)),))),
                directory.resolve().name,
                str(directory),
                where,
                str(file),
            )
            continue
        found = list(_pieces(text, where))
        if not any(_tells(piece) or piece.host for piece in found):
            lines = sum(len(piece.dump.unread) for piece in found)
            note = Seen(where, None, f"({lines} lines, no dump among them)")
            found = [Piece("", Dump(unread=(note,)))] if lines else []
        for piece in found:
            yield Mine(piece, directory.resolve().name, str(directory), where, str(file))


def _pieces(text: str, where: str) -> Iterator[Piece]:
    if name := hostname_in(text.strip().split("\n", 1)):
        yield Piece(name, Dump(host=name))
        return
    yield from pieces(text, where)


def _plain_files(directory: Path) -> list[Path]:
    return [entry for entry in _entries(directory) if entry.is_file()]


def _below(directory: Path) -> list[Path]:
    """Every file below, in the order of their names."""
    found: list[Path] = []
    for where, directories, names in os.walk(directory):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        found += [file for name in sorted(names) if _kept(file := Path(where, name), directory)]
        if len(found) > MOST_FILES:
            raise CannotCollect(f"{directory}: more than {MOST_FILES} files")
    return found


def _entries(directory: Path) -> list[Path]:
    try:
        return sorted(entry for entry in directory.iterdir() if _kept(entry, directory))
    except OSError as error:
        raise CannotCollect(f"{directory}: {error.strerror}") from None


def _kept(entry: Path, top: Path) -> bool:
    """No hidden files, no devices, and no link that leads out of the directory (it may be a stranger's)."""
    if entry.name.startswith("."):
        return False
    if entry.is_symlink() and not entry.resolve().is_relative_to(top.resolve()):
        return False
    return entry.is_file() or entry.is_dir()


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CannotCollect(f"{path}: {error.strerror}") from None


def _text(data: bytes, name: str) -> str:
    """The bytes as text; what is not UTF-8 in it stays visible. Raises CannotCollect for what is no text at all."""
    if not data.strip():
        raise CannotCollect(f"{name}: is empty")
    if len(data) > LARGEST_FILE:
        raise CannotCollect(f"{name}: is larger than {LARGEST_FILE // 1024 // 1024} MiB")
    for magic, kind in _ARCHIVES.items():
        if data.startswith(magic):
            raise CannotCollect(f"{name}: is compressed ({kind}); unpack it and name the file or directory")
    if b"\0" in data[:65536]:
        raise CannotCollect(f"{name}: is a binary file, not text")
    return data.decode("utf-8-sig", errors="backslashreplace")
