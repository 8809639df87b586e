"""The counters of the network stack: `nstat`, and `netstat -s`, which has sentences for some of them.

nstat(8) shows what was counted since its last run; with -a all since the boot, with -s it changes nothing.
"""

import re
from collections.abc import Sequence
from typing import ClassVar

from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.net_counter import NetCounter
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import narrowed
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_number

_GROUPS = "Ip Ip6 Icmp Icmp6 IcmpMsg Icmp6MSG Tcp Udp Udp6 UdpLite UdpLite6 TcpExt IpExt Ip6Ext MPTcpExt Sctp".split()
_NSTAT = re.compile(rf"(?P<name>(?:{'|'.join(_GROUPS)})[A-Z0-9]\w{{1,60}}) +(?P<value>\d{{1,20}}) +[\d.]+")
_GROUP = re.compile(rf"({'|'.join(_GROUPS)}):")
_NAMED = re.compile(r"(?P<name>[A-Z][A-Za-z0-9]{1,60}): (?P<value>\d{1,20})")
_SENTENCE = re.compile(r"(?P<value>\d{1,20}) (?P<words>[A-Za-z].{0,120})")
# net-tools, statistics.c: Iptab[], Tcpexttab[]
_SENTENCES = {
    "with invalid addresses": "IpInAddrErrors", "forwarded": "IpForwDatagrams",
    "dropped because of missing route": "IpOutNoRoutes", "outgoing packets dropped": "IpOutDiscards",
    "incoming packets discarded": "IpInDiscards", "fragments failed": "IpFragFails",
    "times the listen queue of a socket overflowed": "TcpExtListenOverflows",
    "SYNs to LISTEN sockets dropped": "TcpExtListenDrops", "SYNs to LISTEN sockets ignored": "TcpExtListenDrops",
    "SYN cookies sent": "TcpExtSyncookiesSent",
}  # fmt: skip


class Nstat(Reader):
    """`nstat`: a name, a number, and the rate, which is not kept."""

    name: ClassVar[str] = "nstat"
    programs: ClassVar[tuple[str, ...]] = ("nstat",)

    def __init__(self) -> None:
        self._rows: list[NetCounter] = []
        self._since_last = False
        self._headed = False

    @classmethod
    def starts(cls, text: str) -> bool:
        return text.strip() == "#kernel" or _NSTAT.fullmatch(text.strip()[:120]) is not None

    def set_command(self, command: Sequence[str]) -> None:
        options = "".join(word for word in command[1:] if word.startswith("-"))
        self._since_last = command[:1] == ("nstat",) and "a" not in options

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        """Without -z it leaves out what is 0; a pattern asks for some."""
        whole = "z" in "".join(word for word in command[1:] if word.startswith("-")) and command[-1].startswith("-")
        return None if command[0] != "nstat" or whole else narrowed(command, echo)

    def feed(self, seen: Seen) -> bool:
        text = seen.text.strip()
        if text == "#kernel":
            first, self._headed = not (self._headed or self._rows), True
            return first
        match = _NSTAT.fullmatch(text[:120])
        value = read_number(match["value"]) if match is not None else None
        if match is None or value is None:
            return False
        self._rows.append(NetCounter(match["name"], value, seen, self._since_last))
        return True

    def dump(self) -> Dump:
        return Dump({"net-counters": tuple(self._rows)} if self._rows else {})


class NetstatS(Reader):
    """`netstat -s`. Of its sentences those are kept that the model has a name for."""

    name: ClassVar[str] = "netstat-s"
    programs: ClassVar[tuple[str, ...]] = ("netstat",)

    def __init__(self) -> None:
        self._rows: list[NetCounter] = []
        self._group = ""
        self._seen: set[str] = set()

    @classmethod
    def starts(cls, text: str) -> bool:
        return _GROUP.fullmatch(text.rstrip()) is not None

    def feed(self, seen: Seen) -> bool:
        if group := _GROUP.fullmatch(seen.text.rstrip()):
            if group[1] in self._seen:
                return False  # the next dump begins
            self._group = group[1]
            self._seen.add(self._group)
            return True
        text = seen.text.strip()
        if not seen.text[:1].isspace() or not (text.endswith(":") or re.search(r"\d", text)):
            return False
        if match := _NAMED.fullmatch(text):
            name: str | None = f"{self._group}{match['name']}"
        elif match := _SENTENCE.fullmatch(text):
            name = _SENTENCES.get(match["words"])
        else:
            return True
        value = read_number(match["value"])
        if name is not None and value is not None and name.startswith(self._group):
            self._rows.append(NetCounter(name, value, seen))
        return True

    def dump(self) -> Dump:
        return Dump({"net-counters": tuple(self._rows)})
