"""The tables that cloud-init prints on a console while a host starts: its interfaces, addresses and routes.

cloudinit/netinfo.py: netdev_pformat(), route_pformat(). They show the host as it was then, so that what is not in them
may have come later. In a log `ci-info: ` stands before each line, and often more before that.
"""

from ipaddress import IPv4Network
from typing import ClassVar

from lvsdoctor.model.address import Address
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.link import Link
from lvsdoctor.model.route import Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iproute.ip_brief import scope_shown, with_secondaries
from lvsdoctor.parse.nettools.route_n import read_row
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_ip, read_link_name, read_mac, read_number

AT_BOOT = "cloud-init printed this while the host started"
_LINE = pattern(r"(?:.{0,80}?ci-info: ?)?(?P<table>[+|].*[+|]|[^|+]{1,60}(?:\|[^|]{0,60}){3,7})\s*")
_TITLE = pattern(r"\++ ?(?:Net device info|Route (?:IPv[46] )?info) ?\++")
_DEVICES = ["Device", "Up", "Address", "Mask", "Scope", "Hw-Address"]
_ROUTES = ["Route", "Destination", "Gateway", "Genmask", "Interface", "Flags"]


class CloudInitTables(Reader):
    """The table of devices, and that of IPv4's routes; that of IPv6's leaves out what decides."""

    name: ClassVar[str] = "cloud-init-tables"
    unread_may_be_rows = False
    has_rules = True

    def __init__(self) -> None:
        self._columns: list[str] = []
        self._first: Seen | None = None
        self._addresses: list[Address] = []
        self._links: dict[str, Link] = {}
        self._routes: list[Route] = []
        self._unread: list[Seen] = []

    @classmethod
    def starts(cls, text: str) -> bool:
        line = _LINE.fullmatch(text[:400])
        return line is not None and _TITLE.fullmatch(line["table"]) is not None

    def feed(self, seen: Seen) -> bool:
        line = _LINE.fullmatch(seen.text)
        if line is None:
            return False
        self._first = self._first or seen
        if line["table"][0] == "+":  # a title, or a rule between rows
            self._columns = [] if _TITLE.fullmatch(line["table"]) else self._columns
            return True
        cells = [cell.strip() for cell in line["table"].strip("|").split("|")]
        if not self._columns:
            self._columns = cells
        elif len(cells) != len(self._columns) or not self._row(dict(zip(self._columns, cells, strict=True)), seen):
            self._unread.append(seen)
        return True

    def _row(self, row: dict[str, str], seen: Seen) -> bool:
        if self._columns == _DEVICES:
            return self._device(row, seen)
        if self._columns != _ROUTES:
            return True
        route = read_row({**row, "Iface": row["Interface"]}, seen)
        self._routes += [route] if route is not None else []
        return route is not None

    def _device(self, row: dict[str, str], seen: Seen) -> bool:
        name = read_link_name(row["Device"])
        if name is None or row["Up"] not in ("True", "False"):
            return False
        mac = read_mac(row["Hw-Address"]) or ""
        flags = frozenset(["LOOPBACK"] * (name == "lo") + ["UP"] * (row["Up"] == "True"))
        kind = "loopback" if name == "lo" else "ether" if mac else ""
        self._links.setdefault(name, Link(name, seen, flags=flags, type=kind, mac=mac))
        if row["Address"] == ".":
            return True
        text, _, length = row["Address"].partition("/")
        ip = read_ip(text)
        prefixlen = read_number(length, most=128) if length else _prefixlen(row["Mask"])
        if ip is None or prefixlen is None or prefixlen > ip.max_prefixlen:
            return False
        address = Address(ip, prefixlen, name, seen)
        self._addresses.append(Address(ip, prefixlen, name, seen, scope=scope_shown(address)))
        return True

    def dump(self) -> Dump:
        facts = {
            "links": tuple(self._links.values()),
            "addresses": tuple(with_secondaries(self._addresses)),
            "routes": tuple(self._routes),
        }
        facts = {fact: rows for fact, rows in facts.items() if rows}
        return Dump(facts, tuple(self._unread), partial=Partial(AT_BOOT, self._first))


def _prefixlen(mask: str) -> int | None:
    try:
        return IPv4Network(f"0.0.0.0/{mask}").prefixlen if mask.count(".") == 3 else None
    except ValueError:
        return None
