"""`ipset save` (create and add) and `ipset list`. Entries of types that the model does not look up are not kept."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.ipset import IpSet, IpSetEntry
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.faces import FACES
from lvsdoctor.parse.gaps import NARROWED
from lvsdoctor.parse.iptables.iptables_words import read_addresses, read_ports, read_protocol
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_number

_CREATE = re.compile(r"create (?P<name>\S{1,31}) (?P<kind>(?:hash|bitmap|list):[a-z,]{2,30})(?P<options>(?: .*)?)")
_ADD = re.compile(r"add (?P<name>\S{1,31}) (?P<entry>\S{1,200})(?P<options>(?: .*)?)")
_NAME = re.compile(r"Name: (?P<name>\S{1,31})")
_HEAD = re.compile(
    r"(?P<key>Type|Revision|Header|Size in memory|References|Number of entries|Members):(?: (?P<value>.*))?"
)
_ENTRY = re.compile(
    r"(?P<entry>\S{1,200})(?P<options>(?: (?:timeout|packets|bytes|comment|nomatch|skb\w+|forceadd)\b.*)?)"
)
_KNOWN = frozenset({"hash:ip", "hash:net", "hash:ip,port", "hash:net,port", "bitmap:port", "bitmap:ip"})
_OF_NO_FAMILY = frozenset({"bitmap:port", "list:set", "hash:mac"})
_FACE = FACES["ipset"]


class Ipset(Reader):
    """Sets in the order of the dump."""

    name: ClassVar[str] = "ipset"
    programs: ClassVar[tuple[str, ...]] = ("ipset",)
    unread_may_be_rows = False  # a set knows itself whether all its entries are

    def __init__(self) -> None:
        self._taken: list[Seen] = []
        self._sets: dict[str, _Draft] = {}
        self._last: _Draft | None = None
        self._proved = False

    @classmethod
    def starts(cls, text: str) -> bool:
        line = text[:400].strip()
        return _CREATE.fullmatch(line) is not None or _NAME.fullmatch(line) is not None

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        plain = [word for word in command[1:] if not word.startswith("-") and word != "|"]
        whole = plain in ([], ["save"], ["list"]) and not {"-n", "-name", "-t", "-terse"} & set(command)
        return None if whole else Partial(NARROWED, echo, {"command": " ".join(command)})

    def feed(self, seen: Seen) -> bool:
        if not self._take(seen, seen.text.strip()):
            return False
        self._taken.append(seen)
        return True

    def _take(self, seen: Seen, line: str) -> bool:
        if match := _CREATE.fullmatch(line):
            self._proved = True
            return self._begin(_Draft(match["name"], seen, match["kind"], match["options"], listed=False))
        if match := _NAME.fullmatch(line):
            return self._begin(_Draft(match["name"], seen))
        if (match := _ADD.fullmatch(line)) and (draft := self._sets.get(match["name"])) is not None:
            return draft.add(match["entry"], match["options"])
        if self._last is None or not self._last.listed:
            return False
        if match := _HEAD.fullmatch(line):
            self._proved = self._proved or match["key"] == "Type"
            return self._last.header(match["key"], match["value"] or "")
        match = _ENTRY.fullmatch(line)
        return match is not None and self._last.below(match["entry"], match["options"])

    def _begin(self, draft: "_Draft") -> bool:
        if draft.name in self._sets:
            return False  # the next dump begins
        self._sets[draft.name] = self._last = draft
        return True

    def dump(self) -> Dump:
        if not self._proved or any(not draft.kind for draft in self._sets.values()):
            return Dump({}, tuple(self._taken))
        sets = tuple(draft.shown() for draft in self._sets.values())
        return Dump({"ipsets": sets}, unread_kinds=(replace(_FACE.unread(self._taken[0]), read=True),))

    def damaged(self, dump: Dump, partial: Partial) -> Dump:
        """Of a dump that lacks lines somewhere no set is known."""
        return replace(dump, facts={"ipsets": tuple(replace(row, entries=None) for row in dump.facts["ipsets"])})


class _Draft:
    """A set that is being read."""

    def __init__(self, name: str, seen: Seen, kind: str = "", options: str = "", *, listed: bool = True) -> None:
        self.name, self.seen, self.kind, self.options, self.listed = name, seen, kind, options, listed
        self._entries: list[IpSetEntry] = []
        self._known = True
        self._count: int | None = None
        self._number = 0
        self._among_entries = not listed

    def header(self, key: str, value: str) -> bool:
        if self._among_entries:
            return False
        match key:
            case "Type":
                self.kind = value
            case "Header":
                self.options = value
            case "Number of entries":
                self._count = read_number(value)
            case "Members":
                self._among_entries = True
        return True

    def below(self, entry: str, options: str) -> bool:
        if not self._among_entries or (self._count is not None and self._number >= self._count):
            return False
        # Of a type that is not looked up any word may be an entry, and so may be what follows the listing.
        if self.kind not in _KNOWN and self._count is None and not re.search(r"[.:,/]", entry):
            return False
        return self.add(entry, options)

    def add(self, entry: str, options: str) -> bool:
        self._number += 1
        if self.kind in _KNOWN:
            entries = self._read(entry, excluded=" nomatch" in options.partition(" comment ")[0])
            if entries is None:
                self._known = False
            else:
                self._entries.append(entries)
        return True

    def _read(self, entry: str, *, excluded: bool) -> IpSetEntry | None:
        first, comma, second = entry.partition(",")
        if self.kind == "bitmap:port":
            ports = read_ports(first, "-")
            return None if ports is None or len(ports) != 1 or comma else IpSetEntry(None, ports[0])
        if (mask := self._option("netmask")) and "/" not in first:
            first = f"{first}/{mask}"
        addresses = read_addresses(first)
        if addresses is None or bool(comma) != self.kind.endswith(",port"):
            return None
        if not comma:
            return IpSetEntry(addresses, excluded=excluded)
        protocol, colon, port = second.partition(":")
        number, ports = read_protocol(protocol) if colon else None, read_ports(port, "-") if port else None
        if number is None or ports is None or len(ports) != 1:
            return IpSetEntry(addresses, None, number, excluded) if number in (1, 58) else None
        return IpSetEntry(addresses, ports[0], number, excluded)

    def _option(self, name: str) -> str:
        words = self.options.split()
        return words[words.index(name) + 1] if name in words[:-1] else ""

    def shown(self) -> IpSet:
        version = 0 if self.kind in _OF_NO_FAMILY else 6 if self._option("family") == "inet6" else 4
        whole = (
            self.kind in _KNOWN
            and self._known
            and (self._count is None or self._count == self._number)
            and self._among_entries
            and not self._option("bitmask")
        )
        entries = tuple(self._entries) if whole else None
        return IpSet(self.name, self.kind, version, self.seen, entries)
