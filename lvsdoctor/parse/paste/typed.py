"""Commands that somebody typed, or pasted as a script, into a text: what they do to the host of their prompt.

Under the prompts of a host all of them are one run, in their order. A command whose output is an error did nothing.
"""

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, replace

from lvsdoctor.model.coverage import Origin, Unread
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.here_documents import HereDocument
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.prompts import prompt_in
from lvsdoctor.parse.paste.script_spans import Span, spans_in
from lvsdoctor.parse.paste.sections import Section
from lvsdoctor.parse.paste.undecorated import undecorated
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.shell.command import ShellCommand
from lvsdoctor.parse.shell.effects import Effects, has_effect
from lvsdoctor.parse.shell.lines import pipelines_of
from lvsdoctor.parse.shell.script import KIND, NAME, follow
from lvsdoctor.parse.shell.syntax import MissingParser
from lvsdoctor.parse.shell.words import Scope
from lvsdoctor.parse.words import read_ip

__all__ = ["Typed"]

_FAILED = pattern(
    r"RTNETLINK answers:|SIOC[A-Z]+:|Error:|Cannot find device|Command line is not complete|Usage:|Object \"|"
    r"(?:sysctl|ipvsadm|ifconfig|route|arptables|ip6?tables)(?: v\S+)?(?:\(\S+\))?: |-?(?:ba|da|a|z|k)?sh: |sudo: |"
    r"(?:Service|Destination) already exists|No such (?:service|destination|process|device|file)|"
    r"Memory allocation problem|Can't initialize|.*: (?:command not found|Permission denied|Operation not permitted|"
    r"No such file or directory|No such device|Invalid argument|Unknown host|error fetching interface)"
)
_BARE = pattern(
    r"\s*(?:sudo\s+)?(?:/\S*/)?(?:ip|ifconfig|route|ipvsadm|sysctl|arptables|ip6?tables|nmcli|echo|printf|sh|bash|tee)"
    r"(?:-legacy|-nft)?\s.*"
)
# `//192.168.122.45:` above commands says whose they are.
_OF_HOST = pattern(r"\s*(?://+|--|#+)\s*(\d{1,3}(?:\.\d{1,3}){3})\s*[:\uff1a]?\s*")
_ASSIGNS = pattern(r"\s*(?:export\s+)?[A-Za-z_]\w*=\S+")
_COMMENT_OR_PROMPT = pattern(r"\s*#")


@dataclass(frozen=True, slots=True)
class _Item:
    """A command line of a section, or a whole script."""

    section: int
    seen: Seen
    text: str = ""
    words: tuple[str, ...] = ()
    span: Span | None = None
    host: str = ""


@dataclass(slots=True)
class Typed:
    """The commands of a text with their sections. `lines` are the numbers of those that are read here."""

    lines: set[int] = field(default_factory=set)
    _items: list[_Item] = field(default_factory=list)

    @classmethod
    def of(cls, text: str, parts: Sequence[Section], where: str, documents: Sequence[HereDocument] = ()) -> "Typed":
        typed = cls()
        typed._read(undecorated(text), parts, where, documents)
        return typed

    def _read(self, lines: list[str], parts: Sequence[Section], where: str, documents: Sequence[HereDocument]) -> None:
        spans = [span for span in spans_in(lines) if _sets_up(span, where)]
        scripts = {number for span in spans for number in span.numbers}
        spans += [Span(each.first, each.last, each.text) for each in documents if each.first not in scripts]
        inside = {number: span for span in spans for number in span.numbers}
        commands = _bare_lines(parts, inside.keys())
        for number, section in enumerate(parts):
            seen = section.seen
            if seen is not None and seen.line not in inside and (item := _typed(section, number, commands)):
                self._items.append(item)
            rows = [*section.unread, *(row for dump in section.dumps for row in dump.unread)]
            for row in sorted(rows, key=lambda row: row.line or 0):
                if row.line in inside:
                    self.lines.add(row.line or 0)
                elif row.line in commands:
                    self.lines.add(row.line or 0)
                    self._items.append(_Item(number, row, row.text))
                elif _ASSIGNS.fullmatch(row.text):
                    self._items.append(_Item(number, row, row.text))
        for span in spans:
            number = _section_at(parts, span.first)
            self._items.append(_Item(number, Seen(where, span.first, lines[span.first - 1]), span=span))
        self._items = [item for item in self._items if item.span or not _failed(lines, item.seen)]
        self._items.sort(key=lambda item: item.seen.line or 0)
        self._name(lines)

    def _name(self, lines: Sequence[str]) -> None:
        """Give the items right below a line that is an address alone to that host."""
        hosts: dict[int, str] = {}
        host = ""
        for number, line in enumerate(lines, 1):
            if (match := _OF_HOST.fullmatch(line)) is not None and read_ip(match[1]) is not None:
                host = match[1]
            elif not line.strip() or line.startswith("```"):
                host = ""
            hosts[number] = host
        self._items = [replace(item, host=hosts.get(item.seen.line or 0, "")) for item in self._items]

    def dumps(self, hosts: Sequence[str]) -> Iterator[tuple[int, str, Dump]]:
        """Each host's dump and the section that it begins in; `hosts` are those of the sections."""
        by_host: dict[str, list[_Item]] = defaultdict(list)
        for item in self._items:
            by_host[item.host or hosts[item.section]].append(item)
        for host, items in by_host.items():
            dump = _dump(items)
            if dump.facts or dump.unread or dump.unread_kinds:
                yield items[0].section, host, dump


def _dump(items: Sequence[_Item]) -> Dump:
    effects, scope = Effects(), Scope()
    kinds: list[Unread] = []
    for item in items:
        if item.span is not None:
            try:
                follow(effects, item.span.text, item.seen.where, item.span.first, scope)
            except MissingParser:
                kinds.append(Unread(KIND, NAME, item.seen))
        elif item.words:
            effects.run([ShellCommand(item.words, item.seen)])
        else:
            effects.run_all(pipelines_of(item.text, item.seen, scope) or [])
    dump = effects.dump(Origin.TYPED)
    return Dump(dump.facts, dump.unread, origin=Origin.TYPED, partial=dump.partial, unread_kinds=tuple(kinds))


def _sets_up(span: Span, where: str) -> bool:
    """Is there a fact in it, or would there be one, were tree-sitter installed?"""
    effects = Effects()
    try:
        follow(effects, span.text, where, span.first)
    except MissingParser:
        return True
    return bool(effects.dump(Origin.TYPED).facts)


def _typed(section: Section, number: int, bare: set[int]) -> _Item | None:
    """The command behind the prompt of a section."""
    seen, echo = section.seen, section.echo
    if seen is None or echo.heading:
        return None
    if echo.inside:
        words = tuple(echo.command)
        return _Item(number, seen, words=words) if words and has_effect([ShellCommand(words, seen)]) else None
    prompt = prompt_in(seen.text.strip())
    if prompt is None or not prompt.command:
        return None
    if not prompt.host and _COMMENT_OR_PROMPT.match(seen.text) and _beside(seen.line or 0, bare):
        return None  # among commands without a prompt it is a comment
    if _ASSIGNS.fullmatch(prompt.command) or _has_effect(prompt.command, seen):
        return _Item(number, seen, prompt.command)
    return None


def _beside(line: int, bare: set[int]) -> bool:
    return not bare.isdisjoint((line - 2, line - 1, line + 1, line + 2))


def _has_effect(text: str, seen: Seen) -> bool:
    pipelines = pipelines_of(text, seen, Scope())
    return pipelines is not None and any(map(has_effect, pipelines))


def _bare_lines(parts: Sequence[Section], inside: Container[int]) -> set[int]:
    """The lines of no dump that are commands without a prompt."""
    rows = (row for section in parts for row in (*section.unread, *(r for dump in section.dumps for r in dump.unread)))
    return {
        row.line
        for row in rows
        if row.line is not None
        and row.line not in inside
        and len(row.text) < 1000
        and _BARE.fullmatch(row.text)
        and _has_effect(row.text, row)
    }


def _section_at(parts: Sequence[Section], line: int) -> int:
    """The section that a line stands in: the last that begins at it or above."""
    starts = [number for number, part in enumerate(parts) if part.seen is None or (part.seen.line or 0) <= line]
    return starts[-1] if starts else 0


def _failed(lines: Sequence[str], seen: Seen) -> bool:
    """Is the output right below an error?"""
    below = lines[seen.line] if seen.line is not None and seen.line < len(lines) else ""
    return _FAILED.match(below.strip()) is not None
