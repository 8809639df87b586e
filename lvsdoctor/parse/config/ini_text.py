"""Sections of `key=value` lines, as systemd and GLib write them. (configparser tells no line numbers.)"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.network import numbered

_SECTION = re.compile(r"\[(?P<name>[^\[\]]{1,200})\]\s*$")


@dataclass(frozen=True, slots=True)
class IniValue:
    """A line's key and value; `seen` is its first line where it goes on."""

    key: str
    value: str
    seen: Seen


@dataclass(slots=True)
class IniSection:
    """A section; one of the same name that comes again is another one."""

    name: str
    seen: Seen
    values: list[IniValue] = field(default_factory=list)
    _last: dict[str, IniValue] = field(default_factory=dict)

    def add(self, value: IniValue) -> None:
        self.values.append(value)
        self._last[value.key] = value

    def last(self, key: str) -> IniValue | None:
        return self._last.get(key)

    def get(self, key: str) -> str:
        """The last value of the key, "" where there is none."""
        value = self.last(key)
        return value.value if value is not None else ""

    def all(self, key: str) -> Iterator[IniValue]:
        """All lines of the key; an empty one takes back those above it (systemd.syntax(7))."""
        kept: list[IniValue] = []
        for value in self.values:
            if value.key == key and value.value:
                kept.append(value)
            elif value.key == key:
                kept = []
        return iter(kept)


@dataclass(frozen=True, slots=True)
class IniText:
    """The sections of a file, in its order, and the lines that belong to none or are no assignment."""

    sections: tuple[IniSection, ...] = ()
    unread: tuple[Seen, ...] = ()

    def named(self, name: str) -> Iterator[IniSection]:
        return (section for section in self.sections if section.name == name)

    def get(self, name: str, key: str) -> str:
        """The last value of a key in all sections of this name."""
        values = [section.get(key) for section in self.named(name)]
        return next((value for value in reversed(values) if value), "")


def ini_text(text: str, where: str, *, continued: bool = False) -> IniText:
    """The sections of a text; with `continued` a backslash at its end makes a line go on, as in units."""
    sections: list[IniSection] = []
    unread: list[Seen] = []
    open_value: tuple[Seen, list[str]] | None = None
    for seen in numbered(text, where):
        line = seen.text.strip()
        if open_value is not None and not line.startswith(("#", ";")):
            first, parts = open_value
            parts.append(line.removesuffix("\\"))
            open_value = (first, parts) if line.endswith("\\") else None
            if open_value is None:
                _assign(sections, unread, first, " ".join(parts))
        elif not line or line.startswith(("#", ";")):
            continue
        elif match := _SECTION.fullmatch(line):
            sections.append(IniSection(match["name"], seen))
        elif continued and line.endswith("\\"):
            open_value = (seen, [line.removesuffix("\\")])
        else:
            _assign(sections, unread, seen, line)
    if open_value is not None:
        unread.append(open_value[0])
    return IniText(tuple(sections), tuple(unread))


def _assign(sections: list[IniSection], unread: list[Seen], seen: Seen, line: str) -> None:
    key, equals, value = line.partition("=")
    if not equals or not sections or not key.strip():
        unread.append(seen)
        return
    sections[-1].add(IniValue(key.strip(), value.strip(), seen))
