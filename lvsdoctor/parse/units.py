"""Services, as systemctl(1) shows them: whether systemd starts them at boot, and whether they run.

`systemctl status`, `list-units`, `list-unit-files`, `is-enabled`, `is-active`, and chkconfig(8) of older hosts. What a
service is described by, its processes and what it logged are not kept.
"""

import re
from collections.abc import Sequence
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.machine import Unit
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import NO_BEGINNING, narrowed
from lvsdoctor.parse.reader import Dump, Reader

# systemctl(1), is-enabled; and src/basic/unit-def.c: unit_active_state_table[].
_PLAIN_STATES = frozenset("enabled disabled linked alias masked static indirect generated transient bad".split())
FILE_STATES = _PLAIN_STATES | {"enabled-runtime", "linked-runtime", "masked-runtime", "not-found"}
ACTIVE_STATES = frozenset(
    "active reloading inactive failed activating deactivating maintenance refreshing unknown".split()
)
_NAME = r"(?P<name>[\w@.:\\-]{1,200}\.service)"
_SIGN = r"(?:[●○◌↻\u00d7✗*] ?)?"
_STATUS = re.compile(rf"\s{{0,4}}{_SIGN}{_NAME}(?: - .*)?")
_LOADED = re.compile(r"\s+Loaded: (?P<load>[\w-]+)(?: \((?P<more>.*)\))?.*")
_ACTIVE = re.compile(r"\s+Active: (?P<active>[a-z-]+)(?: \(.*)?")
_INDENTED = re.compile(r"\s{2,}\S")
_UNITS_HEAD = re.compile(r"\s*UNIT +LOAD +ACTIVE +SUB +(?:JOB +)?DESCRIPTION\s*")
_FILES_HEAD = re.compile(r"\s*UNIT FILE +STATE(?: +(?:VENDOR )?PRESET)?\s*")
_UNIT = re.compile(
    r"\s{0,4}" + _SIGN + r"(?P<name>\S{1,200}\.[a-z]{4,9}) +(?:loaded|not-found|masked|error|bad-setting)"
    r" +(?P<active>[a-z-]+) +[a-z-]+(?: .*)?"
)
_FILE = re.compile(
    r"\s{0,4}(?P<name>\S{1,200}\.[a-z]{4,9}) +(?P<state>[a-z-]{3,16})(?: +(?:enabled|disabled|-|ignored))?\s*"
)
_AROUND = re.compile(
    r"(?:LOAD|ACTIVE|SUB|JOB) += .*|\d+ (?:loaded )?units? (?:files? )?listed\..*|\d+ unit files listed\."
    r"|To show all .*|Pass --all to see .*|Legend: .*"
)
_LEVELS = re.compile(
    r"(?P<name>[\w.@-]{1,64})\s+0:(?:on|off|关闭|启用)\s+1:\S+\s+2:\S+\s+3:(?P<three>on|off|关闭|启用)"
    r"\s+4:\S+\s+5:\S+(?:\s+6:\S+)?\s*"
)
_OF_EVERY_HOST = ("systemd-", "dbus")
_LIST = frozenset({"list-unit-files", "list-units"})
SOME_UNITS = "the list shows some of the units"


def _service(name: str) -> str:
    return name if name.endswith(".service") else f"{name}.service"


class UnitStatus(Reader):
    """`systemctl status NAME`: what stands below the state of a unit belongs to it, up to what it logged."""

    name: ClassVar[str] = "systemctl-status"
    programs: ClassVar[tuple[str, ...]] = ("systemctl", "service")

    def __init__(self) -> None:
        self._rows: list[Unit] = []
        self._passed: list[Seen] = []
        self._unit = ""
        self._first: Seen | None = None

    @classmethod
    def starts(cls, text: str) -> bool:
        return text[:1] != " " and _STATUS.fullmatch(text[:400].rstrip()) is not None

    def feed(self, seen: Seen) -> bool:
        text = seen.text[:400].rstrip()
        if self.starts(seen.text) and (head := _STATUS.fullmatch(text)):
            self._unit, self._first = head["name"], self._first or seen
            return True
        if not self._unit or not _INDENTED.match(text):
            return False
        if loaded := _LOADED.fullmatch(text):
            words = re.split(r";\s*", loaded["more"] or "")
            state = next((word for word in words[1:] if word in FILE_STATES - {"bad"}), "")
            state = loaded["load"] if loaded["load"] in ("masked", "not-found") else state
            self._rows += [Unit(self._unit, state, "", seen)] if state else []
        elif (active := _ACTIVE.fullmatch(text)) and active["active"] in ACTIVE_STATES:
            self._rows.append(Unit(self._unit, "", active["active"], seen))
        else:
            self._passed.append(seen)
        return True

    def dump(self) -> Dump:
        facts = {"units": tuple(self._rows)} if self._rows else {}
        if not facts:  # a heading alone, or a name that somebody wrote
            return Dump(unread=tuple(filter(None, [self._first])), passed=tuple(self._passed))
        return Dump(facts, partial=Partial(SOME_UNITS, self._first), passed=tuple(self._passed))


class UnitList(Reader):
    """`systemctl list-units` and `systemctl list-unit-files`; kept are the services."""

    name: ClassVar[str] = "systemctl-list"
    programs: ClassVar[tuple[str, ...]] = ("systemctl",)

    def __init__(self) -> None:
        self._rows: list[Unit] = []
        self._passed: list[Seen] = []
        self._head: Seen | None = None
        self._first: Seen | None = None
        self._files = self._filtered = False

    @classmethod
    def starts(cls, text: str) -> bool:
        line = text[:600].rstrip()
        return _UNITS_HEAD.fullmatch(line) is not None or _FILES_HEAD.fullmatch(line) is not None or _is_row(line)

    def set_command(self, command: Sequence[str]) -> None:
        self._filtered = bool(command) and command[-1] == "|"

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        """A pattern, a state, or a type other than that of services."""
        words = [word for word in command[1:] if word != "|"]
        kinds = [word.partition("=")[2] for word in words if word.startswith(("--type=", "-t="))]
        less = [word for word in words if not word.startswith("-") and word not in _LIST]
        less += [word for word in words if word.startswith(("--state", "--failed"))]
        less += [kind for kind in kinds if "service" not in kind]
        return narrowed(command, echo) if less and less != ["service"] else None

    def feed(self, seen: Seen) -> bool:
        text = seen.text[:600].rstrip()
        if (files := _FILES_HEAD.fullmatch(text)) or _UNITS_HEAD.fullmatch(text):
            first, self._files = self._head is None and not self._rows, files is not None
            self._head, self._first = self._head or seen, self._first or seen
            return first
        if _AROUND.fullmatch(text.strip()):
            self._passed.append(seen)
            return True
        row = _UNIT.fullmatch(text) or _FILE.fullmatch(text)
        if row is None:
            return False
        kind, word = ("state", row["state"]) if "state" in row.groupdict() else ("active", row["active"])
        if word not in (FILE_STATES if kind == "state" else ACTIVE_STATES):
            return False
        self._first = self._first or seen
        if row["name"].endswith(".service"):
            state, active = (word, "") if kind == "state" else ("", word)
            self._rows.append(Unit(row["name"], state, active, seen))
        else:
            self._passed.append(seen)
        return True

    def dump(self) -> Dump:
        every = any(row.name.startswith(_OF_EVERY_HOST) and row.file_state == "static" for row in self._rows)
        whole = self._head is not None and self._files and every and not self._filtered
        why = NO_BEGINNING if self._head is None else SOME_UNITS
        partial = None if whole else Partial(why, self._first)
        return Dump({"units": tuple(self._rows)}, partial=partial, passed=tuple(self._passed))


def _is_row(line: str) -> bool:
    if not re.match(r"\s{0,4}" + _SIGN + _NAME, line):
        return False
    unit, file = _UNIT.fullmatch(line), _FILE.fullmatch(line)
    return (unit is not None and unit["active"] in ACTIVE_STATES) or (file is not None and file["state"] in FILE_STATES)


class Chkconfig(Reader):
    """`chkconfig --list`: an init script is started at boot where runlevel 3 has it."""

    name: ClassVar[str] = "chkconfig"
    programs: ClassVar[tuple[str, ...]] = ("chkconfig",)

    def __init__(self) -> None:
        self._rows: list[Unit] = []

    @classmethod
    def starts(cls, text: str) -> bool:
        return _LEVELS.fullmatch(text[:300].strip()) is not None

    def feed(self, seen: Seen) -> bool:
        row = _LEVELS.fullmatch(seen.text[:300].strip())
        if row is None:
            return False
        state = "enabled" if row["three"] in ("on", "启用") else "disabled"
        self._rows.append(Unit(_service(row["name"]), state, "", seen))
        return True

    def dump(self) -> Dump:
        # Beside it systemd may start others, and xinetd.
        return Dump({"units": tuple(self._rows)}, partial=Partial(SOME_UNITS, self._rows[0].seen))


def states_shown(lines: Sequence[Seen], command: Sequence[str]) -> Dump | None:
    """The words that `systemctl is-enabled NAME...` or is-active printed, one for each unit; None for other lines."""
    words = [word for word in command if not word.startswith("-")]
    if words[:1] != ["systemctl"] or words[1:2] not in (["is-enabled"], ["is-active"], ["is-failed"]):
        return None
    names, of_file = words[2:], words[1] == "is-enabled"
    ordered = sorted(lines, key=lambda seen: seen.line or 0)
    known = FILE_STATES if of_file else ACTIVE_STATES
    if not names or len(names) != len(ordered) or any(seen.text.strip() not in known for seen in ordered):
        return None
    states = [(_service(name), seen.text.strip(), seen) for name, seen in zip(names, ordered, strict=True)]
    rows = tuple(
        Unit(name, state if of_file else "", "" if of_file else state, seen)
        for name, state, seen in states
        if "." not in name.removesuffix(".service") and state != "unknown"
    )
    return Dump({"units": rows}, partial=Partial(SOME_UNITS, ordered[0])) if rows else None
