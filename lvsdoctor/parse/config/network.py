"""What the files of a host's network have in common: addresses with a netmask, labels, links, routes, policy rules.

A reader hands over the words of a line; what cannot be read (also a template's value) leaves out this row alone, and
its line is unread.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

from lvsdoctor.model.address import IP, Address, Network
from lvsdoctor.model.coverage import Origin, Unread
from lvsdoctor.model.link import Link
from lvsdoctor.model.route import PolicyRule, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl_d import ConfiguredFile, ConfiguredLine
from lvsdoctor.parse.iproute.ip_rule import RULE_OPTIONS, make_rule
from lvsdoctor.parse.iproute.route_line import RouteLine
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.words import read_ip, read_link_name, read_network, read_number, split_options

__all__ = ["SET_ASIDE", "NetworkPlan", "class_prefix", "file_name", "numbered", "read_prefix", "set_aside"]

# What editors and package managers leave beside a file, and no program reads.
SET_ASIDE = re.compile(
    r"(?:~|\.(?:bak|back|backup|old|orig|sav|save|saved|swp|disabled|off|sample|example|rpm\w+|dpkg-\w+|ucf-\w+))$"
)
_PRIORITY = frozenset({"priority", "pref", "preference", "order"})
_LAST_FREE = 32765  # the kernel's own rules have 32766 and 32767
# Kinds of links that never resolve an address by ARP, as their drivers set IFF_NOARP; and what ip(8) calls such a link.
_WITHOUT_ARP = {"ipip": "ipip", "sit": "sit", "gre": "gre", "ip6tnl": "tunnel6", "ip6gre": "gre6", "vti": "tunnel",
                "wireguard": "none", "tun": "none", "dummy": "ether"}  # fmt: skip


def file_name(path: str) -> str:
    """A file's own name; what collectors put behind it goes."""
    return path.rpartition("/")[2].removesuffix(".txt")


def numbered(text: str, where: str) -> list[Seen]:
    """The lines of a file."""
    return [Seen(where, number, line.rstrip("\r")) for number, line in enumerate(text.split("\n"), start=1)]


def set_aside(kind: str, name: str, text: str, where: str) -> Dump | None:
    """What a copy that no program reads says of the host, which is nothing; None where the file is no such copy."""
    if SET_ASIDE.search(file_name(where)) is None:
        return None
    lines = numbered(text, where)
    first = next((seen for seen in lines if seen.text.strip()), lines[0])
    return Dump(origin=Origin.CONFIGURED, unread_kinds=(Unread(kind, f"a copy of {name} that is not in use", first),))


def read_prefix(text: str, most: int = 32) -> int | None:
    """A prefix length, from a number or a netmask (255.255.255.0); None where it is neither."""
    if text.isdigit():
        return read_number(text, most=most)
    mask = read_ip(text)
    if not isinstance(mask, IPv4Address):
        return None
    bits = f"{int(mask):032b}"
    return bits.count("1") if "01" not in bits else None


def class_prefix(ip: IPv4Address) -> int:
    """The prefix length of an address's class."""
    first = int(ip) >> 24
    return 8 if first < 128 else 16 if first < 192 else 24


def _scope(ip: IP) -> str:
    """net/ipv6/addrconf_core.c: ipv6_addr_scope2type(); ip(8) takes `host` for 127.0.0.0/8 alone."""
    if ip.is_loopback:
        return "host"
    return "link" if ip.version == 6 and ip.is_link_local else "global"


class NetworkPlan:
    """The rows that a file makes, in its order, and the lines that could not be read."""

    def __init__(self) -> None:
        self.unread: list[Seen] = []
        self._more: dict[str, list[Any]] = {}  # rows that a reader has from elsewhere, by fact
        self._addresses: list[Address] = []
        self._links: dict[str, Link] = {}
        self._routes: list[Route] = []
        self._rules: list[PolicyRule] = []
        self._settings: list[ConfiguredLine] = []
        self._priorities: dict[int, int] = {4: _LAST_FREE + 1, 6: _LAST_FREE + 1}

    # -- addresses ----------------------------------------------------------------------------------------------------

    def address(
        self,
        text: str,
        name: str,
        seen: Seen,
        *,
        prefixlen: int | None = None,
        label: str = "",
        flags: Iterable[str] = (),
        peer: str = "",
        scope: str = "",
    ) -> bool:
        """`192.0.2.10/24`, or without the length, which `prefixlen` tells then, on the link `name` (lo:0: a label)."""
        words, slash, length = text.strip().partition("/")
        ip, link = read_ip(words), name.partition(":")[0]
        label = label or (name if ":" in name else link)
        far: Network | None = read_network(peer) if peer else None
        if ip is None or read_link_name(link) is None or not label.isprintable() or (peer and far is None):
            return self.refuse(seen)
        if slash:
            prefixlen = read_prefix(length, most=ip.max_prefixlen) if length.isdigit() or ip.version == 4 else None
        if far is not None:
            prefixlen = far.prefixlen
        if prefixlen is None or prefixlen > ip.max_prefixlen or (far is not None and far.version != ip.version):
            return self.refuse(seen)
        flags = frozenset(flags) | self._secondary(ip, prefixlen, link)
        label = label if ip.version == 4 else ""
        self._addresses.append(Address(ip, prefixlen, link, seen, scope or _scope(ip), label, flags, far))
        return True

    def _secondary(self, ip: IP, prefixlen: int, link: str) -> frozenset[str]:
        """net/ipv4/devinet.c: __inet_insert_ifa()."""
        same = any(
            other.link == link and other.prefixlen == prefixlen and other.ip.version == 4 and ip in other.network
            for other in self._addresses[-64:]
        )  # fmt: skip
        return frozenset({"secondary"}) if same and ip.version == 4 else frozenset()

    # -- links --------------------------------------------------------------------------------------------------------

    def link(
        self,
        name: str,
        seen: Seen,
        *,
        kind: str | None = None,
        master: str | None = None,
        parent: str | None = None,
        mac: str = "",
        up: bool = True,
        arp: bool = True,
        detail: Mapping[str, str] | None = None,
    ) -> bool:
        """A link that the file makes or brings up; `lo:0` is none of its own. What it says later of it is added."""
        if ":" in name:
            return True
        names = [text for text in (name, master, parent) if text is not None]
        if any(read_link_name(text) is None for text in names):
            return self.refuse(seen)
        if (known := self._links.get(name)) is not None:
            self._links[name] = replace(
                known, kind=kind or known.kind, master=master or known.master, parent=parent or known.parent,
                detail={**known.detail, **(detail or {})},
            )  # fmt: skip
            return True
        flags = {"UP", "LOWER_UP"} if up else set()
        flags |= {"LOOPBACK"} if name == "lo" else {"BROADCAST", "MULTICAST"}
        flags |= set() if arp and kind not in _WITHOUT_ARP else {"NOARP"}
        type = "loopback" if name == "lo" else _WITHOUT_ARP.get(kind or "", "ether")
        self._links[name] = Link(
            name, seen, 1 if name == "lo" else None, frozenset(flags), type=type, mac=mac, master=master, parent=parent,
            kind=kind, detail=detail or {},
        )  # fmt: skip
        return True

    # -- routes, rules, settings --------------------------------------------------------------------------------------

    def route(self, words: Sequence[str], name: str, seen: Seen, family: int | None = None) -> bool:
        """The words behind `ip route add`; `name` is the link where they name none, "" where that is not known."""
        line = RouteLine.of(list(words), seen) if words else None
        if line is None or line.strange:
            return self.refuse(seen)
        route = line.route(family, name.partition(":")[0])
        if route is None:
            return self.refuse(seen)
        # iproute2 ip/iproute.c: iproute_modify() takes scope link for a route without gateways.
        direct = route.type == "unicast" and not route.gateways and "scope" not in line.options
        route = replace(route, table=route.table or ("local" if route.type in ("local", "broadcast") else "main"))
        self._routes.append(replace(route, scope="link") if direct and route.dst.version == 4 else route)
        return True

    def rule(self, words: Sequence[str], seen: Seen, family: int | None = None) -> bool:
        """The words behind `ip rule add`."""
        options, bare = split_options([word for word in words if word != "add"], RULE_OPTIONS | _PRIORITY)
        given = next((options.pop(word) for word in _PRIORITY & options.keys()), None)
        networks = [read_network(options[word]) for word in ("from", "to") if word in options]
        version = next((network.version for network in networks if network is not None), family or 4)
        # net/core/fib_rules.c: fib_default_rule_pref() goes in front of the first rule behind 0.
        priority = self._priorities[version] - 1 if given is None else read_number(given, most=2**32 - 1)
        rule = None if priority is None else make_rule(max(priority, 0), seen, options, bare)
        if rule is None or priority is None:
            return self.refuse(seen)
        if priority > 0:
            self._priorities[version] = min(self._priorities[version], priority)
        self._rules.append(replace(rule, family=version))
        return True

    def setting(self, key: str, value: str, seen: Seen) -> None:
        """A setting that is made while the link comes up."""
        self._settings.append(ConfiguredLine(key, value, seen))

    # -- the dump -----------------------------------------------------------------------------------------------------

    def refuse(self, seen: Seen) -> bool:
        """This line could not be read."""
        self.unread.append(seen)
        return False

    @property
    def mark(self) -> int:
        """How many addresses there are until now."""
        return len(self._addresses)

    def addresses_since(self, mark: int) -> Sequence[Address]:
        return self._addresses[mark:]

    def add(self, fact: str, rows: Iterable[Any]) -> None:
        """Rows that something else made; of a link that is known here, nothing."""
        self._more.setdefault(fact, []).extend(rows)

    def dump(self) -> Dump:
        facts: dict[str, Sequence[Any]] = {
            "configured-addresses": self._addresses,
            "configured-links": list(self._links.values()),
            "configured-routes": self._routes,
            "configured-policy-rules": self._rules,
            "configured-sysctl": [ConfiguredFile("", tuple(self._settings), after_boot=True)] if self._settings else [],
        }
        for fact, rows in self._more.items():
            new = [row for row in rows if not isinstance(row, Link) or row.name not in self._links]
            facts[fact] = [*facts.get(fact, ()), *new]
        if not any(isinstance(row, ConfiguredLine) for row in facts.get("configured-order", ())):
            facts.pop("configured-order", None)  # addresses alone are in no order that matters
        unread = sorted(dict.fromkeys(self.unread), key=lambda seen: seen.line or 0)
        return Dump(
            {fact: tuple(rows) for fact, rows in facts.items() if rows}, tuple(unread), origin=Origin.CONFIGURED
        )
