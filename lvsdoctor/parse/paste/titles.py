"""Headings that only the lines around them tell from a comment, or from a word that stands alone."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import islice

from lvsdoctor.parse.paste.headings import Heading, between_rules, heading_in, is_rule, lone_host
from lvsdoctor.parse.paste.host_words import is_role
from lvsdoctor.parse.paste.margins import begins
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.paste.prompts import host_above
from lvsdoctor.parse.paste.proved_names import NamedPart, proved_names
from lvsdoctor.parse.readers import reader_for
from lvsdoctor.parse.words import read_ip

_LONGEST = 80
# What begins a dump that no reader takes, as far as it tells a heading from a comment in a configuration.
_FACES = pattern(
    r"\S+:? +(?:Link encap:|flags=)|Chain \S+ \(|table \w+ \S+ \{|\*(?:nat|mangle|raw|filter)$|```|~~~|\$ |Linux "
    r"|(?:sudo\s+)?(?:ip|ifconfig|route|ipvsadm|arptables|sysctl)\s+-?\w.*[\d.]|echo\s.{1,40}>\s*/proc/sys/"
)
# What of ip(8) has a name behind it: of a namespace, an interface, a table.
_GOES_ON = pattern(
    r"\S {1,4}(?:link-netns|link-netnsid|dev|master|via|proto|group|qdisc|peer|label|scope|table|vrf|state)\s*$"
)
_FENCE = pattern(r"\s{0,3}(?:```|~~~)")


class Titles:
    """Knows the lines of a text; they are counted from 1."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def role_in(self, text: str) -> Heading | None:
        """What `## LVS real server` says, be it a heading or a comment."""
        heading = heading_in(text) if len(text) <= _LONGEST else None
        return heading if heading is not None and is_role(heading.host) else None

    def proved(self, number: int) -> Heading | None:
        """The name of a host that only the dumps below it prove to be one."""
        part = self._proved.get(number)
        known = heading_in(self._lines[number - 1].strip()) if part is not None else None
        return Heading(part.host, part.command) if part is not None and not (known and known.host) else None

    def above(self, number: int, role: Heading, *, among_settings: bool) -> Heading | None:
        """The heading, or None: a comment begins and parts a file of settings, and says what the settings are for.

        Where such comments name two hosts, each has its own.
        """
        comment = among_settings or self._settings_follow(number)
        return None if comment and len(self._roles) < 2 else role

    def evidence_follows(self, number: int) -> bool:
        """Does a dump, a prompt or a fence stand near below? A comment of a configuration has neither."""
        near = (line for line in self._lines[number : number + 30] if line.strip())
        return any(_FACES.match(line.lstrip()) or begins(line) for line in islice(near, 6))

    def between_rules(self, number: int) -> Heading | None:
        """A heading by the lines of signs around it."""
        if number >= len(self._lines) or not is_rule(self._lines[number].strip()):
            return None
        before = self._lines[number - 2] if number > 1 else ""
        return between_rules((before, self._lines[number - 1], self._lines[number]))

    def banner(self, number: int) -> Heading | None:
        """`# rs1` between two lines of signs: what settings stand below, such a comment says, too."""
        heading = None if self._settings_follow(number) else self.between_rules(number)
        return heading if heading is not None and heading.host and self.evidence_follows(number) else None

    def above_prompt(self, number: int) -> Heading | None:
        """The first line of a prompt of two, which names the host of the second."""
        if number >= len(self._lines) or "@" not in self._lines[number - 1]:
            return None
        host = host_above(self._lines[number - 1].strip(), self._lines[number].strip())
        return Heading(host) if host else None

    def lone(self, number: int) -> Heading | None:
        """A line that names a host and hardly anything else, right above evidence; not the rest of a broken one."""
        text = self._lines[number - 1].strip()
        if number > 1 and _GOES_ON.search(self._lines[number - 2]):
            return None
        if len(text) > 60 or not (host := lone_host(text) or self._lone_address(text, number)):
            return None
        below = next((line for line in self._lines[number : number + 4] if line.strip()), "")
        if _FENCE.match(below) and self._fenced(number):
            return None  # the end of what a command printed
        return Heading(host) if _FACES.match(below.lstrip()) or begins(below) else None

    def _fenced(self, number: int) -> bool:
        """Does this line stand between two fences of Markdown?"""
        return bisect_left(self._fences, number) % 2 == 1

    @cached_property
    def _fences(self) -> tuple[int, ...]:
        return tuple(number for number, line in enumerate(self._lines, 1) if _FENCE.match(line))

    def _lone_address(self, text: str, number: int) -> str:
        """An address on a line of its own between empty ones, unless it is that of a host named right above."""
        below = self._lines[number : number + 1]
        if read_ip(text) is None or not below or below[0].strip().strip("`"):
            return ""
        above = [line.strip() for line in self._lines[max(0, number - 4) : number - 1]]
        if above[-1:] not in ([], [""]):
            return ""
        named = next((line for line in reversed(above) if line), "")
        return "" if (heading := heading_in(named)) and heading.host else text

    @cached_property
    def _proved(self) -> Mapping[int, NamedPart]:
        return proved_names(self._lines)

    @cached_property
    def _roles(self) -> frozenset[str]:
        comments = (line.strip() for line in self._lines if line.lstrip().startswith("#"))
        return frozenset(role.host.lower() for line in comments if (role := self.role_in(line)))

    def _settings_follow(self, number: int) -> bool:
        for line in self._lines[number : number + 50]:
            text = line.strip()
            if text and not text.startswith(("#", ";")):
                reader = reader_for(line)
                return reader is not None and reader.name == "sysctl"
        return False
