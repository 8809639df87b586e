"""Takes a text apart into dumps: one after the other, with prompts, command echoes and chatter between them.

Content decides what a dump is. A prompt or a command echo ends a dump, tells whose the next one is, and makes even
silence count: `# ipvsadm -Sn` with nothing after it is an IPVS table that was collected and is empty.

What stands around the lines, such as the > of a mail, goes before they are read (`parse/paste/undecorated.py`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lvsdoctor.model.arptables import ArpTables
from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.identity import hostname_in
from lvsdoctor.parse.paste.commands import KNOWN
from lvsdoctor.parse.paste.here_documents import HereDocument, here_documents, without_bodies
from lvsdoctor.parse.paste.host_words import is_role
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.sections import Section, sections
from lvsdoctor.parse.paste.whose import Whose
from lvsdoctor.parse.reader import Dump

if TYPE_CHECKING:
    from lvsdoctor.parse.paste.typed import Typed

# Commands that change what the facts are about.
CHANGES = pattern(
    r"\b(?:ifconfig\s+\S+\s+\S|route\s+(?:-\S+\s+)*(?:add|del)\b|arptables\s|ip6?tables\s"
    r"|ip\s+(?:-\S+\s+)*(?:a|l|r|ru)\w*\s+(?:a|add|c|change|r|rep|replace|d|del|delete|s|set|f|flush|append)\s"
    r"|ipvsadm\s+(?:-[ADECRaed]|--(?:add|edit|delete|clear|restore))|sysctl\s+(?:-\S+\s+)*[\"']?\w+[./]\S+\s*=)"
    r"|(?:>|\btee\s[^\n]{0,80}?)\s*[\"']?/proc/sys/"
)
# Each of these has one of these words. Every branch begins with a letter, so that settings are soon looked through.
_WORDS_OF_CHANGES = pattern(
    r"ifconfig\s|route\s+(?:-\S+\s+)*(?:add|del)\b|arptables\s|ip6?tables\s|ip\s|ipvsadm\s|sysctl\s|/proc/sys/"
)
# What may print a file, beside programs that are not known.
_MAY_SHOW_FILES = frozenset(
    "cat head tail less more grep egrep zgrep awk sed echo printf for while sh bash sudo su doas env ssh watch curl "
    "wget kubectl oc docker podman systemd-analyze python python3 ansible salt pssh pdsh clush find tee tar".split()
)
# Typed at a prompt, a rule of these is a sign of a packet filter.
_FILTERS = [(name,) for name in ("iptables", "ip6tables", "nft", "arptables", "ebtables")]


@dataclass(frozen=True, slots=True)
class Piece:
    """A dump and whose it is ("" where nothing told).

    `own` is the name that a stream of `lvsdoctor collect` gives its host. `carrier` is what the `engine` that brought
    the text calls that host.
    """

    host: str
    dump: Dump
    own: str = ""
    engine: str = ""
    carrier: str = ""


def pieces(text: str, where: str) -> Iterator[Piece]:
    """The dumps of a text in order; a line that no reader takes comes as a Dump of its own, under `unread`."""
    if "==> lvsdoctor " in text:
        from lvsdoctor.parse.paste.snapshot import is_stream

        if is_stream(text):
            yield from _of_streams(text, where)
            return
    documents = here_documents(text)
    parts = list(sections(without_bodies(text, documents), where))
    typed = _typed(text, parts, where, documents)
    hosts: list[str] = []
    logs = _logs(text, parts)
    by_section = list(_of_sections(parts, hosts, frozenset(typed.lines) if typed else frozenset(), where))
    for number, host, dump in typed.dumps(hosts) if typed else ():
        by_section[number].append(Piece(host, dump))
    named = any(piece.dump.facts for of_section in by_section for piece in of_section)
    for number, dumps in logs:
        # Beside dumps the line is of the host that these are of; alone, or where the text has dumps of the host that it
        # names, of that.
        of = hosts[number]
        by_section[number] += [
            Piece(
                dump.host if dump.host and dump.host in hosts else of or ("" if named else dump.host),
                replace(dump, host=""),
            )
            for dump in dumps
        ]
    for of_section in by_section:
        yield from of_section


def _of_streams(text: str, where: str) -> Iterator[Piece]:
    """What `lvsdoctor collect` printed, once or several times; what stands before it is read as any text."""
    from lvsdoctor.parse.paste.snapshot import sections_of, snapshots

    lines = text.split("\n")
    streams = snapshots(lines)
    if (before := "\n".join(lines[: streams[0].first - 1])).strip():
        yield from pieces(before, where)
    for stream in streams:
        parts = list(sections_of(stream, lines, where))
        if not parts:
            yield Piece(stream.name, Dump(host=stream.name), own=stream.host)
        logs = [
            # A log of several hosts is gathered here: its lines are of those that they name.
            Piece(dump.host if dump.host and len(dumps) > 1 else stream.name, replace(dump, host=""))
            for _, dumps in _logs(text, parts)
            for dump in dumps
        ]
        for of_section in _of_sections(parts, [], frozenset(), where):
            yield from (replace(piece, own=stream.host) for piece in of_section)
        yield from (replace(log, own=stream.host if log.host == stream.name else "") for log in logs)


def _logs(text: str, parts: Sequence[Section]) -> list[tuple[int, tuple[Dump, ...]]]:
    """What logs tell among the lines that no reader took, by the section that they stand in. They are read there."""
    stray = [number for number, section in enumerate(parts) if section.unread]
    if not stray:
        return []
    from lvsdoctor.parse.log_lines import holds_log, log_dumps

    if not holds_log(text):
        return []
    logs = []
    for number in stray:
        dumps, rest = log_dumps(parts[number].unread)
        if dumps:
            parts[number].unread = rest
            logs.append((number, dumps))
    return logs


def _typed(text: str, parts: Sequence[Section], where: str, documents: Sequence[HereDocument] = ()) -> "Typed | None":
    """The commands of a text that change a host, None where there are none: most texts show what runs."""
    if not documents and not (_WORDS_OF_CHANGES.search(text) and CHANGES.search(text)):
        return None
    from lvsdoctor.parse.paste.typed import Typed

    return Typed.of(text, parts, where, documents)


def _of_sections(parts: Sequence[Section], hosts: list[str], read: frozenset[int], where: str) -> Iterator[list[Piece]]:
    """The pieces of each section but for the lines that are `read` already; its host is added to `hosts`."""
    whose = Whose()
    for section, leftover in zip(parts, _leftovers(parts, where, read), strict=True):
        before = whose.host
        whose.follow(section.echo)
        yield list(_of_section(section, leftover, whose, before))
        hosts.append(whose.host)


def _of_section(section: Section, leftover: Dump | None, whose: Whose, before: str) -> Iterator[Piece]:
    # Under a prompt or a heading that names its host the host's own answer is no second name for it.
    names = not section.echo.host and not section.echo.inside
    named = section.echo.command[:1] == ("hostname",) and not section.dumps
    if name := named and hostname_in([seen.text for seen in section.unread]):
        if names:
            whose.named(name)
        yield Piece(whose.host, Dump(host=name))
        return
    for dump in section.dumps:
        if dump.host and names:
            whose.named(dump.host)
        if not _tells_nothing(dump):
            yield Piece(whose.host, _as_shown(dump, section))
    if not section.dumps and not section.unread and (silent := _silence(section)):
        yield Piece(whose.host, silent)
    if leftover is not None:
        # "Director:" above prose makes no host; above a dump it does.
        heads_prose = section.echo.heading and is_role(section.echo.host) and not section.dumps
        yield Piece(before if heads_prose and not leftover.unread_kinds else whose.host, leftover)
    if section.to_lvsdoctor:
        yield Piece(whose.host, Dump(comments=tuple(section.to_lvsdoctor)))


def _leftovers(sections: Sequence[Section], where: str, read: frozenset[int]) -> list[Dump | None]:
    """What each section holds beside its dumps: the kinds that are known by their face, and lines of no kind."""
    stray = [sorted(section.unread + _refused(section), key=lambda seen: seen.line or 0) for section in sections]
    if read:
        stray = [[seen for seen in lines if seen.line not in read] for lines in stray]
    typed = [[section.seen] if section.seen and section.echo.command[:1] in _FILTERS else [] for section in sections]
    if not any(stray) and not any(typed):
        return [None] * len(sections)
    # A file of nothing but dumps needs none of it.
    from lvsdoctor.parse.faces.recognise import filter_commands, of_command, recognise

    files = [
        _shown(section, lines)
        if section.echo.command
        and section.echo.whole
        and not section.elided
        and all(map(_tells_nothing, section.dumps))
        else None
        for section, lines in zip(sections, stray, strict=True)
    ]
    stray = [[] if file else lines for file, lines in zip(files, stray, strict=True)]
    has_dumps = any(dump.facts for section in sections for dump in section.dumps)
    known = [
        of_command(section.echo.command, lines)
        or recognise(
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
    leftovers = [
        Dump(unread=rest, unread_kinds=of) if rest or of else None for rest, of in zip(rests, kinds, strict=True)
    ]
    return [file or leftover for file, leftover in zip(files, leftovers, strict=True)]


def _shown(section: Section, lines: Sequence[Seen]) -> Dump | None:
    """What a command printed of a file that it names: one that configures a host, or settings of /proc/sys."""
    from lvsdoctor.parse.config.shown import file_in, shown_path
    from lvsdoctor.parse.machine_names import name_shown
    from lvsdoctor.parse.proc_sys import values_shown
    from lvsdoctor.parse.units import states_shown

    for by_command in (values_shown, states_shown, name_shown):
        if (shown := by_command(lines, section.echo.command)) is not None:
            return shown
    path = shown_path(section.echo.command)
    return file_in(lines, path) if path else None


def _as_shown(dump: Dump, section: Section) -> Dump:
    """A file that no command shows, and no heading: somebody typed it into an editor, or it is of another host."""
    if dump.origin is not Origin.CONFIGURED or section.echo.heading or "configured-sysctl" in dump.facts:
        return dump
    prints_no_file = section.echo.command[:1] and section.echo.command[0] in KNOWN - _MAY_SHOW_FILES
    return replace(dump, origin=Origin.TYPED) if prints_no_file else dump


def _tells_nothing(dump: Dump) -> bool:
    return bool(dump.unread) and dump == Dump(unread=dump.unread)


def _refused(section: Section) -> list[Seen]:
    """The lines of dumps that turned out to be none."""
    return [seen for dump in section.dumps if _tells_nothing(dump) for seen in dump.unread]


def _silence(section: Section) -> Dump | None:
    """What a command that printed nothing has said nevertheless; nothing where a pipe may have kept it back."""
    if not section.echo.whole or not section.echo.command or section.seen is None:
        return None
    if "$" in section.echo.inside:  # of a loop: the names that it printed say whose the answers are
        return None
    first, *rest = section.echo.command
    words = [word for word in rest if not word.startswith("-")]
    if first == "ip" and words[:1] and "neighbour".startswith(words[0]) and words[1:] in ([], ["show"], ["list"]):
        return Dump({"neighbours": ()})
    if first == "ipvsadm-save" or (first == "ipvsadm" and any(word.startswith(("-S", "--save")) for word in rest)):
        return Dump({"ipvs": ()})
    if first == "ipvsadm" and "--daemon" in rest:
        return Dump({"sync-daemons": ()})
    if first in ("iptables-save", "ip6tables-save") and not rest:
        return Dump({first.removesuffix("-save"): ()})
    if first == "nft" and words == ["list", "ruleset"] and "-j" not in rest:
        return Dump({"iptables": (), "ip6tables": ()})
    if first == "arptables-save" or (
        first.startswith("arptables") and any(w.startswith(("-L", "-S", "-n")) for w in rest)
    ):
        return Dump({"arptables": (ArpTables(seen=(section.seen,)),)})
    return None
