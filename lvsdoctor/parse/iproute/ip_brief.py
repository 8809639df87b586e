"""`ip -br addr` and `ip -br link`: a line for each link.

The first shows every address, and no scope or flags; the second no master, which may hear a link's frames.
The state is not the flag UP: a link that is up without a carrier is DOWN.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from lvsdoctor.model.address import LOOPBACK_NETWORK, Address
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.link import Link
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import NO_LOOPBACK
from lvsdoctor.parse.iproute.ip_command import IpCommand, ip_command, part_of
from lvsdoctor.parse.iproute.ip_link import split_name
from lvsdoctor.parse.paste.patterns import pattern
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_ip, read_link_name, read_mac, read_network, read_number

NO_MASTERS = "`ip -br link` does not show which interfaces are ports of others"
_STATES = "UP|DOWN|UNKNOWN|LOWERLAYERDOWN|DORMANT|NOTPRESENT|TESTING"
_ROW = pattern(rf"(?P<name>\S{{1,40}}) +(?P<state>{_STATES})(?: +(?P<rest>\S.*))?")
_LINK = pattern(r"(?P<hardware>\S{1,80}\s+)?<(?P<flags>[A-Z_,-]{1,400})>")
_FIRST_WORD = pattern(r"[0-9A-Fa-f.:]{2,45}(?:/\d{1,3}(?:\s|$)|\s+peer\s)")


class IpBrief(Reader):
    """Addresses are a fact of their own: of links nothing is told but a name."""

    name: ClassVar[str] = "ip-brief"
    programs: ClassVar[tuple[str, ...]] = ("ip",)

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._first: Seen | None = None
        self._addresses: list[Address] = []
        self._links: list[Link] = []
        self._unread: list[Seen] = []
        self._command: IpCommand | None = None

    @classmethod
    def starts(cls, text: str) -> bool:
        row = _ROW.fullmatch(text[:2000].strip())
        if row is None or not row["rest"] or row["state"] not in ("UP", "UNKNOWN", "DOWN"):
            return False
        return bool(_FIRST_WORD.match(row["rest"]) or _LINK.fullmatch(row["rest"]))

    def set_command(self, command: Sequence[str]) -> None:
        self._command = ip_command(command)

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        return part_of(command, echo)

    def feed(self, seen: Seen) -> bool:
        row = _ROW.fullmatch(seen.text.strip())
        if row is None:
            return False
        name, parent = split_name(row["name"])
        if name in self._names:
            return False  # a second dump begins
        rest = row["rest"] or ""
        link = _LINK.fullmatch(rest)
        if self._first is not None and (link is not None) != bool(self._links) and rest:
            return False  # `ip -br link` above `ip -br addr`
        self._first = self._first or seen
        self._names.add(name)
        if read_link_name(name) is None or (parent is not None and read_link_name(parent) is None):
            self._unread.append(seen)
        elif link is not None:
            self._links.append(_link(name, parent, row["state"], link["hardware"] or "", link["flags"], seen))
        elif (addresses := _addresses(rest.split(), name, seen)) is None:
            self._unread.append(seen)
        else:
            self._addresses += addresses
        return True

    def dump(self) -> Dump:
        if self._links:
            partial = None if _no_ports(self._links) else Partial(NO_MASTERS, self._first)
            return Dump({"links": tuple(self._links)}, tuple(self._unread), partial=partial)
        if not self._addresses and (self._command is None or self._command.object != "address"):
            return Dump(unread=tuple(self._unread))
        partial = None if "lo" in self._names else Partial(NO_LOOPBACK, self._first)
        return Dump({"addresses": tuple(with_secondaries(self._addresses))}, tuple(self._unread), partial=partial)


def _no_ports(links: Sequence[Link]) -> bool:
    """Is none of them a port of another? A bond, a VRF and their ports show it by a flag, and a bridge or a team is a
    link with a MAC as its port is: where the host has one such link, nothing is there to be its master."""
    stacked = any(not link.flags.isdisjoint(("MASTER", "SLAVE")) for link in links)
    alone = [link for link in links if link.type not in ("loopback", "unspec") and link.parent is None]
    whole = any(link.type == "loopback" for link in links)
    return whole and not stacked and len(alone) == 1 and len(alone) == sum(link.type != "unspec" for link in links) - 1


def scope_shown(address: Address) -> str:
    """What the kernel makes of an address whose scope is not shown; "" where somebody may have chosen another."""
    ip = address.ip
    if ip.version == 6:
        return "host" if ip.is_loopback else "link" if ip.is_link_local else ""
    return "host" if ip in LOOPBACK_NETWORK else ""


def with_secondaries(addresses: Sequence[Address]) -> list[Address]:
    """With what the kernel made of each: of two in one subnet the later is secondary (__inet_insert_ifa())."""
    first: set[object] = set()
    rows = []
    for address in addresses:
        place = address.link, address.network, address.prefixlen
        second = address.ip.version == 4 and place in first
        rows.append(replace(address, flags=frozenset({"secondary"})) if second else address)
        first.add(place)
    return rows


def _link(name: str, parent: str | None, state: str, hardware: str, flags: str, seen: Seen) -> Link:
    words, mac = frozenset(flags.split(",")) - {""}, read_mac(hardware.strip()) or ""
    type = "loopback" if "LOOPBACK" in words else "ether" if len(mac) == 17 else "infiniband" if mac else "unspec"
    return Link(name, seen, flags=words, state=state, type=type, mac=mac, parent=parent)


def _addresses(words: list[str], link: str, seen: Seen) -> list[Address] | None:
    """`192.0.2.2/24 metric 100 198.51.100.1 peer 198.51.100.2/32`; None where a word is not understood."""
    rows: list[Address] = []
    walk = iter(words)
    for word in walk:
        if word == "metric" and rows and next(walk, "").isdigit():
            continue
        if word == "peer" and rows and (far := read_network(next(walk, ""))) is not None:
            rows[-1] = replace(rows[-1], peer=far, prefixlen=far.prefixlen)
            continue
        text, slash, length = word.partition("/")
        ip = read_ip(text)
        if ip is None:
            return None
        prefixlen = read_number(length, most=ip.max_prefixlen) if slash else ip.max_prefixlen
        if prefixlen is None:
            return None
        row = Address(ip, prefixlen, link, seen)
        rows.append(replace(row, scope=scope_shown(row)))
    return rows
