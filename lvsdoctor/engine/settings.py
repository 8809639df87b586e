"""The configuration file: what it says, and where in it. Which file that is, lvsdoctor/cli/configuring.py decides."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from lvsdoctor.engine.accept import Acceptance
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.seen import Seen

LEVELS = (*(str(severity) for severity in Severity), "never")
KEYS = ("fail-on", "require-complete", "select", "ignore", "rules", "baseline", "accept", "rule")
SEVERITY, OFF = "severity", "off"  # what every table [rule.NAME] may say; the rest are the options of that rule
ACCEPT_KEYS = ("rule", "node", "vip", "reason", "until")
# [tool.lvsdoctor], [tool.lvsdoctor.x] or [[tool.lvsdoctor.accept]], with any of TOML's ways to write it.
OURS = re.compile(r"""^[ \t]*\[\[?[ \t]*["']?tool["']?[ \t]*\.[ \t]*["']?lvsdoctor["']?[ \t]*[].]""", re.MULTILINE)
_HEADER = re.compile(r"\s*\[")
_OF_ACCEPT = re.compile(r"""\s*\[\[[\w\s.'"-]*\baccept["']?\s*\]\]""")


class BadSettings(Exception):
    """The file cannot be used; the message says where and why, in a sentence without its full stop."""


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """A table [rule.NAME]: whether the rule is `off`, the `severity` of its findings, and its options by their names.

    `word` is the rule's name or code; whether there is such a rule, and such an option, depends on those there are.
    """

    word: str
    seen: Seen
    severity: Severity | None = None
    off: bool = False
    values: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, Seen] = field(default_factory=dict)

    @property
    def says(self) -> str:
        """In short, for a remark: `arp-ignore-only-on-lo (severity note)`."""
        parts = ["off"] if self.off else [f"severity {self.severity}"] if self.severity is not None else []
        parts += [f"{name} {value}" for name, value in self.values.items()]
        return f"{self.word} ({', '.join(parts)})" if parts else self.word


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration file says: of what it does not speak there is None, or nothing.

    `places` tells the line of each key. Which rules an acceptance means stays open: it depends on those there are.
    """

    fail_on: str | None = None
    require_complete: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    baseline: str | None = None
    accept: tuple[Acceptance, ...] = ()
    rule: tuple[RuleSettings, ...] = ()
    file: str = ""
    places: Mapping[str, Seen] = field(default_factory=dict)


def settings_in(text: str, file: str, *, of_project: bool = False) -> Configuration:
    """What the TOML text says, `of_project` in its table tool.lvsdoctor as in a pyproject.toml. Raises BadSettings."""
    import tomllib  # most scans find no configuration file

    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{file}: {error}") from None
    tool = told.get("tool", {}) if of_project else {"lvsdoctor": told}
    given = tool.get("lvsdoctor", {}) if isinstance(tool, dict) else {}
    page = _Page(file, text.split("\n"), of_project)
    if not isinstance(given, dict):
        raise page.wrong("", "tool.lvsdoctor must be a table")
    page.only(given, KEYS)
    return Configuration(
        fail_on=_level(given, page),
        require_complete=_of_kind(given, "require-complete", bool, "true or false", page) or False,
        select=_words(given, "select", page),
        ignore=_words(given, "ignore", page),
        rules=_words(given, "rules", page),
        baseline=_of_kind(given, "baseline", str, "the name of a file", page),
        accept=_accept(given, page),
        rule=_rule_tables(given, page),
        file=file,
        places={key: page.seen(key) for key in given},
    )


# -- where it stands --------------------------------------------------------------------------------------------------


class _Page:
    """Finds a key's line again, which tomllib does not tell: as good as can be, and None rather than a wrong one."""

    def __init__(self, file: str, lines: list[str], of_project: bool) -> None:
        self.file, self._lines = file, lines
        self._starts = [n for n, line in enumerate(lines) if _HEADER.match(line)]
        self._top = next((n for n in self._starts if OURS.match(lines[n])), len(lines)) if of_project else -1
        self.acceptances = [n for n in self._starts if n >= self._top and _OF_ACCEPT.match(lines[n])]

    def seen(self, key: str, table: int | None = None) -> Seen:
        """The line of a key in the table that begins at a line (the topmost one, if None)."""
        start = self._top if table is None else table
        end = next((n for n in self._starts if n > start), len(self._lines))
        begins = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
        number = next((n for n in range(start + 1, end) if begins.match(self._lines[n])), None)
        return self.at(table if number is None else number)

    def at(self, number: int | None) -> Seen:
        return Seen(self.file, None, "") if number is None else Seen(self.file, number + 1, self._lines[number].strip())

    def table(self, name: str) -> int | None:
        """The line of the header [rule.NAME]."""
        header = re.compile(rf"""\s*\[[\w\s.'"-]*\brule["']?\s*\.\s*["']?{re.escape(name)}["']?\s*\]""")
        return next((n for n in self._starts if n >= self._top and header.match(self._lines[n])), None)

    def wrong(self, key: str, sentence: str, table: int | None = None) -> BadSettings:
        return BadSettings(f"{self.seen(key, table)}: {sentence}")

    def only(self, given: Mapping[str, object], known: tuple[str, ...], table: int | None = None) -> None:
        for key in given:
            if key not in known:
                from difflib import get_close_matches  # only a mistake pays for it

                near = get_close_matches(key, known, 1, 0.5)
                hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
                raise self.wrong(key, f"unknown setting {key!r}; {hint}", table)


# -- what it says -----------------------------------------------------------------------------------------------------


def _of_kind(given: Mapping[str, Any], key: str, kind: type, what: str, page: _Page, table: int | None = None) -> Any:
    value = given.get(key)
    if value is not None and not isinstance(value, kind):
        raise page.wrong(key, f"{key} must be {what}", table)
    return value


def _words(given: Mapping[str, Any], key: str, page: _Page) -> tuple[str, ...]:
    what = 'a list of strings, such as ["one", "two"]'
    words = _of_kind(given, key, list, what, page) or []
    if not all(isinstance(word, str) for word in words):
        raise page.wrong(key, f"{key} must be {what}")
    return tuple(words)


def _level(given: Mapping[str, Any], page: _Page) -> str | None:
    level: str | None = _of_kind(given, "fail-on", str, f"one of {', '.join(LEVELS)}", page)
    if level is not None and level not in LEVELS:
        raise page.wrong("fail-on", f"fail-on must be one of {', '.join(LEVELS)}")
    return level


def _accept(given: Mapping[str, Any], page: _Page) -> tuple[Acceptance, ...]:
    tables = _of_kind(given, "accept", list, "written as [[accept]] tables", page) or []
    # Written as an array in one place, they have no headers.
    starts: list[int | None] = list(page.acceptances)
    starts = starts if len(starts) == len(tables) else [None] * len(tables)
    return tuple(_acceptance(told, start, page) for told, start in zip(tables, starts, strict=True))


def _acceptance(table: Any, start: int | None, page: _Page) -> Acceptance:
    if not isinstance(table, dict):
        raise page.wrong("accept", "accept must be written as [[accept]] tables")
    page.only(table, ACCEPT_KEYS, start)

    def word(key: str, default: str) -> str:
        said: str | None = _of_kind(table, key, str, "a string", page, start)
        return default if said is None else said.strip()

    rule, reason = word("rule", ""), word("reason", "")
    for key, value, why in (("rule", rule, "which rule it is about"), ("reason", reason, "why that is fine")):
        if not value:
            raise BadSettings(f"{_at(page, start)}: an acceptance must say {why} ({key} = ...)")
    node, vip = word("node", "*"), word("vip", "*").lower()  # as an IPv6 address is shown
    return Acceptance(rule, reason, _at(page, start), node=node, vip=vip, until=_until(table, start, page))


def _rule_tables(given: Mapping[str, Any], page: _Page) -> tuple[RuleSettings, ...]:
    tables = _of_kind(given, "rule", dict, "written as tables [rule.NAME]", page) or {}
    return tuple(_rule_table(name, table, page) for name, table in tables.items())


def _rule_table(name: str, table: Any, page: _Page) -> RuleSettings:
    start = page.table(name)
    if not isinstance(table, dict):
        raise page.wrong("rule", "rule must be written as tables [rule.NAME]")
    severity: str | None = _of_kind(table, SEVERITY, str, f"one of {', '.join(Severity)}", page, start)
    if severity is not None and severity not in set(Severity):
        raise page.wrong(SEVERITY, f"severity must be one of {', '.join(Severity)}", start)
    off: bool = _of_kind(table, OFF, bool, "true or false", page, start) or False
    values = {key: value for key, value in table.items() if key not in (SEVERITY, OFF)}
    for key, value in values.items():
        if not isinstance(value, int) or isinstance(value, bool):
            raise page.wrong(key, f"{key} must be a whole number", start)
    places = {key: page.seen(key, start) for key in table}
    return RuleSettings(
        name, _at(page, start, "rule"), None if severity is None else Severity(severity), off, values, places
    )


def _at(page: _Page, start: int | None, key: str = "accept") -> Seen:
    return page.seen(key) if start is None else page.at(start)


def _until(table: Mapping[str, Any], start: int | None, page: _Page) -> date | None:
    until = table.get("until")
    if isinstance(until, str):
        try:
            return date.fromisoformat(until)
        except ValueError:
            until = 0
    if until is not None and (isinstance(until, datetime) or not isinstance(until, date)):
        raise page.wrong("until", "until must be a date such as 2030-12-31", start)
    return until
