"""Processes, as ps(1) lists them; kept are the programs that fill tables of IPVS or of routes, by their names."""

import re
from collections.abc import Sequence
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.machine import Program
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import NO_BEGINNING
from lvsdoctor.parse.reader import Dump, Reader

# ps -ef, ps aux, ps -e, ps ax, ps -e -o pid,comm; BusyBox.
_HEAD = re.compile(r"\s{0,12}(?:(?:F +S? *)?(?:USER|UID) +)?PID(?: +[A-Z%+-]{1,10}){0,12} +(?:COMMAND|CMD)\s*")
# Rows without the head, of `ps -ef | grep keepalived` and `ps aux | grep keepalived`.
_OWNER = r"[\w+.-]{1,64} +\d{1,7} +"
_RUNS = r" (?P<runs>\S.*)"
_SHAPES = (
    (
        "UID PID PPID C STIME TTY TIME CMD",
        re.compile(_OWNER + r"\d{1,7} +\d{1,3} +[\w:]{3,8} +\S{1,16} +(?:\d{1,4}-)?\d\d:\d\d:\d\d" + _RUNS),
    ),
    (
        "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND",
        re.compile(
            _OWNER
            + r"[\d.]{1,5} +[\d.]{1,4} +\d{1,12} +\d{1,12} +\S{1,16} +[A-Z]\S{0,6} +[\w:]{3,8} +\d{1,6}:\d\d"
            + _RUNS
        ),
    ),
)
_ROW = re.compile(r"\s{0,12}(?:\S{1,64} +)??(?P<pid>\d{1,7}) +\S.*")
# What changes a table of IPVS, or may; and what announces routes.
KEEPERS = frozenset(
    "keepalived ldirectord kube-proxy kube-router cilium-agent dockerd pulse nanny lvsd surealived feedbackd-master"
    " mon monit seesaw_engine seesaw_ha heartbeat pacemakerd corosync relayd merlin consul-template".split()
)
ROUTING = frozenset("bird bird6 zebra bgpd ospfd watchfrr frr exabgp gobgpd".split())
INTERPRETERS = re.compile(r"(?:perl|python|ruby|sh|bash|dash)[\d.]{0,8}")
INIT = frozenset("init systemd busybox procd runit s6-svscan openrc-init".split())
_TREE = frozenset(("\\_", "|", "|-", "`-"))  # ps -f and forest
_BUSYBOX = re.compile(r"\{(\S{1,32})\}")  # its own name, where a command line tells another
_NARROWEST = 79  # columns of a terminal, at whose end ps(1) cuts a line
CUT_OFF = "the terminal may have cut a program's name off"
OF_A_CONTAINER = "the list is of a container, or of some of the processes"


def program_of(command: str) -> str:
    """The program that a command line runs: `keepalived` for /usr/sbin/keepalived -D, `ldirectord` for its perl."""
    words = [word for word in command.split() if word not in _TREE]
    if words and (named := _BUSYBOX.fullmatch(words[0])):
        return named[1]
    names = [word.rpartition("/")[2].rstrip(":") for word in words if not word.startswith("-")]
    if len(names) > 1 and INTERPRETERS.fullmatch(names[0]):
        return names[1]
    return names[0] if names else ""


def _may_be_cut(command: str) -> bool:
    """May a line that ends here have lost a part of the program's name?"""
    words = [word for word in command.split() if word not in _TREE]
    path = words[0] if words else ""
    return len(words) < 2 or INTERPRETERS.fullmatch(path.rpartition("/")[2]) is not None


def _columns_of(text: str) -> str | None:
    """The columns of a row without a head; None for another line."""
    return next((columns for columns, shape in _SHAPES if shape.fullmatch(text[:4000])), None)


def _keeps(text: str) -> bool:
    """Does this row show a program that fills tables?"""
    found = next(filter(None, (shape.fullmatch(text[:4000]) for _, shape in _SHAPES)), None)
    return found is not None and program_of(found["runs"]) in KEEPERS | ROUTING


class Processes(Reader):
    """A process on each line, under a head that names the columns; what a command was called with is not kept."""

    name: ClassVar[str] = "ps"
    programs: ClassVar[tuple[str, ...]] = ("ps",)

    def __init__(self) -> None:
        self._columns: list[str] = []
        self._head: Seen | None = None
        self._rows: list[Program] = []
        self._passed: list[Seen] = []
        self._whole = self._filtered = self._bare = False
        self._longest: list[tuple[int, str]] = []  # the lines of this length, the longest, and their commands

    @classmethod
    def starts(cls, text: str) -> bool:
        return _HEAD.fullmatch(text[:300]) is not None or (_columns_of(text) is not None and _keeps(text))

    def set_command(self, command: Sequence[str]) -> None:
        self._filtered = bool(command) and command[-1] == "|"

    def feed(self, seen: Seen) -> bool:
        text = seen.text[:4000]
        if self._head is None:
            bare = _columns_of(text)
            self._columns, self._head, self._bare = (bare or text).split(), seen, bare is not None
            if not self._bare:
                return True
        cells = text.split(None, len(self._columns) - 1)
        if _ROW.fullmatch(text) is None or len(cells) < len(self._columns):
            return False
        length = len(text.rstrip())
        if not self._longest or length >= self._longest[0][0]:
            self._longest = [row for row in self._longest if row[0] == length] + [(length, cells[-1])]
        process, program = cells[self._columns.index("PID")], program_of(cells[-1])
        if process == "1" and program in INIT:
            self._whole = True
            self._rows.append(Program(program, seen))
        elif program in KEEPERS or program in ROUTING:
            self._rows.append(Program(program, seen))
        else:
            self._passed.append(seen)
        return process.isdecimal()

    def dump(self) -> Dump:
        assert self._head is not None
        cut = any(length >= _NARROWEST and _may_be_cut(command) for length, command in self._longest)
        why = NO_BEGINNING if self._filtered or self._bare else CUT_OFF if cut and self._whole else OF_A_CONTAINER
        partial = None if self._whole and not (self._filtered or self._bare or cut) else Partial(why, self._head)
        return Dump({"programs": tuple(self._rows)}, partial=partial, passed=tuple(self._passed))
