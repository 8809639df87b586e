"""`nft list ruleset`, with handles and without; of a part of the rule set, a part.

A file that nft reads at boot looks much the same. What such a file has and no listing (comments, definitions, commands)
makes the text one: its lines go to unread, where it is known by its face (parse/faces).
"""

import re
from collections.abc import Sequence
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import NARROWED, NO_END, UNREAD
from lvsdoctor.parse.nft.nft_tables import FAMILIES, PRIORITIES, DraftChain, DraftSet, DraftTable, damaged, dump_of
from lvsdoctor.parse.nft.nft_text import elements_of, items_of
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_number

_HANDLE = re.compile(r"\s*# handle (\d{1,19})$")
_TABLE = re.compile(r"table (?:(?P<family>ip6?|inet|arp|bridge|netdev) )?(?P<name>\S{1,128}) \{")
_CHAIN = re.compile(r"chain (?P<name>\S{1,128}) \{")
_SET = re.compile(r"(?:set|map) (?P<name>\S{1,128}) \{")
_OBJECT = re.compile(r"(?:flowtable|counter|quota|limit|synproxy|secmark|ct helper|ct timeout|ct expectation) \S+ \{")
_BASE = re.compile(
    r"type (?P<type>\w{1,20}) hook (?P<hook>\w{1,20})(?: devices? [^;]{1,4000}?)? priority (?P<priority>[^;]{1,40});"
    r"(?: policy (?P<policy>accept|drop);)?"
)
_PRIORITY = re.compile(r"(?P<name>[a-z]+)(?: (?P<sign>[+-]) (?P<more>\d{1,10}))?|(?P<number>-?\d{1,10})")
_MANAGED = re.compile(r"# Warning: table .* is managed by .*")
# What a file has that nft reads, and no listing.
_OF_FILES = re.compile(r"#|flush |define |include |add |create |delete |destroy |insert |redefine |undefine ")
_CONFIGURED = re.compile(r"nftables\.conf\b|(?:^|/)etc/nftables\b|sysconfig/nftables|nftables\.d/|\.(?:nft|j2)$")
_PART = re.compile(r"list[_ -](?:table|chain|set|map|sets|maps|chains|flowtables?)(?![a-z])")
_TERSE = frozenset({"-t", "--terse"})
_STRING = re.compile(r'"[^"]*"')


def is_configured(path: str) -> bool:
    """Is this a file that is applied at boot?"""
    return _CONFIGURED.search(path) is not None


def part_of_ruleset(words: Sequence[str], seen: Seen) -> Partial | None:
    """Why the output of this command is not the whole rule set; None where it is, or no command is known."""
    plain = [word for word in words[1:] if not word.startswith("-")]
    if not words or plain in ([], ["list", "ruleset"]):
        return None
    return Partial(NARROWED, seen, {"command": " ".join(words)})


class Nft(Reader):
    """Tables in the order of the dump, of all families."""

    name: ClassVar[str] = "nft"
    programs: ClassVar[tuple[str, ...]] = ("nft",)
    unread_may_be_rows = False  # the tables know themselves whether they are whole

    of_file: ClassVar[bool] = False  # what is loaded at boot is read, too

    def __init__(self) -> None:
        self._taken: list[Seen] = []
        self._tables: list[DraftTable] = []
        self._chain: DraftChain | None = None
        self._set: DraftSet | None = None
        self._object = 0  # braces of something that no rule asks for
        self._open = False  # inside a table
        self._pending: list[str] = []  # what began in a line above and has not ended
        self._depth = 0
        self._began: Seen | None = None
        self._command: Sequence[str] = ()
        self._file = False

    @classmethod
    def starts(cls, text: str) -> bool:
        line = text[:400].strip()
        if _TABLE.fullmatch(_HANDLE.sub("", line)) is not None:
            return True
        return re.match(r"#!\S*/nft\b|flush ruleset|add table |define \w+ *=", line) is not None

    def set_command(self, command: Sequence[str]) -> None:
        program = command[0].rpartition("/")[2] if command else ""
        if program == "nft":
            self._command = [word for word in command if word != "|"]
        elif is_configured(" ".join(command)):
            self._file = True

    def feed(self, seen: Seen) -> bool:
        if not self._take(seen, seen.text.strip()):
            return False
        self._taken.append(seen)
        return True

    def _take(self, seen: Seen, line: str) -> bool:
        handle = _HANDLE.search(line)
        number = read_number(handle[1]) if handle else None
        line = line[: handle.start()] if handle else line
        if not self._pending and _MANAGED.fullmatch(line):
            return True
        # `add @set { ... }` is the beginning of a rule.
        writes = self._chain is not None and re.match(r"(?:add|update|delete) @", line) is not None
        begun = self._open or not self._tables or self._file
        if not self._pending and not writes and _OF_FILES.match(line) and begun:
            self._file = True
            return self._of_file(seen, line)
        if not self._open:
            return self._table(seen, line)
        if not self._pending and _TABLE.fullmatch(line):  # the end of the one before is missing
            self._cut(self._taken[-1])
            return self._table(seen, line)
        self._inside(seen, line, number)
        return True

    def _of_file(self, seen: Seen, line: str) -> bool:
        """A line that no listing has. In a listing's reader it has said all with that."""
        return True

    def _table(self, seen: Seen, line: str) -> bool:
        if (match := _TABLE.fullmatch(line)) is None:
            return self._file and line in ("}", "};")
        table = DraftTable(match["family"] or "ip", match["name"], seen)
        again = any((other.family, other.name) == (table.family, table.name) for other in self._tables)
        if again and not self._file:
            return False  # the next dump begins
        self._tables.append(table)
        self._open, self._chain, self._set, self._object = True, None, None, 0
        return True

    def _inside(self, seen: Seen, line: str, handle: int | None) -> None:
        table = self._tables[-1]
        if self._object:
            self._object += _depth(line)
            return
        if self._pending or _depth(line) > 0:
            if not self._pending and (self._heads(table, seen, line)):
                return
            self._gather(seen, line, handle)
            return
        if line == "}":
            if self._chain is None and self._set is None:
                self._open = False
            self._chain = self._set = None
        elif self._chain is not None:
            self._in_chain(self._chain, seen, line, handle)
        elif self._set is not None:
            self._in_set(self._set, line)
        elif line.startswith("flags "):
            table.dormant = "dormant" in line
        elif not line.startswith("comment ") and not _OBJECT.match(line):
            table.partial = table.partial or Partial(UNREAD, seen)

    def _heads(self, table: DraftTable, seen: Seen, line: str) -> bool:
        """Does this line begin a chain, a set or something else that a table has?"""
        if self._chain is not None or self._set is not None:
            return False
        if match := _CHAIN.fullmatch(line):
            self._chain = table.chains.setdefault(match["name"], DraftChain(match["name"], seen))
        elif match := _SET.fullmatch(line):
            self._set = table.sets.setdefault(match["name"], DraftSet())
        elif _OBJECT.match(line):
            self._object = _depth(line)
        else:
            return False
        return True

    def _gather(self, seen: Seen, line: str, handle: int | None) -> None:
        """Lines that belong together: the elements of a set, a chain without a name."""
        if not self._pending:
            self._began, self._depth = seen, 0
        self._pending.append(line)
        self._depth += _depth(line)
        if self._depth > 0:
            return
        whole = " ".join(self._pending)
        self._pending = []
        assert self._began is not None
        if self._chain is not None:
            self._in_chain(self._chain, self._began, whole, handle)
        elif self._set is not None:
            self._in_set(self._set, whole)
        else:
            self._tables[-1].partial = self._tables[-1].partial or Partial(UNREAD, self._began)

    def _in_chain(self, chain: DraftChain, seen: Seen, line: str, handle: int | None) -> None:
        if match := _BASE.fullmatch(line):
            chain.kind, chain.hook, chain.policy = match["type"], match["hook"], match["policy"] or ""
            chain.priority = _priority(match["priority"])
            if match["policy"]:
                chain.seen = seen  # what a policy decides is quoted
            return
        if line.startswith("comment ") or line in ("flags offload", "flags offload;"):
            return
        if line.startswith("type ") or line.endswith(";") or "$" in _STRING.sub("", line):  # as no listing has it
            chain.partial = chain.partial or Partial(UNREAD, seen)
            return
        chain.rules.append((items_of(line), seen, handle))

    def _in_set(self, known: DraftSet, line: str) -> None:
        if line.startswith("elements = "):
            known.elements, known.shown = elements_of(line.removeprefix("elements = ")), True
        elif line.startswith("flags "):
            known.changes = "dynamic" in line

    def _cut(self, seen: Seen) -> None:
        """The end of a table is missing, and with it whatever came behind this line."""
        table, partial = self._tables[-1], Partial(NO_END, seen)
        table.partial = table.partial or partial
        if self._chain is not None:
            self._chain.partial = self._chain.partial or partial
        self._open, self._pending, self._chain, self._set = False, [], None, None

    def dump(self) -> Dump:
        where = self._taken[0].where if self._taken else ""
        if not self._tables or (not self.of_file and (self._file or is_configured(where))):
            return Dump({}, tuple(self._taken))
        if self._open:
            self._cut(self._taken[-1])
        for table in self._tables:
            if table.family not in FAMILIES:
                return Dump({}, tuple(self._taken))
        partial = part_of_ruleset(self._command, self._tables[0].seen)
        if partial is None and not self._command and _PART.search(where):
            partial = Partial(NARROWED, self._tables[0].seen, {"command": "nft list table"})
        whole = self.of_file or (bool(self._command) and _TERSE.isdisjoint(self._command))
        return dump_of(self._tables, (), partial, with_elements=whole)

    def damaged(self, dump: Dump, partial: Partial) -> Dump:
        return damaged(dump, partial)


def _depth(line: str) -> int:
    """How many braces a line opens more than it closes."""
    if '"' in line:
        line = _STRING.sub("", line)
    return line.count("{") - line.count("}")


def _priority(text: str) -> int | None:
    """`filter`, `mangle - 5`, `-150`."""
    match = _PRIORITY.fullmatch(text.strip())
    if match is None:
        return None
    if match["number"]:
        return int(match["number"])
    if (base := PRIORITIES.get(match["name"])) is None:
        return None
    return base + int(f"{match['sign'] or '+'}{match['more'] or 0}")
