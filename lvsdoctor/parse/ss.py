"""`ss -lntup` and its other forms: of iproute2 since 2.6, with the header or without, with Netid or without.

`ss` has written the wildcard address in three ways. Until 4.12 `*:80` is IPv4's and `:::80` (or `[::]:80`) IPv6's; 4.13
has `*:80` for both; since 4.14 `*:80` takes both families, `[::]:80` only IPv6, and IPv4's is 0.0.0.0:80 (misc/ss.c:
inet_addr_print()). The columns of the peers tell them apart.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.socket import Socket
from lvsdoctor.parse.gaps import narrowed
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.sockets import (
    BOTH,
    READ,
    V4_ANY,
    V6_ANY,
    WAITING,
    Selection,
    listed,
    read_host,
    read_port,
    switches,
)
from lvsdoctor.parse.words import read_link_name

_LONG = {
    "listening": "l", "all": "a", "tcp": "t", "udp": "u", "sctp": "S", "ipv4": "4", "ipv6": "6", "numeric": "n",
    "processes": "p", "extended": "e", "no-header": "H", "family": "f", "query": "A", "socket": "A", "diag": "D",
    "filter": "F", "net": "N", "unix": "x", "raw": "w", "dccp": "d", "mptcp": "M", "oneline": "O", "memory": "m",
    "info": "i", "options": "o", "resolve": "r", "context": "Z", "contexts": "z", "packet": "0", "summary": "s",
}  # fmt: skip
_VALUED = "fADFN"
_OF_LETTER = {"t": "tcp", "u": "udp", "S": "sctp", "x": "unix", "w": "raw", "d": "dccp", "M": "mptcp", "0": "packet"}
_QUERIES = {"inet": ("tcp", "udp", "sctp"), "all": ("tcp", "udp", "sctp"), "tcp": ("tcp",), "udp": ("udp",),
            "sctp": ("sctp",)}  # fmt: skip
_HEADER = re.compile(r"(?:Netid +)?State +Recv-Q +Send-Q\b")
_STATES = frozenset(
    "LISTEN UNCONN ESTAB SYN-SENT SYN-RECV FIN-WAIT-1 FIN-WAIT-2 TIME-WAIT CLOSE-WAIT LAST-ACK CLOSING CLOSED UNKNOWN"
    " NEW-SYN-RECV BOUND-INACTIVE".split()
)
_NETID = re.compile(r"[a-z][a-z0-9_]{1,7}|\?\?\?")
# What belongs to the row above: the processes and the details, where the terminal was too narrow or -i and -m asked.
_CONTINUED = re.compile(r"\s+\S|users:\(\(|Process *$|Peer Address:Port")
_PROCESS = re.compile(r"users:\(\(\"([^\"]{1,64})\"")
_V6ONLY = re.compile(r"\bv6only:([01])\b")


@dataclass(slots=True)
class _Row:
    """A row of tcp, udp, sctp or of no protocol that it names; `host` is the local address, not read yet."""

    netid: str
    state: str
    host: str
    link: str
    port: int | None
    peer: str
    seen: Seen
    process: str = ""
    v6only: bool | None = None


def read_row(text: str, seen: Seen) -> _Row | None:
    """The columns of a row; None for another line, and for one that is cut off."""
    words = text.split(maxsplit=6)
    netid = words.pop(0) if words and words[0] in READ else ""
    if len(words) < 5 or words[0] not in _STATES or not (words[1].isdigit() and words[2].isdigit()):
        return None
    local, peer, more = words[3], words[4], " ".join(words[5:])
    host, colon, word = local.rpartition(":")
    peer_host, _, peer_port = peer.rpartition(":")
    port_is_one, port = read_port(word)
    if not colon or not host or not peer_host or not (port_is_one or word == "*"):
        return None
    if words[0] in ("LISTEN", "UNCONN") and peer_port != "*":
        return None
    host, percent, link = host.partition("%")  # `[fe80::1]%eth0`, `127.0.0.53%lo`
    if percent and read_link_name(link) is None:
        return None
    process, v6only = _PROCESS.search(more), _V6ONLY.search(more)
    row = _Row(netid, "" if word == "*" else words[0], host, link, port, peer_host, seen)
    row.process = process[1] if process else ""
    row.v6only = v6only[1] == "1" if v6only else None
    return row


class Ss(Reader):
    """Sockets that are connected are taken and not kept: a list of nothing else is no list of sockets that listen."""

    name: ClassVar[str] = "ss"
    programs: ClassVar[tuple[str, ...]] = ("ss",)

    def __init__(self) -> None:
        self._taken: list[Seen] = []
        self._unread: list[Seen] = []
        self._rows: list[_Row] = []
        self._headed = False
        self._selection: Selection | None = None

    @classmethod
    def starts(cls, text: str) -> bool:
        line = text[:400].strip()
        if _HEADER.match(line):
            return True
        row = read_row(line, Seen("", None, ""))
        return row is not None and row.state in ("LISTEN", "UNCONN")

    def set_command(self, command: Sequence[str]) -> None:
        self._selection = selection_of(command)
        self._headed = self._headed or (self._selection is not None and _headless(command))

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        asked = selection_of(command)
        return narrowed(command, echo) if asked is not None and asked.narrow else None

    def feed(self, seen: Seen) -> bool:
        line = seen.text.strip()
        if _HEADER.match(line):
            if self._taken:
                return False  # the next list begins
            self._headed = True
        elif row := read_row(line[:2000], seen):
            self._rows.append(row)
        elif not self._taken or not self._takes(line, seen):
            return False
        self._taken.append(seen)
        return True

    def dump(self) -> Dump:
        asked, rows = self._selection, [row for row in self._rows if row.state in ("LISTEN", "UNCONN")]
        protocols = [row.netid or self._only_protocol() for row in rows]
        listing = bool(rows) if asked is None else asked.readable
        if not self._taken or not listing or not all(protocols):
            return Dump({}, tuple(self._taken))
        star = self._star()
        sockets = [
            _socket(row, protocol, star)
            for row, protocol in zip(rows, protocols, strict=True)
            if WAITING.get(protocol) == row.state
        ]
        return listed(sockets, asked, first=self._taken[0], headed=self._headed, unread=self._unread)

    def _takes(self, line: str, seen: Seen) -> bool:
        words = line.split(maxsplit=2)
        if words[0] in READ or words[0] in _STATES:
            self._unread.append(seen)
            return True
        if _CONTINUED.match(seen.text):
            if self._rows and (process := _PROCESS.search(line)):
                self._rows[-1].process = process[1]
            if self._rows and (v6only := _V6ONLY.search(line)):
                self._rows[-1].v6only = v6only[1] == "1"
            return True
        # Sockets of other kinds: nl, u_str, p_raw, icmp6.
        return _NETID.fullmatch(words[0]) is not None and words[1:2] != [] and words[1] in _STATES

    def _only_protocol(self) -> str:
        """The protocol of a list that names none: it has only one. "" where nothing tells which.

        Raw sockets are UNCONN, too, and have their protocol as the port.
        """
        if self._selection is not None and self._selection.protocols is not None:
            return next(iter(self._selection.protocols)) if len(self._selection.protocols) == 1 else ""
        if any(other.state == "LISTEN" for other in self._rows):
            return "tcp"
        return "udp" if any((other.port or 0) > 255 for other in self._rows) else ""

    def _star(self) -> int | None:
        """The family of `*:80`: 4 (until 4.13), 6 (both families, since 4.14), None where no row tells."""
        for row in self._rows:
            if row.host == "0.0.0.0" or row.peer == "0.0.0.0":
                return 6
            if row.host == "::" or row.peer == "::":
                return 4
            address = read_host(row.host)
            if row.peer == "*" and address is not None and address.version == 4:
                return 4
        return None


def _socket(row: _Row, protocol: str, star: int | None) -> Socket:
    """The row as a socket, `*` being of the family `star`."""
    ip = read_host(row.host)
    socket = Socket(protocol, ip, row.port, row.seen, None, row.link, row.v6only, row.state, row.process)
    if row.host == "*":
        if star == 6:
            return replace(socket, ip=V6_ANY, family=6, v6only=False)
        return replace(socket, ip=V4_ANY, family=star)
    if ip is None:
        return socket
    if ip == V6_ANY and star == 6 and row.v6only is None:
        return replace(socket, family=6, v6only=True)
    return replace(socket, family=ip.version)


def _headless(command: Sequence[str]) -> bool:
    """Was the header left out by -H?"""
    return "H" in switches(command[1:], _LONG, _VALUED)[0]


def selection_of(command: Sequence[str]) -> Selection | None:
    """What this command asks `ss` for; None if it does not run `ss`."""
    words = [word for word in command if word != "|"]
    if not words or words[0].rpartition("/")[2] != "ss":
        return None
    letters, filters, values = switches(words[1:], _LONG, _VALUED)
    protocols = {_OF_LETTER[letter] for letter in letters if letter in _OF_LETTER}
    families = {int(letter) for letter in letters if letter in "46"}
    narrow = elsewhere = False
    for letter, value in values:
        if letter == "f":
            families |= {"inet": {4}, "inet6": {6}}.get(value, set())
            narrow = narrow or value not in ("inet", "inet6")
        elif letter == "A":
            for query in value.split(","):
                protocols.update(_QUERIES.get(query, (query,)))
        else:
            narrow, elsewhere = True, elsewhere or letter == "N"
    states = filters[1:2] if filters[:1] == ["state"] else []
    waiting = bool(set("la").intersection(letters)) or bool({"listening", "unconnected", "all"}.intersection(states))
    # `state listening` has no udp.
    listening = states == ["listening"] and len(filters) == 2
    narrow = narrow or (bool(filters) and not (listening and protocols <= {"tcp", "sctp"} and protocols))
    return Selection(
        frozenset(protocols) or None,
        frozenset(families) or BOTH,
        waiting,
        narrow or "?" in letters,
        elsewhere,
    )
