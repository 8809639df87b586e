"""Parts a text into sections: what stands between two echoes, as the dumps and the lines of no dump that it holds."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Comment, Seen
from lvsdoctor.parse.gaps import ELIDED, UNREAD, by_filter, is_elision, may_be_first_row, may_stand_for_rows
from lvsdoctor.parse.identity import hostname_in
from lvsdoctor.parse.open_dump import OpenDump
from lvsdoctor.parse.paste.echo import Echo, echo_in, of_heading
from lvsdoctor.parse.paste.expected import expected_lines, may_expect
from lvsdoctor.parse.paste.headings import Heading, is_placed, is_rule
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.questions import may_ask, question_in
from lvsdoctor.parse.paste.titles import Titles
from lvsdoctor.parse.paste.undecorated import SEVERAL, undecorated
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.readers import PROGRAMS, reader_for
from lvsdoctor.parse.renumber import renumbered

# ipvsadm says so where the kernel has no ip_vs: then there is no virtual service either.
_NO_IPVS = "Can't initialize ipvs"
# Fences, and what nft says on the terminal of tables that iptables made.
_NOISE = pattern(r"```.*|~~~\w*|# Warning: table .{1,200} is managed by \S{1,40}, do not touch!")
# At the end of a line it would be a part of the value: sysctl.conf(5) knows only lines that begin as comments.
# ip link asks for the name of the namespace of a link's other end (RTM_GETNSID), which may be gone by then.
_NO_NAME = "Error: Peer netns reference is invalid."
# The title of a table that cloud-init draws, which looks like a heading.
_TABLE = pattern(r"\+{3,} ?(?:Net device|Route(?: IPv[46])?) info ?\+{3,}")
_TO_LVSDOCTOR = pattern(r"\s*[#;!]+\s*lvsdoctor:")


@dataclass(slots=True)
class Section:
    """What stands between two echoes, and the line `seen` of the first."""

    echo: Echo
    seen: Seen | None
    dumps: list[Dump] = field(default_factory=list)
    unread: list[Seen] = field(default_factory=list)
    comments: list[Seen] = field(default_factory=list)
    to_lvsdoctor: list[Comment] = field(default_factory=list)
    elided: Seen | None = None


def sections(text: str, where: str) -> Iterator[Section]:
    """The sections in order. The first has no echo, and may be empty."""
    expected = expected_lines(text.split("\n")) if may_expect(text) else frozenset[int]()
    lines = undecorated(text)
    if not any(SEVERAL in line for line in lines):
        yield from _Parting(lines, where, expected).sections()
        return
    apart = [(number, line) for number, full in enumerate(lines, 1) for line in full.split(SEVERAL)]
    passed = frozenset(place for place, (number, _) in enumerate(apart, 1) if number in expected)
    for section in _Parting([line for _, line in apart], where, passed).sections():
        yield renumbered(section, where, lambda place: apart[place - 1][0])


def of_output(echo: Echo, seen: Seen, lines: list[str], span: tuple[int, int], where: str) -> Section:
    """What a command printed, all of which is known to be its output: the lines of the text in this span."""
    parting = _Parting(lines, where)
    parting.begin(echo, seen)
    return parting.output(*span)


class _Parting:
    """At work on a text: the section at hand, and the dump in it that is being read."""

    def __init__(self, lines: list[str], where: str, expected: frozenset[int] = frozenset()) -> None:
        self._lines, self._where, self._expected = lines, where, expected
        self._titles = Titles(lines)
        self._section = Section(Echo(), None)
        self._reader: OpenDump | None = None
        self._waiting: list[Comment] = []

    def sections(self) -> Iterator[Section]:
        number = 0
        while number < len(self._lines):
            if number + 1 in self._expected:
                number += 1
                self._pass_expected(Seen(self._where, number, self._lines[number - 1].rstrip()))
                continue
            if taken := self._feed_run(number):
                number += taken
                continue
            line = self._lines[number].rstrip()
            number += 1
            if (echo := self._take(line, number)) is not None:
                self._finish()
                yield self._section
                self._section, self._reader = Section(echo, Seen(self._where, number, line)), None
        self._finish()
        self._section.to_lvsdoctor += self._waiting
        yield self._section

    def begin(self, echo: Echo, seen: Seen) -> None:
        self._section, self._reader = Section(echo, seen), None

    def output(self, number: int, end: int) -> Section:
        """The section at hand with these lines, none of which is an echo."""
        while number < end:
            if taken := self._feed_run(number):
                number += taken
                continue
            line = self._lines[number].rstrip()
            number += 1
            seen = Seen(self._where, number, line)
            text = line.lstrip()
            if not text or self._is_remark(seen, text) or (self._reader is not None and self._reader.feed(seen)):
                continue
            self._start_or_pass_by(seen, text)
        self._finish()
        self._section.to_lvsdoctor += self._waiting
        return self._section

    def _feed_run(self, number: int) -> int:
        if self._reader is None or self._waiting:
            return 0
        return self._reader.feed_run(self._lines, number, self._where)

    def _pass_expected(self, seen: Seen) -> None:
        """No host said it, so it is no dump; the one that was being read is at its end."""
        if self._reader is not None:
            self._finish()
            self._reader = None
        if seen.text.strip():
            self._section.unread.append(seen)

    def _take(self, line: str, number: int) -> Echo | None:
        """Put a line where it belongs; if it is an echo, that is the next section's."""
        text = line.lstrip()
        if not text or (_NOISE.fullmatch(text) and not may_stand_for_rows(line)):
            return None
        seen = Seen(self._where, number, line)
        if self._reader is not None and self._reader.reader.has_rules and self._reader.feed(seen):
            return None
        if "+++" in text and _TABLE.search(text):
            self._start_or_pass_by(seen, text)
            return None
        if is_rule(text) or may_stand_for_rows(line):
            if self._reader is not None:
                self._reader.part(seen)
            return None
        if self._is_remark(seen, text):
            return None
        title = self._titles.proved(number) or self._title(text, number)
        if title is None and self._reader is not None and self._reader.feed(seen):
            return None
        if title is None and text[0] == "#" and self._reader is None and self._titles.role_in(text):
            self._section.comments.append(seen)
            return None
        if self._is_answer(number, text):
            self._section.unread.append(seen)
            return None
        title = title or self._titles.between_rules(number) or self._titles.above_prompt(number)
        if echo := self._echo(title, line, number):
            return echo
        self._start_or_pass_by(seen, text)
        return None

    def _is_remark(self, seen: Seen, text: str) -> bool:
        """A comment that speaks to lvsdoctor, a line that stands for others, or one of ip(8) about itself."""
        if text.startswith("Error: Peer netns") and text == _NO_NAME:
            return True
        if "lvsdoctor:" in text and _TO_LVSDOCTOR.match(seen.text):
            self._waiting.append(Comment(seen))
            return True
        if self._waiting and not text.startswith(("#", ";", "!")):
            self._section.to_lvsdoctor += [replace(comment, about=seen.line) for comment in self._waiting]
            self._waiting = []
        if not is_elision(seen.text):
            return False
        self._section.elided = seen
        self._section.unread.append(seen)
        if self._reader is not None:
            self._reader.elide(seen)
        return True

    def _title(self, text: str, number: int) -> Heading | None:
        """The heading that a line with a # is, which could as well be a comment among settings."""
        among_settings = self._reader is not None
        if text[0] != "#" or (self._reader is not None and self._reader.reader.name != "sysctl"):
            return None
        if " @ " in text and (prompt := self._titles.above_prompt(number)):
            return prompt
        if among_settings and (banner := self._titles.banner(number)):
            return banner
        role = self._titles.role_in(text)
        return self._titles.above(number, role, among_settings=among_settings) if role else None

    def _echo(self, title: Heading | None, line: str, number: int) -> Echo | None:
        if title is None and (asked := self._question(line.strip(), number)):
            return asked
        if title is not None:
            echo: Echo | None = of_heading(title)
        elif self._reader is not None and line.strip() == "#":  # a root's empty prompt is a comment's sign, too
            echo = Echo()
        else:
            echo = echo_in(line)
            if echo is None and (self._reader is None or not line[0].isspace()) and (lone := self._titles.lone(number)):
                return of_heading(lone)
        doubtful = echo is not None and echo.heading and (line.lstrip()[0] == "#" or is_placed(line.strip()))
        return None if doubtful and not self._titles.evidence_follows(number) else echo

    def _question(self, text: str, number: int) -> Echo | None:
        """What somebody asks whose answer stands below."""
        if not may_ask(text) or not self._titles.evidence_follows(number) or (question := question_in(text)) is None:
            return None
        return of_heading(Heading(question.host)) if question.host else Echo(asked=question.hosts)

    def _is_answer(self, number: int, text: str) -> bool:
        """`hostname` printed it, so that it is no heading: it stands right below the command."""
        section = self._section
        if section.echo.command != ("hostname",) or not hostname_in([text]):
            return False
        above = section.unread[-1] if section.unread else section.seen
        return above is not None and above.line == number - 1

    def _start_or_pass_by(self, seen: Seen, text: str) -> None:
        started = _start(seen, self._section)
        if started is not None:
            if started.reader.name == "sysctl":
                self._section.comments.clear()  # the head of a sysctl.conf
            self._finish()
            self._reader = started
            if started.feed(seen):
                return
        if text.startswith(("#", ";")):
            self._section.comments.append(seen)
        elif text.startswith(_NO_IPVS):
            self._section.dumps.append(Dump({"ipvs": ()}))
        else:
            self._section.unread.append(seen)
            if self._reader is not None:
                self._reader.pass_by(seen)

    def _finish(self) -> None:
        if self._reader is not None:
            self._section.dumps.append(self._reader.dump())
        self._section.unread += self._section.comments
        self._section.comments = []


def _start(seen: Seen, section: Section) -> OpenDump | None:
    kind = reader_for(seen.text)
    if kind is None:
        return None
    reader, echo, partial = kind(), section.echo, Partial(ELIDED, section.elided) if section.elided else None
    partial = partial or _damaged_above(kind, seen, section)
    # What an echo says is of its own output: a table may follow that was pasted without its prompt.
    if echo.command and (not kind.programs or echo.command[0] not in PROGRAMS or echo.command[0] in kind.programs):
        filtered = by_filter(echo.command, echo.whole, section.seen)
        reader.set_command(echo.command if filtered is None else (*echo.command, "|"))
        partial = filtered or reader.asked_for(echo.command, section.seen) or partial
    return OpenDump(reader, partial)


def _damaged_above(kind: type[Reader], seen: Seen, section: Section) -> Partial | None:
    """Is the line right above the first of a dump one of its rows that was damaged?

    Where every dump has a head, or the same first row, that would be missed itself.
    """
    above = section.unread[-1] if section.unread else None
    if not kind.any_row_first or above is None or above.line is None or seen.line != above.line + 1:
        return None
    first = section.seen is not None and above.line == (section.seen.line or 0) + 1
    asked = bool(section.echo.command) and section.echo.command[0] in kind.programs
    return Partial(UNREAD, above) if may_be_first_row(above.text, below_command=first and asked) else None
