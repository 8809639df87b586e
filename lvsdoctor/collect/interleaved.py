"""Answers of two hosts, line by line among each other, as parallel commands leave them without a prefix.

Whole answers one after the other are one host's at two times. These are not: a list begins again before it has ended,
and goes on where it was left.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from lvsdoctor.collect.claims import is_compared
from lvsdoctor.collect.documents import NodeDump, where_of
from lvsdoctor.model.contradiction import Contradiction
from lvsdoctor.model.link import Link
from lvsdoctor.model.route import Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, SettingRows
from lvsdoctor.parse.reader import Dump

_LINK_LINES = "{link} has two link/ lines in one list, so these are lines of two hosts"
_SOURCES = "{route} has two source addresses in one list, {value} and {another}, so these are lines of two hosts"
_KEYS = "{key} has two values in one list, {value} and {another}, so these are lines of two hosts"
# The kernel sets it, and no host's files do: it was read, not assigned.
_READ_ONLY = ".mc_forwarding"


def interleaved(dumps: Sequence[NodeDump]) -> Contradiction | None:
    """Two lines of one text that cannot be one host's; None where its answers may follow each other in time."""
    texts: dict[str, list[Dump]] = {}
    last = ""
    for mine in dumps:
        dump = mine.piece.dump
        last = mine.where or where_of(dump) or last
        texts.setdefault(last, []).append(dump)
    for group in texts.values():
        for found in (_links(group), _settings(group), _routes(group)):
            if found is not None:
                return found
    return None


def _links(dumps: Sequence[Dump]) -> Contradiction | None:
    """Each header has its link/ line somewhere, so that none was left out, and two stand below one header."""
    strays = [seen for dump in dumps for seen in dump.unread if _is_link_line(seen)]
    if not strays:
        return None
    links: list[Link] = [link for dump in dumps for link in dump.facts.get("links", ()) if link.index is not None]
    again = max(Counter((link.index, link.name) for link in links).values(), default=0) > 1
    if not again or len(links) != sum(bool(link.type) for link in links) + len(strays):
        return None
    for dump in dumps:
        for stray in dump.unread if "links" in dump.facts else ():
            above = [link for link in dump.facts["links"] if _line(link.seen) < _line(stray)]
            if above and above[-1].type and _is_link_line(stray):
                fields = {"link": above[-1].name}
                return Contradiction("links", _LINK_LINES, above[-1].seen, stray, fields)
    return None


def _is_link_line(seen: Seen) -> bool:
    return seen.text.lstrip().startswith("link/")


def _routes(dumps: Sequence[Dump]) -> Contradiction | None:
    """A subnet has one route of the kernel, from its primary address. (NetworkManager makes more, with a metric.)"""
    known: dict[Any, Route] = {}
    rows: list[Route] = [row for dump in dumps for row in dump.facts.get("routes", ())]
    if sum(map(_is_connected, rows)) < 2:
        return None
    shown: set[int] = set()
    for row in filter(_is_connected, rows):
        first = known.setdefault((row.table, row.dst, row.links), row)
        if first.src != row.src:
            shown = shown or _shown(dumps)
            if all(line in shown for line in range(_line(first.seen), _line(row.seen))):
                fields = {"route": f"{row.dst} dev {row.links[0]}", "value": str(first.src), "another": str(row.src)}
                return Contradiction("routes", _SOURCES, first.seen, row.seen, fields)
            known[row.table, row.dst, row.links] = row
    return None


def _is_connected(row: Route) -> bool:
    return row.protocol == "kernel" and row.src is not None and not row.metric and not row.gateways and bool(row.links)


def _settings(dumps: Sequence[Dump]) -> Contradiction | None:
    """Lists of one host one after the other are as many as a key has lines; these begin again far more often."""
    lists: list[SettingRows] = [rows for dump in dumps if isinstance(rows := dump.facts.get("sysctl"), SettingRows)]
    number = sum(len(rows) for rows in lists)
    if not any(lists) or len({key for rows in lists for key in rows.keys}) == number:
        return None
    shown = _shown(dumps)
    settings = [setting for rows in lists for setting in rows]
    for run in _runs(settings, shown):
        lines = Counter(setting.key for setting in run)
        often = max(lines.values())
        begins = 1 + sum(_order(second) <= _order(first) for first, second in pairwise(run))
        read = any(key.endswith(_READ_ONLY) and times > 1 for key, times in lines.items())
        if read and often > 1 and begins >= 2 * often + 4 and (pair := _two_values(run)):
            first, second = pair
            fields = {"key": first.key, "value": first.raw, "another": second.raw}
            return Contradiction("sysctl", _KEYS, first.seen, second.seen, fields)
    return None


def _order(setting: Setting) -> tuple[str, ...]:
    """The kernel keeps the names of a directory in order."""
    return tuple(setting.key.split("."))


def _two_values(run: Sequence[Setting]) -> tuple[Setting, Setting] | None:
    first: dict[str, Setting] = {}
    for setting in run:
        known = first.setdefault(setting.key, setting)
        if known.raw.split() != setting.raw.split() and is_compared(setting.key):
            return known, setting
    return None


def _runs(settings: Sequence[Setting], shown: set[int]) -> Iterator[Sequence[Setting]]:
    """The settings between which no prompt, no command and no blank line stands."""
    run: list[Setting] = []
    for setting in settings:
        if run and not all(line in shown for line in range(_line(run[-1].seen), _line(setting.seen))):
            yield run
            run = []
        run.append(setting)
    if run:
        yield run


def _shown(dumps: Sequence[Dump]) -> set[int]:
    """The lines of which it is known that they are lines of an answer."""
    lines = {_line(seen) for dump in dumps for seen in dump.unread}
    for dump in dumps:
        facts: Mapping[str, Any] = dump.facts
        for rows in facts.values():
            lines |= {_line(seen) for row in rows if isinstance(seen := getattr(row, "seen", None), Seen)}
    return lines


def _line(seen: Seen) -> int:
    return seen.line or 0
