"""`ip -j`: addr, link, route, rule and neigh, on one line or pretty (-p). The keys tell which it is."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from lvsdoctor.model.address import Address
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.link import Link
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import NO_LOOPBACK
from lvsdoctor.parse.iproute import ip_json_links as links_of
from lvsdoctor.parse.iproute import ip_json_rows as rows
from lvsdoctor.parse.iproute.ip_command import IpCommand, ip_command, part_of
from lvsdoctor.parse.iproute.ip_rule import part_of_rules, with_family
from lvsdoctor.parse.iproute.route_tables import sort_by_table
from lvsdoctor.parse.json_text import Element, JsonText
from lvsdoctor.parse.json_words import text
from lvsdoctor.parse.reader import Dump, Reader

_START = re.compile(r"\s*\[\s*(?:\{\s*(?:\"|\}|$)|\]?\s*$)")
_INSIDE = re.compile(r"\s*(?:[\[\]{}\",:]|-?\d|true|false|null)")
# Possessive, and content with an end that is missing: linear on any text.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?$)')
# What identifies a row in pretty print, where a row's own line is no more than a brace.
_KEY_LINE = {"address": "ifname", "route": "dst", "rule": "priority", "neighbour": "dst"}
_T = TypeVar("_T")


class IpJson(Reader):
    """`ip -j addr|link|route|rule|neigh`. JSON of anything else, or cut short, stays unread as a whole."""

    name = "ip-json"
    programs = ("ip",)

    def __init__(self) -> None:
        self._lines: list[Seen] = []
        self._depth = 0
        self._done = False
        self._command: IpCommand | None = None

    @classmethod
    def starts(cls, text: str) -> bool:
        return _START.match(text) is not None

    def set_command(self, command: Sequence[str]) -> None:
        self._command = ip_command(command)

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        return part_of(command, echo)

    def feed(self, seen: Seen) -> bool:
        if self._done or (self._lines and _INSIDE.match(seen.text) is None):
            self._done = True
            return False
        self._lines.append(seen)
        bare = _STRING.sub("", seen.text)
        self._depth += sum(map(bare.count, "[{")) - sum(map(bare.count, "]}"))
        self._done = self._depth <= 0
        return True

    def dump(self) -> Dump:
        text = JsonText.of(self._lines)
        try:
            # `ip` prints an empty object for a link that it was asked to leave out.
            elements = [(row, begin, end) for row, begin, end in text.elements() if row != {}]
        except (ValueError, RecursionError):
            return Dump(unread=text.lines)
        told = self._command.object if self._command else ""
        kinds = [kind for row, _, _ in elements if (kind := rows.kind_of(row))]
        kind = kinds[0] if kinds else "" if elements else {"link": "address"}.get(told, told)
        if kind not in _KEY_LINE:
            return Dump(unread=text.lines)
        return _Reading(text, self._command).dump(kind, elements)


class _Reading:
    """Rows of one kind, collected from the elements of one array."""

    def __init__(self, text: JsonText, command: IpCommand | None) -> None:
        self._text = text
        self._command = command
        self._unread: list[Seen] = []
        self._link = (command.value("dev") if command else None) or ""

    def dump(self, kind: str, elements: Sequence[Element]) -> Dump:
        known, cited = [], []
        for row, begin, end in elements:
            seen = self._text.cite(row, begin, end, self._text.find(_KEY_LINE[kind], begin, end))
            if rows.kind_of(row) == kind:
                known.append((row, begin, end))
                cited.append(seen)
            else:
                self._unread.append(seen)
        if kind == "address":
            facts = self._links_and_addresses(known, cited)
        else:
            facts = self._rows(kind, [row for row, _, _ in known], cited)
        partial = None
        if kind == "address" and cited and not any(row.get("ifname") == "lo" for row, _, _ in known):
            partial = Partial(NO_LOOPBACK, cited[0])
        elif kind == "rule":
            partial = part_of_rules(facts["policy-rules"])
        return Dump(facts, tuple(self._unread), partial=partial)

    def _keep(self, row: _T | None, seen: Seen) -> Iterator[_T]:
        if row is None:
            self._unread.append(seen)
        else:
            yield row

    def _rows(self, kind: str, objects: Sequence[Any], cited: Sequence[Seen]) -> dict[str, Sequence[Any]]:
        each, command, link = list(zip(objects, cited, strict=True)), self._command, self._link
        if kind == "route":
            family = command.family if command else None
            routes = [r for row, seen in each for r in self._keep(rows.route_row(row, seen, family, link), seen)]
            return dict(sort_by_table(routes, command))
        if kind == "rule":
            rules = [r for row, seen in each for r in self._keep(rows.rule_row(row, seen), seen)]
            return {"policy-rules": with_family(rules, command)}
        neighbours = [n for row, seen in each for n in self._keep(rows.neighbour_row(row, seen, link), seen)]
        return {"neighbours": tuple(neighbours)}

    def _links_and_addresses(self, elements: Sequence[Element], cited: Sequence[Seen]) -> dict[str, Sequence[Any]]:
        detailed = any("linkinfo" in row or "promiscuity" in row for row, _, _ in elements)
        links: list[Link] = []
        addresses: list[Address] = []
        for (row, begin, end), seen in zip(elements, cited, strict=True):
            if "flags" in row:  # -br tells no flags: addresses, but no links
                links.extend(self._keep(links_of.link_row(row, seen, detailed=detailed), seen))
            infos, after = row.get("addr_info"), self._text.find("addr_info", begin, end) or begin
            for info in infos if isinstance(infos, list) else ():
                if info == {}:
                    continue
                at = self._text.find("local", after, end)
                after = end if at is None else at + 1
                line = self._text.cite(info, begin, end, at)
                addresses.extend(self._keep(links_of.address_row(info, text(row.get("ifname")), line), line))
        facts: dict[str, Sequence[Any]] = {"links": tuple(links)} if links else {}
        asked = self._command.object if self._command else ""
        if asked == "address" or any("addr_info" in row for row, _, _ in elements):
            facts["addresses"] = tuple(addresses)
        return facts
