"""`route -n` and `netstat -rn`: table main of IPv4, as net-tools print it."""

from ipaddress import IPv4Network

from lvsdoctor.model.address import IP
from lvsdoctor.model.route import NextHop, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_ip, read_link_name, read_number

_TITLE = ["Kernel", "IP", "routing", "table"]
_COLUMNS = ["Destination", "Gateway", "Genmask", "Flags"]
_FLAGS = frozenset("UGHRDMACI!")


def read_row(row: dict[str, str], seen: Seen) -> Route | None:
    """A route from its columns by name; None for names instead of addresses, and for a row that has no one meaning.

    A blackhole and a throw route look the same here: up, and through the link `*`.
    """
    rejected = "!" in row["Flags"]
    destination = "0.0.0.0" if row["Destination"] == "default" else row["Destination"]
    try:
        dst = IPv4Network(f"{destination}/{row['Genmask']}", strict=False)
    except ValueError:
        return None
    gateway: IP | None = None
    if not rejected and row["Gateway"] not in ("*", "0.0.0.0"):
        gateway = read_ip(row["Gateway"])
        if gateway is None:
            return None
    link = read_link_name(row["Iface"])
    metric = read_number(row.get("Metric", "0"), most=2**32 - 1)
    if metric is None or (not rejected and link in (None, "*", "-")):
        return None
    return Route(
        dst=dst,
        seen=seen,
        type="unreachable" if rejected else "unicast",
        nexthops=() if rejected else (NextHop(link, gateway),),
        scope="link" if gateway is None and not rejected and "G" not in row["Flags"] else "global",
        metric=metric,
    )


class RouteN(Reader):
    """`route -n` (also -ne, -een) and `netstat -rn`: what they print of table main; no other table, no local routes."""

    name = "route-n"
    programs = ("route", "netstat")

    def __init__(self) -> None:
        self._columns: list[str] = []
        self._routes: list[Route] = []
        self._unread: list[Seen] = []

    @classmethod
    def starts(cls, text: str) -> bool:
        words = text.split(maxsplit=12)
        return words == _TITLE or (words[:4] == _COLUMNS and "Iface" in words)

    def feed(self, seen: Seen) -> bool:
        words = seen.text.split(maxsplit=20)
        if self.starts(seen.text):
            if words != _TITLE:
                self._columns = words
            return not self._routes  # a second table is a second dump
        if not self._columns or len(words) != len(self._columns):
            return False
        row = dict(zip(self._columns, words, strict=True))
        if not set(row["Flags"]) <= _FLAGS or not row["Genmask"][:1].isdigit():
            return False
        route = read_row(row, seen)
        if route is None:
            self._unread.append(seen)
        else:
            self._routes.append(route)
        return True

    def dump(self) -> Dump:
        return Dump({"routes": tuple(self._routes)} if self._columns else {}, tuple(self._unread))
