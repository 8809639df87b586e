"""`route -6 -n` and `netstat -rn -A inet6`: the routes of IPv6 as net-tools print them, from /proc/net/ipv6_route.

That file has the rows of every table, without a name: local addresses and multicasts are told by their flags, and what
is left is taken for table main.
"""

from ipaddress import IPv6Network, ip_network
from typing import ClassVar

from lvsdoctor.model.route import NextHop, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_ip, read_link_name, read_number

_TITLE = "Kernel IPv6 routing table"
_HEADER = pattern(r"Destination +Next Hop +Flags? +Met(?:ric)? +Ref? +Use +I(?:f|face)\s*")
_ROW = pattern(
    r"(?P<dst>\[?[0-9a-fA-F:.]{2,45}\]?)/(?P<length>\d{1,3}) +(?P<hop>\[?[0-9a-fA-F:.]{2,45}\]?)"
    r" +(?P<flags>[UGHDMRACILnea!]{1,12}) +(?P<metric>-?\d{1,10}) +\d{1,10} +\d{1,10} +(?P<link>\S{1,20})"
)
_MULTICAST = IPv6Network("ff00::/8")


class Route6(Reader):
    """Rows of table local are taken and not kept: whether such an address is local or anycast is not shown."""

    name: ClassVar[str] = "route-6"
    programs: ClassVar[tuple[str, ...]] = ("route", "netstat")

    def __init__(self) -> None:
        self._headed = self._begun = False
        self._routes: list[Route] = []
        self._unread: list[Seen] = []

    @classmethod
    def starts(cls, text: str) -> bool:
        line = text[:200].strip()
        return line == _TITLE or _HEADER.fullmatch(line) is not None

    def feed(self, seen: Seen) -> bool:
        line = seen.text.strip()[:400]
        if self.starts(line):
            self._headed = self._headed or line != _TITLE
            return not self._begun  # a second table is a second dump
        row = _ROW.fullmatch(line)
        if not self._headed or row is None:
            return False
        self._begun = True
        dst, hop = read_ip(row["dst"].strip("[]")), read_ip(row["hop"].strip("[]"))
        length, link = read_number(row["length"], most=128), read_link_name(row["link"])
        metric = read_number(row["metric"], most=2**32 - 1)
        flags = row["flags"]
        if dst is None or hop is None or dst.version != 6 or hop.version != 6 or length is None or link is None:
            self._unread.append(seen)
        elif "n" not in flags and dst not in _MULTICAST and metric is not None:
            rejected = "!" in flags
            gateway = None if rejected or hop.is_unspecified else hop
            self._routes.append(
                Route(
                    ip_network((dst, length), strict=False),
                    seen,
                    type="unreachable" if rejected else "unicast",
                    nexthops=() if rejected else (NextHop(link, gateway),),
                    metric=metric,
                )
            )
        return True

    def dump(self) -> Dump:
        return Dump({"routes": tuple(self._routes)} if self._headed and self._begun else {}, tuple(self._unread))
