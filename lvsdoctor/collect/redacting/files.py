"""Reads what is to be redacted, twice: who the hosts are and which networks there are, and then line by line."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from lvsdoctor.collect.archives.reading import is_archive
from lvsdoctor.collect.assemble import nodes_of
from lvsdoctor.collect.decoding import decoded
from lvsdoctor.collect.directories import dumps_in
from lvsdoctor.collect.errors import CannotCollect
from lvsdoctor.collect.file_names import PARTS, file_name, looks_like_a_host, names_the_host
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.collect.log_names import may_be_log
from lvsdoctor.collect.logs import known_lines, opened
from lvsdoctor.collect.redacting.engines import redacted_answers, texts_of
from lvsdoctor.collect.redacting.texts import Refused, hosts_in, kept_lines, redacted
from lvsdoctor.collect.redacting.words import Redactor, networks_in
from lvsdoctor.collect.texts import LARGEST_FILE, archive_or_bytes, of_file, text_in
from lvsdoctor.collect.tree import TOP, AnyTree, Entry, Tree
from lvsdoctor.model.address import Network
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.work import in_turn
from lvsdoctor.parse.fleet.engines import answers_in
from lvsdoctor.parse.identity import hostname_in
from lvsdoctor.parse.log_lines import holds_log, log_line
from lvsdoctor.parse.paste.host_words import is_role
from lvsdoctor.parse.paste.stream import pieces
from lvsdoctor.parse.wrapped.plain_text import plain_text


@dataclass(frozen=True, slots=True)
class Source:
    """A text and its path within what the user named ("" for the only one)."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Result:
    """A redacted text under its new path, and how many of its lines were dropped."""

    path: str
    text: str
    dropped: int


def sources(path: str) -> tuple[list[Source], list[tuple[str, str]]]:
    """The texts of a file, a directory or an archive, and what is left out, with the reason. Raises CannotCollect."""
    if Path(path).is_dir():
        with Tree(Path(path)) as tree:
            return _of_tree(tree, path)
    data = of_file(Path(path))
    if isinstance(data, bytes):
        return [Source(Path(path).name, _plain(text_in(data, path)))], []
    from lvsdoctor.collect.archive_tree import ArchiveTree

    with ArchiveTree(data, Path(path).name) as archive:
        return _of_tree(archive, path)


@dataclass(frozen=True, slots=True)
class StandardInput:
    """What came from standard input: its texts, what is left out, and the names of its hosts. `several`: it was an
    archive, of which a directory is made."""

    texts: list[Source]
    left_out: list[tuple[str, str]]
    names: set[str]
    several: bool


def standard_input(file: BinaryIO) -> StandardInput:
    """The texts of what a stream holds, an archive or a text. Raises CannotCollect and OSError."""
    data = archive_or_bytes(file, "standard input")
    if isinstance(data, bytes):
        return StandardInput([Source("", _plain(text_in(data, "standard input")))], [], set(), False)
    from lvsdoctor.collect.archive_tree import ArchiveTree

    with ArchiveTree(data, "stdin") as archive:
        texts, left_out = _of_tree(archive, "stdin")
        names = _names_of(nodes_of(list(dumps_in(archive, Path("stdin"), [], in_turn))))
    return StandardInput(texts, left_out, names, True)


def holds_files(path: str) -> bool:
    """Is it a directory or an archive, of which a directory is made? Raises CannotCollect."""
    try:
        with open(path, "rb") as file:
            return is_archive(file)
    except IsADirectoryError:
        return True
    except OSError as error:
        raise CannotCollect(f"{path}: {error.strerror}") from None


def _of_tree(tree: AnyTree, path: str) -> tuple[list[Source], list[tuple[str, str]]]:
    texts: list[Source] = []
    left_out: list[tuple[str, str]] = []
    for entry in tree.walk(TOP):
        try:
            texts.append(Source(entry.path, _text(tree, entry)))
        except OSError as error:
            left_out.append((entry.path, str(error.strerror)))
        except Refused as refused:
            left_out.append((entry.path, refused.why))
    return texts, [*left_out, *((path, sentence) for sentence in tree.omitted)]


def _text(tree: AnyTree, entry: Entry) -> str:
    if may_be_log(entry.path):
        with opened(tree, entry) as stream:
            if (lines := known_lines(stream)) is not None:
                return lines
    data = tree.read(entry, LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise Refused("it is too large")
    text = decoded(data)
    if text is None:
        raise Refused("it is no text")
    return _plain(text)


def _plain(text: str) -> str:
    """The text in a document of another program; of another text that."""
    inner = plain_text(text)
    return text if inner is None else inner


def host_names(path: str) -> set[str]:
    """The names of the hosts that a scan of the same finds."""
    try:
        return _names_of(collect_paths([path], []))
    except CannotCollect:
        return set()


def _names_of(nodes: Iterable[Node]) -> set[str]:
    return {node.name.removesuffix(")").partition(" (")[0] for node in nodes}


def redact(
    texts: Iterable[Source], key: bytes, names: Iterable[str] = ()
) -> tuple[list[Result], list[tuple[str, str]]]:
    """The texts, redacted, and those that are left out with the reason."""
    texts = list(texts)
    brought = {source.path: answers for source in texts if (answers := answers_in(source.text))}
    plain = [
        Source(source.path, text)
        for source in texts
        for text in (texts_of(brought[source.path]) if source.path in brought else (source.text,))
    ]
    carried = {answer.host for answers in brought.values() for answer in answers if answer.host}
    carried |= {name for path in brought if looks_like_a_host(name := PurePosixPath(path).name)}
    redactor = Redactor(key, _hosts(plain, {*names, *carried}), _networks(plain))
    results: list[Result] = []
    left_out: list[tuple[str, str]] = []
    for source in texts:
        path = _new_path(source.path, redactor)
        lone = hostname_in(source.text.strip().split("\n", 1)) if names_the_host(source.path) else ""
        if lone:
            results.append(Result(path, f"{redactor.host(lone)}\n", 0))
            continue
        try:
            if source.path in brought:
                text, dropped = redacted_answers(brought[source.path], source.path or "stdin", redactor)
            else:
                text, dropped = redacted(kept_lines(source.text, source.path or "stdin"), redactor)
        except Refused as refused:
            left_out.append((source.path, refused.why))
            continue
        results.append(Result(path, text, dropped))
    return results, left_out


def _hosts(texts: Iterable[Source], names: Iterable[str]) -> Iterator[str]:
    yield from (name for name in names if not is_role(name))
    for source in texts:
        if names_the_host(source.path) and (lone := hostname_in(source.text.strip().split("\n", 1))):
            yield lone
        hosts = [
            name for piece in pieces(source.text, source.path) for name in (piece.host, piece.dump.host, piece.own)
        ]
        yield from (name for name in hosts_in(hosts) if not is_role(name))
        yield from _in_path(source.path)
        lines = source.text.split("\n") if holds_log(source.text) else ()
        logged = filter(None, (log_line(Seen(source.path, None, line)) for line in lines))
        yield from (row.host for row in logged if row.host)


def _in_path(path: str) -> Iterator[str]:
    *directories, _ = PurePosixPath(path).parts or ("",)
    yield from (part for part in directories if looks_like_a_host(part) and part not in PARTS)
    if (host := file_name(path.removesuffix(".sh")).host) and looks_like_a_host(host):
        yield host


def _networks(texts: Iterable[Source]) -> set[Network]:
    return {network for source in texts for line in source.text.split("\n") for network in networks_in(line)}


def _new_path(path: str, redactor: Redactor) -> str:
    """The path, hosts and addresses in it renamed; the words between them are those of the dumps."""
    parts = []
    for part in PurePosixPath(path).parts:
        stem, dot, ending = part.partition(".") if not re.search(r"\d\.\d", part) else (part, "", "")
        whole = redactor.word(part)
        words = "".join(redactor.line(word) for word in re.split(r"([_ .-])", stem))
        parts.append(whole if whole != part else words + dot + ending)
    return "/".join(parts)
