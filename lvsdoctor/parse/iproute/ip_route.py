"""`ip route`: any table or all of them, IPv4 and IPv6, several lines per route or one (-o)."""

import re
from collections.abc import Sequence

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iproute.ip_command import IpCommand, ip_command, part_of
from lvsdoctor.parse.iproute.ip_neigh import is_neighbour_line
from lvsdoctor.parse.iproute.route_line import RouteLine
from lvsdoctor.parse.iproute.route_tables import sort_by_table
from lvsdoctor.parse.reader import Dump, Reader

# Of a type, of `default`, of an address.
_BEGINNINGS = frozenset("0123456789abcdefABCDEF:lmnptux")
# -o puts a backslash where a line ended; before iproute2 3.x a blank followed, now a tab.
_ONELINE_BREAK = re.compile(r"\\\s*(?=nexthop\s|nh_info\s|cache(?:\s|$))")


class IpRoute(Reader):
    """`ip route [show table X]`. Without a `table` on its lines, a dump is of the table that the command asked for."""

    name = "ip-route"
    programs = ("ip",)
    any_row_first = True

    def __init__(self) -> None:
        self._lines: list[RouteLine] = []
        self._unread: list[Seen] = []
        self._command: IpCommand | None = None
        self._torn = False

    @classmethod
    def starts(cls, text: str) -> bool:
        words = _ONELINE_BREAK.split(text, maxsplit=1)[0].split() if _could_begin(text) else []
        if not words or is_neighbour_line(words):
            return False
        line = RouteLine.of(words, Seen("", None, ""))
        # A multipath default route may be the first of all, with nothing but next hops, on the lines below it.
        return line is not None and (line.certain or words == ["default"] or _ONELINE_BREAK.search(text) is not None)

    def set_command(self, command: Sequence[str]) -> None:
        self._command = ip_command(command)

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        return part_of(command, echo)

    def feed(self, seen: Seen) -> bool:
        first, *more = _ONELINE_BREAK.split(seen.text)
        words = first.split()
        if not words:
            return False
        if words[0] in ("nexthop", "nh_info", "cache") and first[:1].isspace():
            return self._take_continuation(words, seen)
        if not _could_begin(first) or is_neighbour_line(words):
            return False
        line = RouteLine.of(words, seen)
        if line is None or (line.strange and not line.options):
            return False
        self._lines.append(line)
        self._torn = False
        for piece in more:
            self._take_continuation(piece.split(), seen)
        return True

    def gap(self) -> None:
        self._torn = True

    def _take_continuation(self, words: list[str], seen: Seen) -> bool:
        if not self._lines:
            return False
        line = self._lines[-1]
        if self._torn and words[0] == "nexthop":  # of a route that was not shown, or with hops missing
            self._unread.append(seen)
            return True
        if words[0] == "nexthop":
            if not line.take_hop(words[1:]):
                line.broken = True  # half of a multipath route would be another route
                self._unread_once(seen, line)
        elif words[0] == "cache":
            line.broken = True  # the answer of `ip route get`, or the route cache of an old kernel
            self._unread_once(seen, line)
        return True

    def _unread_once(self, seen: Seen, line: RouteLine) -> None:
        if seen is not line.seen:  # the line of the route itself follows when it is dropped
            self._unread.append(seen)

    def dump(self) -> Dump:
        command = self._command
        link = (command.value("dev") if command else None) or ""
        rows = []
        for line in self._lines:
            row = line.route(command.family if command else None, link)
            if row is None:
                self._unread.append(line.seen)
            else:
                rows.append(row)
        unread = sorted(self._unread, key=lambda seen: seen.line or 0)
        return Dump(sort_by_table(rows, command), tuple(unread))


def _could_begin(text: str) -> bool:
    """The cheap question first. (Routes inside keepalived.conf look the same, but are indented; `ip` indents none.)"""
    return text[:1] in _BEGINNINGS
