"""`netstat -lntup` and its other forms, of net-tools and of busybox."""

import re
from collections.abc import Sequence
from ipaddress import IPv6Address
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.socket import Socket
from lvsdoctor.parse.gaps import narrowed
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.sockets import BOTH, V4_ANY, V6_ANY, Selection, listed, read_host, read_port, switches

_LONG = {
    "listening": "l", "all": "a", "tcp": "t", "udp": "u", "sctp": "S", "numeric": "n", "program": "p", "programs": "p",
    "extend": "e", "wide": "W", "inet": "4", "inet6": "6", "timers": "o", "verbose": "v", "numeric-ports": "n",
    "numeric-hosts": "n", "numeric-users": "n", "raw": "w", "unix": "x", "udplite": "U", "continuous": "c",
    "protocol": "A", "symbolic": "N", "route": "r", "interfaces": "i", "statistics": "s", "groups": "g",
}  # fmt: skip
_OF_LETTER = {"t": "tcp", "u": "udp", "S": "sctp", "x": "unix", "w": "raw", "U": "udplite"}
_TITLE = re.compile(r"Active (?:Internet|UNIX domain|Bluetooth|X25|IPX|AX\.25|NET/ROM) (?:connections|sockets)\b")
_SERVERS = re.compile(r"\((?:only )?servers\b")
_HEADER = re.compile(r"Proto +Recv-Q +Send-Q +Local Address +Foreign Address\b")
_ROW = re.compile(r"(?P<protocol>tcp|udp|sctp)(?P<six>6?)")
# Sockets of other kinds, and what is said of those whose processes are another user's.
_OTHER = re.compile(
    r"(?:raw6?|icmp6?|udpl6?|unix|unx|l2cap|rfcomm) +|Proto +(?:RefCnt +Flags|Destination)\b"
    r"|\(?(?:Not all processes could be|will not be shown|No info could be read)"
)
_PROCESS = re.compile(r"(?:^|\s)\d{1,10}/(\S{1,64}(?: \S{1,64})?)")
_STATES = frozenset(
    "LISTEN ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK CLOSING"
    " UNKNOWN".split()
)
# net-tools: addr_do_one() of netstat.c gives address and port 22 characters without -W; busybox cuts the 23 of both.
_WIDTH = 23


class Netstat(Reader):
    """The rows of other kinds of sockets are taken and not kept, and those that are connected."""

    name: ClassVar[str] = "netstat"
    programs: ClassVar[tuple[str, ...]] = ("netstat",)

    def __init__(self) -> None:
        self._taken: list[Seen] = []
        self._unread: list[Seen] = []
        self._rows: list[tuple[re.Match[str], list[str], Seen]] = []
        self._headed = self._servers = False
        self._selection: Selection | None = None

    @classmethod
    def starts(cls, text: str) -> bool:
        line = text[:400].strip()
        return bool(_HEADER.match(line) or _TITLE.match(line) or _columns(line))

    def set_command(self, command: Sequence[str]) -> None:
        self._selection = selection_of(command)

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        asked = selection_of(command)
        return narrowed(command, echo) if asked is not None and asked.narrow else None

    def feed(self, seen: Seen) -> bool:
        line = seen.text.strip()[:2000]
        if title := _TITLE.match(line):
            if "Internet" in title[0]:
                if self._taken:
                    return False  # the next list begins
                self._servers = _SERVERS.search(line) is not None
        elif _HEADER.match(line):
            if self._rows:
                return False
            self._headed = True
        elif row := _columns(line):
            self._rows.append((*row, seen))
        elif self._taken and _ROW.match(line):
            self._unread.append(seen)
        elif not self._taken or not _OTHER.match(line):
            return False
        self._taken.append(seen)
        return True

    def dump(self) -> Dump:
        asked = self._selection
        waiting = [row for row in self._rows if _waits(*row[:2])]
        listing = bool(waiting) if asked is None else asked.readable
        if not self._taken or not (self._headed or self._rows) or not (listing or (asked is None and self._servers)):
            return Dump({}, tuple(self._taken))
        wide = any(len(words[3]) > _WIDTH for _, words, _ in self._rows)
        sockets = []
        for protocol, words, seen in waiting:
            socket = _socket(protocol, words, seen, wide=wide)
            if socket is None:
                self._unread.append(seen)
            elif socket.port != 0:
                sockets.append(socket)
        if self._unread:
            self._unread.sort(key=lambda seen: seen.line or 0)
        return listed(sockets, asked, first=self._taken[0], headed=self._headed, unread=self._unread)


def _columns(line: str) -> tuple[re.Match[str], list[str]] | None:
    """The words of a row that is whole as far as the foreign address, behind what names its protocol."""
    words = line.split(maxsplit=6)
    protocol = _ROW.fullmatch(words[0]) if words else None
    if protocol is None or len(words) < 5 or not (words[1].isdigit() and words[2].isdigit()):
        return None
    foreign = words[4].rpartition(":")
    if ":" not in words[3] or not foreign[0] or not foreign[2]:
        return None
    of_tcp = protocol["protocol"] != "udp"
    return (protocol, words) if not of_tcp or (words[5:6] and words[5] in _STATES) else None


def _waits(protocol: re.Match[str], words: list[str]) -> bool:
    """Only udp has no state while it is not connected."""
    if protocol["protocol"] != "udp":
        return words[5] == "LISTEN"
    return words[4].endswith(":*") and words[5:6] != ["ESTABLISHED"]


def _socket(protocol: re.Match[str], words: list[str], seen: Seen, *, wide: bool) -> Socket | None:
    """None for a row that has no one meaning."""
    local = words[3]
    host, _, word = local.rpartition(":")
    known, port = read_port(word)
    if word == "*":
        known, port = True, 0  # bound to nothing
    if not known or not host:
        return None
    six = protocol["six"] == "6" or ":" in host
    process = _PROCESS.search(words[6] if len(words) > 6 else words[5] if len(words) > 5 else "")
    state = "UNCONN" if protocol["protocol"] == "udp" else "LISTEN"
    ip = (V6_ANY if six else V4_ANY) if host == "*" else read_host(host)
    if six and len(local) == _WIDTH and not wide:
        # Cut, or just as long. net-tools, which says tcp6, shortens the address alone.
        ip, port = None, port if protocol["six"] else None
    family = 6 if six else None if ip is None else 4
    if ip is not None and six != (ip.version == 6):
        # An address of IPv4 that a socket of IPv6 holds: net-tools shows no ::ffff: before it.
        ip = IPv6Address(f"::ffff:{ip}")
    name = process[1].strip() if process else ""
    return Socket(protocol["protocol"], ip, port, seen, family, state=state, process=name)


def selection_of(command: Sequence[str]) -> Selection | None:
    """What this command asks netstat for; None if it does not run netstat, or for another table."""
    words = [word for word in command if word != "|"]
    if not words or words[0].rpartition("/")[2] != "netstat":
        return None
    letters, rest, values = switches(words[1:], _LONG, "A")
    if set("risgM").intersection(letters):
        return None
    families = {int(letter) for letter in letters if letter in "46"}
    for _, value in values:
        families |= {family for name in value.split(",") for family in {"inet": (4,), "inet6": (6,)}.get(name, ())}
    protocols = frozenset(_OF_LETTER[letter] for letter in letters if letter in _OF_LETTER)
    waiting = bool(set("la").intersection(letters))
    return Selection(protocols or None, frozenset(families) or BOTH, waiting, bool(rest) or "?" in letters)
