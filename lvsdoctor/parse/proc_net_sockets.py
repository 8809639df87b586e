"""/proc/net/tcp, tcp6, udp and udp6: addresses and ports in hexadecimal.

net/ipv4/tcp_ipv4.c: get_tcp4_sock(), net/ipv6/tcp_ipv6.c: get_tcp6_sock(), net/ipv4/udp.c: udp4_format_sock(). The
addresses are printed as the host's own numbers, and no file says in which order its bytes are: an address of
127.0.0.0/8 or ::1 does. No file shows which interface a socket is bound to, or whether it takes IPv6 alone.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import ClassVar

from lvsdoctor.model.address import IP
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.socket import Socket, SocketTable
from lvsdoctor.parse.gaps import NO_BEGINNING
from lvsdoctor.parse.reader import Dump, Reader

_HEADER = re.compile(r"sl +local_address +rem(?P<six>ote)?_address +st +tx_queue\b(?P<more>.*)")
_ROW = re.compile(
    r"\d{1,10}: (?P<ip>[0-9A-F]{8}|[0-9A-F]{32}):(?P<port>[0-9A-F]{4}) "
    r"(?:[0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4} (?P<state>[0-9A-F]{2}) [0-9A-F]{8}:[0-9A-F]{8} [0-9A-F]{2}:[0-9A-F]{8} "
    r"[0-9A-F]{8} +(?P<user>\d{1,10}) +\d+ +\d+ (?P<more>.*)"
)
_LIKE_A_ROW = re.compile(r"\d{1,10}: ")
# Those of a process may be in another network namespace; process 1 is the host's.
_OF_PROCESS = re.compile(r"/proc/(?!1/)\d+/")
_PATH = re.compile(r"(?:.*/)?(tcp|udp)6?")
_STATES = {"tcp": ("0A", "LISTEN"), "udp": ("07", "UNCONN")}  # include/net/tcp_states.h: TCP_LISTEN, TCP_CLOSE
_NAMES = {"little": "big", "big": "little"}


def address(text: str, order: str) -> IP:
    """The address that these digits spell on a host whose byte order is `order`: words of 32 bits each."""
    data = bytes.fromhex(text)
    if order == "little":
        data = b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4))
    return IPv4Address(data) if len(data) == 4 else IPv6Address(data)


def _is_loopback(ip: IP) -> bool:
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return (mapped or ip).is_loopback


class ProcNetSockets(Reader):
    """One of the files, which its header tells from the others. /proc/net/raw has udp's header."""

    name: ClassVar[str] = "proc-net-sockets"

    def __init__(self, order: str = "") -> None:
        self._taken: list[Seen] = []
        self._unread: list[Seen] = []
        self._rows: list[tuple[re.Match[str], Seen]] = []
        self._header: re.Match[str] | None = None
        self._paths: tuple[str, ...] = ()
        self._order = order

    @classmethod
    def starts(cls, text: str) -> bool:
        line = text[:400].strip()
        return bool(_HEADER.match(line) or _ROW.match(line))

    def set_command(self, command: Sequence[str]) -> None:
        self._paths = tuple(word for word in command if word.startswith("/proc/"))

    def feed(self, seen: Seen) -> bool:
        line = seen.text.strip()[:400]
        if header := _HEADER.match(line):
            if self._taken:
                return False  # the next file begins
            self._header = header
        elif row := _ROW.match(line):
            if len(row["ip"]) != self._digits(row):
                return False
            self._rows.append((row, seen))
        elif self._taken and _LIKE_A_ROW.match(line):
            self._unread.append(seen)
        else:
            return False
        self._taken.append(seen)
        return True

    def dump(self) -> Dump:
        protocol = self._protocol()
        if not protocol:
            return Dump({}, tuple(self._taken))
        waiting, state = _STATES[protocol]
        rows = [(row, seen) for row, seen in self._rows if row["state"] == waiting and row["port"] != "0000"]
        family = 6 if self._digits(self._rows[0][0] if self._rows else None) == 32 else 4
        order, certain = self._byte_order()
        sockets = []
        for row, seen in rows:
            ip, other = address(row["ip"], order), address(row["ip"], _NAMES[order])
            socket = Socket(protocol, ip, int(row["port"], 16), seen, family, state=state, user=int(row["user"]))
            sockets.append(socket if certain or ip == other else replace(socket, other_order=other))
        partial = None if self._header else Partial(NO_BEGINNING, self._taken[0])
        table = SocketTable(tuple(sockets), frozenset({(protocol, family)}))
        return Dump({"sockets": (table,)}, tuple(self._unread), partial=partial)

    def _digits(self, row: re.Match[str] | None) -> int:
        """How many digits an address has here: as the header says, or as the first row has them."""
        if self._header is not None:
            return 32 if self._header["six"] else 8
        first = self._rows[0][0] if self._rows else row
        return 8 if first is None else len(first["ip"])

    def _protocol(self) -> str:
        """What the file lists, "" where that is not certain."""
        if not self._taken or any(map(_OF_PROCESS.match, self._paths)):
            return ""
        if self._header is None:
            # A row of tcp that listens ends in its timers; udp's and raw's in a number of drops.
            return "tcp" if any(row["state"] == "0A" for row, _ in self._rows) else ""
        if "drops" not in self._header["more"]:
            return "tcp"
        named = {match[1] if (match := _PATH.fullmatch(path)) else "" for path in self._paths}
        if "udp" in named and "" not in named:
            return "udp"
        # The port of a raw socket is its protocol.
        return "udp" if any(int(row["port"], 16) > 255 for row, _ in self._rows) else ""

    def _byte_order(self) -> tuple[str, bool]:
        """The order, and whether it is certain: most hosts are little-endian."""
        if self._order:
            return self._order, True
        orders = {
            order
            for row, _ in self._rows
            for order in _NAMES
            if _is_loopback(address(row["ip"], order)) and not _is_loopback(address(row["ip"], _NAMES[order]))
        }
        return (next(iter(orders)), True) if len(orders) == 1 else ("little", False)


def waiting_lines(text: str, protocol: str) -> list[tuple[int, str]]:
    """The numbered lines of a file that may be of sockets that wait, and its header: a busy host has many others."""
    state = f" {_STATES[protocol][0]} "
    lines = enumerate(text.splitlines(), start=1)
    return [(number, line.rstrip()) for number, line in lines if number == 1 or state in line]


def of_this_host(path: str, lines: Iterable[tuple[int, str]]) -> SocketTable | None:
    """The sockets in a file of the running kernel, whose byte order is Python's; None where it was not understood."""
    reader = ProcNetSockets(sys.byteorder)
    reader.set_command(["cat", path])
    if not all(reader.feed(Seen(path, number, line)) for number, line in lines):
        return None
    dump = reader.dump()
    tables: Sequence[SocketTable] = dump.facts.get("sockets", ())
    return None if dump.unread or not tables else tables[0]
