"""The connection table of IPVS: `ipvsadm -Lc`, with or without -n, and /proc/net/ip_vs_conn, which it reads.

ipvsadm.c: print_conn() pads its columns and cuts none, so a row has six words whatever their widths, and two more with
--persistent-conn (the persistence engine and its data). ip_vs_conn.c: ip_vs_conn_seq_show() has a column for each port.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address
from typing import ClassVar

from lvsdoctor.model.connection import Connection, Endpoint
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.endpoint import endpoint
from lvsdoctor.parse.gaps import NO_BEGINNING, narrowed
from lvsdoctor.parse.ipvs.ipvs_listing import plain
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_ip, read_number

# net/netfilter/ipvs/ip_vs_proto.c: ip_vs_proto_name()
PROTOCOLS = frozenset({"TCP", "UDP", "SCTP", "IP", "AH", "ESP", "ICMP", "ICMPv6"})
_TITLE = "IPVS connection entries"
_EXPIRES = re.compile(r"(\d{2,6}):([0-5]\d)")
_STATE = re.compile(r"[A-Z][A-Z0-9_-]{0,15}!?")
_HEX = re.compile(r"[0-9A-Fa-f]+")
# What is left of an endpoint where a terminal broke the line within it, at its right edge.
_REMNANT = re.compile(r"[0-9a-f.:\]]{1,21}")
_EDGE = 72


class IpvsConnections(Reader):
    """A row that a mail client wrapped is put together again where its columns can be nothing else."""

    name: ClassVar[str] = "ipvsadm-connections"
    programs: ClassVar[tuple[str, ...]] = ("ipvsadm",)

    def __init__(self) -> None:
        self._rows: list[Connection] = []
        self._unread: list[Seen] = []
        self._open: tuple[Seen, list[str]] | None = None  # a row that lacks its last columns
        self._last: Seen | None = None  # the row above, where it was whole
        self._headed = False
        self._first: Seen | None = None

    @classmethod
    def starts(cls, text: str) -> bool:
        words = plain(text[:400]).split()
        return plain(text[:60]) == _TITLE or words[:3] == ["pro", "expire", "state"] or _begins_row(words)

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        return narrowed(command, echo) if {"-t", "-u", "-f"}.intersection(command) else None

    def feed(self, seen: Seen) -> bool:
        line = plain(seen.text)
        words = line.split()
        self._first = self._first or seen
        if line == _TITLE or words[:3] == ["pro", "expire", "state"]:
            if self._rows or self._unread or (line == _TITLE and self._headed):
                return False  # the next list begins
            self._headed = True
            return True
        if _begins_row(words):
            self._close()
            self._take(seen, words)
            return True
        return self._continue(seen, words)

    def _take(self, seen: Seen, words: list[str]) -> None:
        row = _row(seen, words)
        if row is not None:
            self._rows.append(row)
            self._last = seen
        elif len(words) < 6:
            self._open = seen, words
        else:
            self._unread.append(seen)

    def _continue(self, seen: Seen, words: list[str]) -> bool:
        """A line that begins as no row does: the columns that are lacking above, or what a terminal cut off there."""
        if self._open is not None:
            first, above = self._open
            near = (seen.line or 0) - (first.line or 0) in (1, 2)
            if near and len(above) + len(words) <= 6 and all(endpoint(word) and ":" in word for word in words[-2:]):
                self._open = None
                self._take(first, above + words)
                return True
            self._close()
            return False
        last, self._last = self._last, None
        below = last is not None and seen.line == (last.line or 0) + 1 and len(last.text) >= _EDGE
        if last is None or not below or len(words) != 1 or _REMNANT.fullmatch(words[0]) is None:
            return False
        del self._rows[-1]
        self._unread += [last, seen]
        return True

    def _close(self) -> None:
        if self._open is not None:
            self._unread.append(self._open[0])
        self._open = self._last = None

    def gap(self) -> None:
        self._close()

    def dump(self) -> Dump:
        self._close()
        if not self._rows and not self._headed:
            return Dump(unread=tuple(self._unread))
        partial = None if self._headed else Partial(NO_BEGINNING, self._first)
        return Dump({"connections": tuple(self._rows)}, tuple(self._unread), partial=partial)


class ProcIpVsConn(Reader):
    """/proc/net/ip_vs_conn, and ip_vs_conn_sync, which tells the origin of an entry before its time."""

    name: ClassVar[str] = "proc-net-ip_vs_conn"

    def __init__(self) -> None:
        self._rows: list[Connection] = []
        self._unread: list[Seen] = []
        self._columns = 0

    @classmethod
    def starts(cls, text: str) -> bool:
        return text.split()[:4] == ["Pro", "FromIP", "FPrt", "ToIP"]

    def feed(self, seen: Seen) -> bool:
        words = seen.text.split()
        if self.starts(seen.text):
            if self._columns:
                return False
            self._columns = words.index("Expires") if "Expires" in words else 8
            return True
        if words[0] not in PROTOCOLS or len(words) < 3 or _HEX.fullmatch(words[2]) is None:
            return False
        row = self._row(seen, words)
        if row is None:
            self._unread.append(seen)
        else:
            self._rows.append(row)
        return True

    def _row(self, seen: Seen, words: list[str]) -> Connection | None:
        expires = read_number(words[self._columns]) if len(words) > self._columns else None
        ends = [_hexadecimal(words[at], words[at + 1]) for at in (1, 3, 5)] if len(words) > 7 else []
        if expires is None or len(ends) != 3 or _STATE.fullmatch(words[7]) is None:
            return None
        client, virtual, destination = ends
        if client is None or virtual is None or destination is None:
            return None
        return Connection(words[0].lower(), expires, words[7], client, virtual, destination, seen)

    def dump(self) -> Dump:
        return Dump({"connections": tuple(self._rows)}, tuple(self._unread))


def _begins_row(words: Sequence[str]) -> bool:
    if len(words) < 3 or words[0] not in PROTOCOLS:
        return False
    return _EXPIRES.fullmatch(words[1]) is not None and _STATE.fullmatch(words[2]) is not None


def _row(seen: Seen, words: Sequence[str]) -> Connection | None:
    """Six words, and what a persistence engine adds. An endpoint without a port was cut off."""
    time = _EXPIRES.fullmatch(words[1])
    ends = [endpoint(word) if ":" in word.rpartition("]")[2] else None for word in words[3:6]]
    if time is None or len(ends) != 3:
        return None
    client, virtual, destination = ends
    if client is None or virtual is None or destination is None:
        return None
    expires = int(time[1]) * 60 + int(time[2])
    return Connection(words[0].lower(), expires, words[2], client, virtual, destination, seen)


def _hexadecimal(address: str, port: str) -> Endpoint | None:
    """`C000020A 0050`, or `2001:0db8:...` with its eight groups (%pI6)."""
    if _HEX.fullmatch(port) is None or len(port) != 4:
        return None
    ip = IPv4Address(int(address, 16)) if len(address) == 8 and _HEX.fullmatch(address) else read_ip(address)
    return Endpoint(ip, int(port, 16)) if ip is not None else None
