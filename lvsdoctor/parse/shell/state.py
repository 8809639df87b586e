"""What the commands of a script have made of a host so far."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lvsdoctor.model.address import IP, Address, Network
from lvsdoctor.model.coverage import Origin, Partial
from lvsdoctor.model.link import Link
from lvsdoctor.model.route import PolicyRule, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl_d import ConfiguredFile, ConfiguredLine, is_glob
from lvsdoctor.parse.gaps import UNREAD
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.shell.arp_filter import ArpFilter
from lvsdoctor.parse.shell.filter_tables import FilterTables
from lvsdoctor.parse.shell.ipvs_table import IpvsTable
from lvsdoctor.parse.shell.written_files import WrittenFiles

_ARP_SETTINGS = (".arp_ignore", ".arp_announce")
# How many rows are looked at, all in all: a real script looks at some dozens, and a stranger's must not keep us.
_MOST_WORK = 2_000_000


class Exhausted(Exception):
    """The commands ask for more work than those of any real host."""


@dataclass(slots=True)
class HostState:
    """The rows that are there after the commands so far; what was there before them is not known."""

    addresses: list[Address] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    rules: list[PolicyRule] = field(default_factory=list)
    ipvs: IpvsTable = field(default_factory=IpvsTable)
    filters: FilterTables = field(default_factory=FilterTables)
    arp: ArpFilter = field(default_factory=ArpFilter)
    settings: list[ConfiguredLine] = field(default_factory=list)
    files: dict[str, ConfiguredFile] = field(default_factory=dict)
    dumps: list[Dump] = field(default_factory=list)
    written: WrittenFiles = field(default_factory=WrittenFiles)
    profiles: dict[str, str] = field(default_factory=dict)  # of NetworkManager: the link that each is for
    unread: dict[Seen, None] = field(default_factory=dict)
    _work: int = 0
    order: list[Address | ConfiguredLine] = field(default_factory=list)
    _keys: set[tuple[str, IP, int]] = field(default_factory=set)
    _subnets: set[tuple[str, Network]] = field(default_factory=set)
    _links: dict[str, Link] = field(default_factory=dict)
    _made: set[str] = field(default_factory=set)  # links that commands make or bring up

    def spend(self, rows: int) -> None:
        """Counts the rows that a command looks at."""
        self._work += rows + 1
        if self._work > _MOST_WORK:
            raise Exhausted

    # -- addresses ------------------------------------------------------------------------------------------------

    def add_address(self, address: Address, *, later: bool = False) -> None:
        """Adds it as net/ipv4/devinet.c: __inet_insert_ifa() does: what is there already stays as it is.

        `later`: only when its link comes up the next time, as comes_up() tells.
        """
        key = (address.link, address.ip, address.prefixlen)
        if key in self._keys:
            return
        subnet = (address.link, address.network)
        if address.ip.version == 4 and address.peer is None:
            if subnet in self._subnets:
                address = replace(address, flags=address.flags | {"secondary"})
            self._subnets.add(subnet)
        self._keys.add(key)
        self.addresses.append(address)
        if not later:
            self.order.append(address)

    def comes_up(self, link: str) -> None:
        """The link comes up (again): what was added for later is there now."""
        self.spend(len(self.addresses) + len(self.order))
        there = {id(row) for row in self.order}
        self.order += [row for row in self.addresses if row.link == link and id(row) not in there]

    def remove_addresses(self, test: Callable[[Address], bool]) -> None:
        self.spend(len(self.addresses) + len(self.order))
        gone = {id(address) for address in self.addresses if test(address)}
        if gone:
            self.addresses = [address for address in self.addresses if id(address) not in gone]
            self.order = [row for row in self.order if id(row) not in gone]
            self._keys = {(address.link, address.ip, address.prefixlen) for address in self.addresses}
            self._subnets = {(address.link, address.network) for address in self.addresses if address.ip.version == 4}

    def follow(self, line: ConfiguredLine) -> None:
        """A setting that another program makes, and keeps in a file: it has its place in the order alone."""
        self.order.append(line)

    def with_label(self, label: str) -> Address | None:
        self.spend(len(self.addresses))
        return next((address for address in self.addresses if address.label == label), None)

    # -- links ----------------------------------------------------------------------------------------------------

    def link(self, name: str, seen: Seen) -> Link:
        return self._links.get(name) or new_link(name, seen)

    def make_link(self, link: Link) -> None:
        self._links[link.name] = link
        self._made.add(link.name)

    def note_link(self, link: Link) -> None:
        """Keep what is set on a link, of which nothing tells whether it is up."""
        self._links[link.name] = link

    def bring_up(self, name: str, seen: Seen) -> None:
        link = self.link(name, seen)
        if name in self._made and link.up:
            return
        self.make_link(replace(link, flags=link.flags | {"UP"}, seen=seen))

    def bring_down(self, name: str) -> None:
        if (link := self._links.get(name)) is not None:
            self._links[name] = replace(link, flags=link.flags - {"UP"})
            if link.kind is None:
                self._made.discard(name)

    def remove_link(self, name: str) -> None:
        self._links.pop(name, None)
        self._made.discard(name)
        self.remove_addresses(lambda address: address.link == name)
        self.routes = [route for route in self.routes if name not in route.links]

    # -- settings -------------------------------------------------------------------------------------------------

    def set(self, line: ConfiguredLine) -> None:
        """A write into /proc/sys. One by a glob comes after those before it, which a file's glob would not."""
        lines = [line]
        self.spend(len(self.settings) * 10 if line.is_glob else 0)
        if line.is_glob:
            keys = {known.key for known in self.settings if not known.is_glob and line.matches(known.key)}
            lines += [replace(line, key=key) for key in sorted(keys)]
        self.settings += lines
        if line.key.endswith(_ARP_SETTINGS):
            self.order += [row for row in lines if row is line or not is_glob(row.key)]

    # -- what comes of it -----------------------------------------------------------------------------------------

    def note(self, seen: Seen) -> None:
        self.unread[seen] = None

    def dump(self, origin: Origin) -> Dump:
        """The facts that are there now, and those of the files that were written."""
        files = [file for file in self.files.values() if file.lines]
        files += [ConfiguredFile("", tuple(self.settings), after_boot=True)] if self.settings else []
        rows: dict[str, Sequence[Any]] = {
            "configured-addresses": tuple(self.addresses),
            "configured-links": tuple(self._links[name] for name in self._links if name in self._made),
            "configured-routes": tuple(self.routes),
            "configured-policy-rules": tuple(self.rules),
            "configured-ipvs": self.ipvs.rows(),
            "configured-timeouts": (self.ipvs.timeouts,) if self.ipvs.timeouts is not None else (),
            "configured-iptables": self.filters.tables("ip"),
            "configured-ip6tables": self.filters.tables("ip6"),
            "configured-arptables": self.arp.tables(),
            "configured-sysctl": tuple(files),
            "configured-order": tuple(self.order),
        }
        facts = {fact: values for fact, values in rows.items() if values}
        unread = [*self.unread, *(seen for dump in self.dumps for seen in dump.unread)]
        for dump in self.dumps:
            for fact, values in dump.facts.items():
                facts[fact] = (*facts.get(fact, ()), *values)
        unread = sorted(dict.fromkeys(unread), key=lambda seen: seen.line or 0)
        partial = self.ipvs.partial or (Partial(UNREAD, unread[0]) if unread and facts else None)
        kinds = tuple(kind for dump in self.dumps for kind in dump.unread_kinds)
        comments = tuple(comment for dump in self.dumps for comment in dump.comments)
        return Dump(facts, tuple(unread), origin=origin, partial=partial, unread_kinds=kinds, comments=comments)


_OF_TUNNELS = {"tunl0": "ipip", "gre0": "gre", "sit0": "sit", "ip6tnl0": "tunnel6"}


def new_link(name: str, seen: Seen) -> Link:
    if name == "lo":
        return Link(name, seen, flags=frozenset({"LOOPBACK"}), type="loopback")
    if name in _OF_TUNNELS:
        return Link(name, seen, flags=frozenset({"NOARP"}), type=_OF_TUNNELS[name])
    return Link(name, seen, type="ether")
