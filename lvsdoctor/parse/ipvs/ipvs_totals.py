"""What all of IPVS has counted: /proc/net/ip_vs_stats, whose numbers are hexadecimal."""

import re
from typing import ClassVar

from lvsdoctor.model.net_counter import NetCounter
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.reader import Dump, Reader

_HEAD = re.compile(r"Total Incoming Outgoing +Incoming +Outgoing")
_COLUMNS = re.compile(r"(?:CPU +)?Conns(?:/s)? +(?:Packets|Pkts/s) +(?:Packets|Pkts/s) +Bytes(?:/s)? +Bytes(?:/s)?")
_ROW = re.compile(r"(?:(?P<cpu>[0-9A-F]{1,4}|~) +)?(?P<numbers>(?:[0-9A-F]{1,16} +){4}[0-9A-F]{1,16})")
_NAMES = ("IpvsConns", "IpvsInPkts", "IpvsOutPkts", "IpvsInBytes", "IpvsOutBytes")


class IpvsTotals(Reader):
    """The row of totals: connections, packets and bytes since the table was made. Rates, and each CPU, are not kept."""

    name: ClassVar[str] = "proc-net-ip_vs_stats"
    programs: ClassVar[tuple[str, ...]] = ("cat",)

    def __init__(self) -> None:
        self._rows: tuple[NetCounter, ...] = ()
        self._head = 0

    @classmethod
    def starts(cls, text: str) -> bool:
        return _HEAD.fullmatch(text.strip()) is not None

    def feed(self, seen: Seen) -> bool:
        text = seen.text.strip()
        if _HEAD.fullmatch(text):
            self._head += 1
            return self._head == 1
        if _COLUMNS.fullmatch(text):
            return True
        row = _ROW.fullmatch(text)
        if row is None:
            return False
        if not self._rows and row["cpu"] in (None, "~"):
            numbers = (int(word, 16) for word in row["numbers"].split())
            self._rows = tuple(NetCounter(name, value, seen) for name, value in zip(_NAMES, numbers, strict=True))
        return True

    def dump(self) -> Dump:
        return Dump({"net-counters": self._rows} if self._rows else {})
