"""Takes a text apart into dumps: one after the other, with prompts, command echoes and chatter between them.

Content decides what a dump is. A prompt or a command echo ends a dump, tells whose the next one is, and makes even
silence count: `# ipvsadm -Sn` with nothing after it is an IPVS table that was collected and is empty.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.packetfilter import ArpTables
from lvsdoctor.model.seen import Comment, Seen
from lvsdoctor.parse.echo import Echo, echo_in
from lvsdoctor.parse.gaps import ELIDED, by_filter, is_elision
from lvsdoctor.parse.identity import hostname_in
from lvsdoctor.parse.open_dump import OpenDump
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.readers import PROGRAMS, readers_for

# ipvsadm says so where the kernel has no ip_vs: then there is no virtual service either.
_NO_IPVS = "Can't initialize ipvs"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # ip -c
# Typed at a prompt, a rule of these is a sign of a packet filter.
_FILTERS = [(name,) for name in ("iptables", "ip6tables", "nft", "arptables", "ebtables")]
_NOISE = ("```", "~~~")
# At the end of a line it would be a part of the value: sysctl.conf(5) knows only lines that begin as comments.
_TO_LVSDOCTOR = re.compile(r"\s*[#;!]+\s*lvsdoctor:")


@dataclass(frozen=True, slots=True)
class Piece:
    """A dump and whose it is ("" where nothing told)."""

    host: str
    dump: Dump


@dataclass(slots=True)
class _Section:
    """What stands between two echoes."""

    echo: Echo
    seen: Seen | None
    dumps: list[Dump] = field(default_factory=list)
    unread: list[Seen] = field(default_factory=list)
    comments: list[Seen] = field(default_factory=list)
    to_lvsdoctor: list[Comment] = field(default_factory=list)
    elided: Seen | None = None


def pieces(text: str, where: str) -> Iterator[Piece]:
    """The dumps of a text in order; a line that no reader takes comes as a Dump of its own, under `unread`."""
    host = ""
    sections = list(_sections(text, where))
    for section, leftover in zip(sections, _leftovers(sections, where), strict=True):
        host = section.echo.host or host
        told = section.echo.command[:1]
        named = told == ("hostname",) and not section.dumps and hostname_in([seen.text for seen in section.unread])
        if named:
            host = named
            yield Piece(host, Dump(host=host))
            continue
        for dump in section.dumps:
            host = dump.host or host
            if not _tells_nothing(dump):
                yield Piece(host, dump)
        if not section.dumps and not section.unread and (silent := _silence(section)):
            yield Piece(host, silent)
        if leftover is not None:
            yield Piece(host, leftover)
        if section.to_lvsdoctor:
            yield Piece(host, Dump(comments=tuple(section.to_lvsdoctor)))


def _leftovers(sections: Sequence[_Section], where: str) -> list[Dump | None]:
    """What each section holds beside its dumps: the kinds that are known by their face, and lines of no kind."""
    stray = [sorted(section.unread + _refused(section), key=lambda seen: seen.line or 0) for section in sections]
    typed = [[section.seen] if section.seen and section.echo.command[:1] in _FILTERS else [] for section in sections]
    if not any(stray) and not any(typed):
        return [None] * len(sections)
    # A file of nothing but dumps needs none of it.
    from lvsdoctor.parse.faces.recognise import filter_commands, recognise

    has_dumps = any(dump.facts for section in sections for dump in section.dumps)
    known = [
        recognise(
            lines,
            section.echo.command[-1:] or (() if has_dumps else (where,)),
            certain=section.elided is None and section.echo.whole,
        )
        for section, lines in zip(sections, stray, strict=True)
    ]
    # The file is of that kind, comments, headings and all; a paste has more in it than that.
    whole = not has_dumps and any(part.whole and part.kinds for part in known)
    rests = [() if whole else part.rest for part in known]
    kinds = [(*part.kinds, *filter_commands(echo)) for part, echo in zip(known, typed, strict=True)]
    return [Dump(unread=rest, unread_kinds=of) if rest or of else None for rest, of in zip(rests, kinds, strict=True)]


def _tells_nothing(dump: Dump) -> bool:
    return bool(dump.unread) and dump == Dump(unread=dump.unread)


def _refused(section: _Section) -> list[Seen]:
    """The lines of dumps that turned out to be none."""
    return [seen for dump in section.dumps if _tells_nothing(dump) for seen in dump.unread]


def _sections(text: str, where: str) -> Iterator[_Section]:
    section = _Section(Echo(), None)
    reader: OpenDump | None = None
    waiting: list[Comment] = []
    lines = text.split("\n")  # as an editor counts: splitlines() knows more line ends
    number = 0
    while number < len(lines):
        if reader is not None and not waiting and (taken := reader.feed_run(lines, number, where)):
            number += taken
            continue
        line = lines[number].rstrip()
        number += 1
        if line.startswith("> "):  # quoted in a mail or a ticket
            line = line[2:]
        if not line.strip() or line.lstrip().startswith(_NOISE):
            continue
        line = _COLOURS.sub("", line) if "\x1b" in line else line
        seen = Seen(where, number, line)
        if "lvsdoctor:" in line and _TO_LVSDOCTOR.match(line):
            waiting.append(Comment(seen))
            continue
        if waiting and not line.lstrip().startswith(("#", ";", "!")):
            section.to_lvsdoctor += [replace(comment, about=number) for comment in waiting]
            waiting = []
        if is_elision(line):
            section.elided = seen
            section.unread.append(seen)
            if reader is not None:
                reader.elide(seen)
            continue
        if reader is not None and reader.feed(seen):
            continue
        echo = echo_in(line)
        if echo is not None:
            _finish(section, reader)
            yield section
            section, reader = _Section(echo, seen), None
            continue
        started = _start(line, section)
        if started is not None:
            if started.reader.name == "sysctl":
                section.comments.clear()  # the head of a sysctl.conf
            _finish(section, reader)
            reader = started
            if reader.feed(seen):
                continue
        if line.lstrip().startswith(("#", ";")):
            section.comments.append(seen)
            continue
        if line.startswith(_NO_IPVS):
            section.dumps.append(Dump({"ipvs": ()}))
            continue
        section.unread.append(seen)
        if reader is not None:
            reader.pass_by(seen)
    _finish(section, reader)
    section.to_lvsdoctor += waiting
    yield section


def _start(line: str, section: _Section) -> OpenDump | None:
    kind = next(readers_for(line), None)
    if kind is None:
        return None
    reader, echo, partial = kind(), section.echo, Partial(ELIDED, section.elided) if section.elided else None
    # What an echo says is of its own output: a table may follow that was pasted without its prompt.
    if echo.command and (not kind.programs or echo.command[0] not in PROGRAMS or echo.command[0] in kind.programs):
        filtered = by_filter(echo.command, echo.whole, section.seen)
        reader.set_command(echo.command if filtered is None else (*echo.command, "|"))
        partial = filtered or reader.asked_for(echo.command, section.seen) or partial
    return OpenDump(reader, partial)


def _finish(section: _Section, reader: OpenDump | None) -> None:
    if reader is not None:
        section.dumps.append(reader.dump())
    section.unread += section.comments
    section.comments = []


def _silence(section: _Section) -> Dump | None:
    """What a command that printed nothing has said nevertheless; nothing where a pipe may have kept it back."""
    if not section.echo.whole or not section.echo.command or section.seen is None:
        return None
    first, *rest = section.echo.command
    words = [word for word in rest if not word.startswith("-")]
    if first == "ip" and words[:1] and "neighbour".startswith(words[0]) and words[1:] in ([], ["show"], ["list"]):
        return Dump({"neighbours": ()})
    if first == "ipvsadm-save" or (first == "ipvsadm" and any(word.startswith(("-S", "--save")) for word in rest)):
        return Dump({"ipvs": ()})
    if first == "arptables-save" or (
        first.startswith("arptables") and any(w.startswith(("-L", "-S", "-n")) for w in rest)
    ):
        return Dump({"arptables": (ArpTables(seen=(section.seen,)),)})
    return None
