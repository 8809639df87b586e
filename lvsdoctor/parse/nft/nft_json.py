"""`nft -j list ruleset`, on one line or pretty."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import NO_END, UNREAD
from lvsdoctor.parse.json_text import Element, JsonText
from lvsdoctor.parse.json_words import Object, part, text, words
from lvsdoctor.parse.nft.nft import is_configured, part_of_ruleset
from lvsdoctor.parse.nft.nft_items import Note
from lvsdoctor.parse.nft.nft_json_items import elements_of, items_of
from lvsdoctor.parse.nft.nft_tables import FAMILIES, DraftChain, DraftSet, DraftTable, damaged, dump_of
from lvsdoctor.parse.reader import Dump, Reader

_START = re.compile(r"\s*\{\s*(?:\"nftables\"\s*:|$)")
_HEAD = re.compile(r"\s*\{\s*\"nftables\"\s*:\s*\[")
_INSIDE = re.compile(r"\s*(?:[\[\]{}\",:]|-?\d|true|false|null)")
_SEPARATOR = re.compile(r"[\s,]*")
_BESIDE_RULES = frozenset({"metainfo", "counter", "quota", "limit", "flowtable", "ct helper", "ct timeout",
                           "ct expectation", "synproxy", "secmark", "element"})  # fmt: skip
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?$)')


class NftJson(Reader):
    """The objects in the order of the dump; JSON of anything else stays unread as a whole."""

    name: ClassVar[str] = "nft-json"
    programs: ClassVar[tuple[str, ...]] = ("nft",)
    unread_may_be_rows = False  # the tables know themselves whether they are whole

    def __init__(self) -> None:
        self._lines: list[Seen] = []
        self._depth = 0
        self._done = False
        self._command: Sequence[str] = ()

    @classmethod
    def starts(cls, text: str) -> bool:
        return _START.match(text) is not None

    def set_command(self, command: Sequence[str]) -> None:
        if command and command[0].rpartition("/")[2] == "nft":
            self._command = [word for word in command if word != "|"]

    def feed(self, seen: Seen) -> bool:
        second = len(self._lines) == 1 and self._lines[0].text.strip() == "{"
        if self._done or (self._lines and _INSIDE.match(seen.text) is None):
            self._done = True
            return False
        if second and not seen.text.strip().startswith('"nftables"'):
            self._done = True
            return False
        self._lines.append(seen)
        bare = _STRING.sub("", seen.text)
        self._depth += sum(map(bare.count, "[{")) - sum(map(bare.count, "]}"))
        self._done = self._depth <= 0
        return True

    def dump(self) -> Dump:
        whole = JsonText.of(self._lines)
        head = _HEAD.match(whole.text)
        if head is None or is_configured(self._lines[0].where):
            return Dump({}, whole.lines)
        reading = _Reading(whole)
        partial = reading.read(_Elements(whole, head.end()))
        if not reading.tables and partial is not None:
            return Dump({}, whole.lines)
        asked = part_of_ruleset(self._command, whole.lines[0])
        terse = not {"-t", "--terse"}.isdisjoint(self._command)
        return dump_of(
            list(reading.tables.values()), (), asked or partial, with_elements=bool(self._command) and not terse
        )

    def damaged(self, dump: Dump, partial: Partial) -> Dump:
        return damaged(dump, partial)


class _Elements:
    """The objects of the array, as far as they can be read. `cut` tells where they cannot, `closed` that all were."""

    def __init__(self, whole: JsonText, begin: int) -> None:
        self._whole, self.at = whole, begin
        self.closed = False

    def __iter__(self) -> Iterator[Element]:
        decoder, text = json.JSONDecoder(), self._whole.text
        while True:
            match = _SEPARATOR.match(text, self.at)
            self.at = match.end() if match else self.at
            if text[self.at : self.at + 1] == "]":
                self.closed = text[self.at + 1 :].strip() == "}"
                return
            try:
                element, end = decoder.raw_decode(text, self.at)
            except (ValueError, RecursionError):
                return
            yield element, self.at, end
            self.at = end


class _Reading:
    """Tables that are put together from the objects of a dump."""

    def __init__(self, whole: JsonText) -> None:
        self._whole = whole
        self.tables: dict[tuple[str, str], DraftTable] = {}
        self._odd: Partial | None = None

    def read(self, elements: _Elements) -> Partial | None:
        """Why not everything was read; every table that may lack something knows it then."""
        for element, begin, end in elements:
            seen = self._whole.cite(element, begin, end, None)
            if not (
                isinstance(element, dict) and len(element) == 1 and self._object(*next(iter(element.items())), seen)
            ):
                self._odd = self._odd or Partial(UNREAD, seen)
        partial = self._odd
        if not elements.closed:
            at = min(elements.at, len(self._whole.text) - 1)
            partial = Partial(NO_END, self._whole.line_at(at))
        if partial is not None:
            for table in self.tables.values():
                table.partial = table.partial or partial
                for chain in table.chains.values():
                    chain.partial = chain.partial or partial
        return partial

    def _object(self, kind: str, value: object, seen: Seen) -> bool:
        known = part(value)
        if kind in _BESIDE_RULES:
            return True
        family, name = text(known.get("family")), text(known.get("name"))
        if kind == "table":
            if family not in FAMILIES or not name or (family, name) in self.tables:
                return False
            self.tables[family, name] = self._table(known, DraftTable(family, name, seen), seen)
            return True
        table = self.tables.get((family, text(known.get("table"))))
        if table is None:
            return False
        if kind == "chain":
            return self._chain(table, known, name, seen)
        if kind in ("set", "map"):
            return self._set(table, known, name)
        chain = table.chains.get(text(known.get("chain"))) if kind == "rule" else None
        if chain is None:
            return False
        handle = known.get("handle")
        items = items_of(known.get("expr"))
        if comment := text(known.get("comment")):
            items = (*items, Note(comment))
        chain.rules.append((items, seen, handle if isinstance(handle, int) else None))
        return True

    def _table(self, known: Object, table: DraftTable, seen: Seen) -> DraftTable:
        """nft 1.0.6 spells the flags of a table with its name: of these nothing is known."""
        flags = known.get("flags")
        spelled = words(flags) if isinstance(flags, list) else {text(flags)} - {""}
        table.dormant = "dormant" in spelled
        if spelled - {"dormant", "owner", "persist"}:
            table.partial = Partial(UNREAD, seen)
        return table

    def _chain(self, table: DraftTable, known: Object, name: str, seen: Seen) -> bool:
        if not name or name in table.chains:
            return False
        priority = known.get("prio", 0)
        table.chains[name] = DraftChain(
            name, seen, text(known.get("type")), text(known.get("hook")),
            priority if isinstance(priority, int) else None, text(known.get("policy")), [], table.partial,
        )  # fmt: skip
        return True

    def _set(self, table: DraftTable, known: Object, name: str) -> bool:
        listed, flags = known.get("elem"), known.get("flags")
        drafted = DraftSet(changes="dynamic" in (words(flags) if isinstance(flags, list) else {text(flags)}))
        if listed is not None:
            drafted.elements, drafted.shown = elements_of(listed), True
        table.sets[name] = drafted
        return bool(name)
