"""Dumps that begin as those of iptables and of arptables do: both read along until the dump proves whose it is."""

from collections.abc import Sequence
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iptables.arptables import Arptables
from lvsdoctor.parse.iptables.iptables import Iptables
from lvsdoctor.parse.reader import Dump, Reader


class TableFilters(Reader):
    """`*filter`, `Chain INPUT (policy ACCEPT)`, `-P INPUT ACCEPT`: the words that the programs of Netfilter share."""

    name: ClassVar[str] = "packet-filter"
    programs: ClassVar[tuple[str, ...]] = (*Arptables.programs, *Iptables.programs)

    def __init__(self) -> None:
        self._readers: tuple[Arptables | Iptables, ...] = (Arptables(), Iptables())
        self._taken: list[Seen] = []

    @classmethod
    def starts(cls, text: str) -> bool:
        return Iptables.starts(text) or Arptables.starts(text)

    def set_command(self, command: Sequence[str]) -> None:
        for reader in self._readers:
            reader.set_command(command)

    def feed(self, seen: Seen) -> bool:
        proved = tuple(reader for reader in self._readers if reader.proved)
        readers = tuple(reader for reader in proved or self._readers if reader.feed(seen))
        if not readers:
            return False
        self._readers = readers
        self._taken.append(seen)
        return True

    def dump(self) -> Dump:
        dumps = [reader.dump() for reader in reversed(self._readers)]
        return next((dump for dump in dumps if dump.facts), Dump({}, tuple(self._taken)))

    def damaged(self, dump: Dump, partial: Partial) -> Dump:
        proved = (reader for reader in reversed(self._readers) if reader.proved)
        reader = next(proved, None)
        return dump if reader is None else reader.damaged(dump, partial)  # of neither was a row understood

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        # Of iptables the tables themselves know what was asked for.
        return self._readers[0].asked_for(command, echo) if command[0].startswith("arptables") else None

    @property
    def unread_may_be_rows(self) -> bool:  # type: ignore[override]
        return not isinstance(self._readers[-1], Iptables)
