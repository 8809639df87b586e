"""Packet filters that are restored at boot: rules.v4, /etc/sysconfig/iptables, nftables.conf, arptables.conf.

They are written in the words of iptables-save and `nft list ruleset`, so the readers of these dumps take them. The
file's name alone tells that it is no dump of what runs. What nft alone has, `define`, is replaced as nft does.
"""

import re
from dataclasses import replace
from typing import ClassVar

from lvsdoctor.model.coverage import Origin, Partial
from lvsdoctor.model.packet_filter import FilterTable
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.config.network import numbered, set_aside
from lvsdoctor.parse.config.nft_definitions import Definitions
from lvsdoctor.parse.gaps import UNREAD
from lvsdoctor.parse.iptables.arptables import Arptables
from lvsdoctor.parse.iptables.iptables import Iptables
from lvsdoctor.parse.nft.nft import Nft
from lvsdoctor.parse.nft.nft_tables import DraftChain, DraftSet
from lvsdoctor.parse.reader import Dump, Reader

NFT = re.compile(r"(?:^|/)(?:[\w.-]+[_.-])?nftables\.conf$|etc/nftables(?:\.d)?/|sysconfig/nftables\.conf$|\.nft$")
ARP = re.compile(r"(?:^|[/_.-])arptables\.(?:conf|rules)$|sysconfig/arptables$|etc/arptables/")
IP6 = re.compile(
    r"(?:^|[/_.-])rules\.v6$|sysconfig/ip6tables$|(?:^|[/_.-])ip6tables\.(?:rules|conf)$|etc/iptables/\w*6\w*\."
)
IP4 = re.compile(
    r"(?:^|[/_.-])rules\.v4$|sysconfig/iptables$|(?:^|[/_.-])iptables\.(?:rules|conf|up\.rules)$|etc/iptables/[^/]+$"
)
_COMMENT = re.compile(r'\s#[^"]*$')
_POLICY = re.compile(r"policy (?P<policy>accept|drop)")
# What nft reads and does not print; such a text is a file of that kind under any name.
_SCRIPT = re.compile(r"\A(?:#!\s*\S*/nft\b|(?:\s*(?:#[^\n]*)?\n)*flush ruleset\s*;?\s*$)", re.MULTILINE)
_HARMLESS = re.compile(r"#|flush (?:ruleset|table )|delete table |destroy table |add table ")


class SavedIptables(Iptables):
    """What iptables-restore reads."""

    of_file: ClassVar[bool] = True


class SavedNft(Nft):
    """What `nft -f` reads, as far as it looks like a listing; the rest leaves its chain, or all of it, not whole."""

    of_file: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self.ignored: list[Seen] = []
        self._definitions = Definitions()
        self._defined: dict[Seen, tuple[Seen, ...]] = {}  # the lines that define words of a rule

    def _take(self, seen: Seen, line: str) -> bool:
        if not self._open:
            self._definitions.leave()
        if not self._pending and self._definitions.take(seen, _COMMENT.sub("", line), inside=self._open):
            self._file = True
            return True
        return super()._take(seen, line)

    def _of_file(self, seen: Seen, line: str) -> bool:
        # A table that is flushed first is made by what follows, as in all of these files.
        if _HARMLESS.match(line) is None or line.endswith("{"):
            self.ignored.append(seen)
        return True

    def _in_chain(self, chain: DraftChain, seen: Seen, line: str, handle: int | None) -> None:
        line = _COMMENT.sub("", line).rstrip()
        if not line.startswith("type "):
            line = line.removesuffix(";")
        if match := _POLICY.fullmatch(line):
            chain.policy, chain.seen = match["policy"], seen
            return
        line, self._defined[seen] = self._definitions.replaced(line)
        super()._in_chain(chain, seen, line, handle)

    def _in_set(self, known: DraftSet, line: str) -> None:
        line, _ = self._definitions.replaced(_COMMENT.sub("", line).rstrip().removesuffix(";"))
        super()._in_set(known, line)
        if "$" in line:
            known.elements = None

    def dump(self) -> Dump:
        self.ignored += self._definitions.unread
        dump = super().dump()
        facts = {fact: tuple(map(self._with_definitions, rows)) for fact, rows in dump.facts.items()}
        return replace(dump, facts=facts)

    def _with_definitions(self, table: object) -> object:
        """The table, each rule of which knows the lines that define its words."""
        if not isinstance(table, FilterTable):
            return table
        chains = [
            replace(chain, rules=tuple(replace(rule, defined=self._defined.get(rule.seen, ())) for rule in chain.rules))
            for chain in table.chains
        ]
        return replace(table, chains=tuple(chains))


def _reader(where: str) -> Reader | None:
    path = where.removesuffix(".txt") if where.endswith((".conf.txt", ".nft.txt")) else where
    if NFT.search(path):
        return SavedNft()
    pairs = (
        (ARP, Arptables, "arptables-save"),
        (IP6, SavedIptables, "ip6tables-save"),
        (IP4, SavedIptables, "iptables-save"),
    )
    for pattern, kind, program in pairs:
        if pattern.search(path):
            reader: Reader = kind()
            reader.set_command([program])
            return reader
    return None


def dump_of(text: str, where: str) -> Dump | None:
    """The rules of such a file; None for one that has another name, unless all of it is a script of nft."""
    reader = _reader(where) or (SavedNft() if _SCRIPT.match(text) else None)
    if reader is None:
        return None
    named = _reader(where) is not None
    if (copy := set_aside("iptables", "a saved packet filter", text, where)) is not None:
        return copy
    unread: list[Seen] = []
    for seen in numbered(text, where):
        line = seen.text.strip()
        if line and not line.startswith("#") and not reader.feed(seen):
            unread.append(seen)
    if unread and not named:
        return None  # other dumps may follow
    dump = reader.dump()
    unread += dump.unread
    ignored = reader.ignored if isinstance(reader, SavedNft) else []
    if dump.facts and (unread or ignored):
        dump = reader.damaged(dump, Partial(UNREAD, (unread + ignored)[0]))
    lines = sorted(dict.fromkeys([*unread, *ignored]), key=lambda seen: seen.line or 0)
    return Dump(
        {f"configured-{fact}": rows for fact, rows in dump.facts.items()}, tuple(lines), origin=Origin.CONFIGURED,
        partial=dump.partial or (Partial(UNREAD, lines[0]) if lines and dump.facts else None),
        unread_kinds=dump.unread_kinds,
    )  # fmt: skip
