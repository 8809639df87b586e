"""The rows of a fact as two scans can be held against each other: each with what it is about and what it says of it.

Compared is what rules read and a host does not change by itself: no counters, timers and lifetimes, no states of
neighbours and connections.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from typing import Any

from lvsdoctor.model.address import Address
from lvsdoctor.model.arptables import ArpTables
from lvsdoctor.model.ipvs import Timeouts, VirtualService
from lvsdoctor.model.link import Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.packet_filter import FilterTable
from lvsdoctor.model.route import PolicyRule, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.socket import SocketTable
from lvsdoctor.model.sysctl import IPV4_CONF_DEFAULTS, Setting
from lvsdoctor.model.vrrp import VrrpInstance

_NOWHERE = Seen("", None, "")
_EPHEMERAL = 32768  # net.ipv4.ip_local_port_range: programs open such ports for themselves
_IPV6_CONF = frozenset(
    {"forwarding", "force_forwarding", "proxy_ndp", "accept_redirects", "disable_ipv6", "accept_dad"}
)
_OTHER_KEYS = ("net.ipv4.vs.", "net.ipv4.ip_forward", "net.bridge.", "net.ipv6.bindv6only")
# Where a line stands, counters, and what the kernel numbers.
_BESIDES = frozenset({"seen", "lines", "counters", "active", "inactive", "marked", "handle", "index"})


@dataclass(frozen=True, slots=True)
class FactRow:
    """What makes two rows the same (`key`), what it is called, and its `values`, as far as the dump tells them.

    `order` are the parts of a row in which the order counts (a chain's rules), each with its line.
    """

    key: Hashable
    name: str
    values: Mapping[str, Hashable]
    seen: Seen
    order: tuple[tuple[Hashable, Seen], ...] = ()


@dataclass(frozen=True, slots=True)
class FactRows:
    """All rows of a fact. `closed` answers whether a row that is not among them is not there at all: by its key."""

    rows: Mapping[Hashable, FactRow] = field(default_factory=dict)
    closed: Callable[[Hashable], bool] = lambda key: True


def fact_rows(fact: str, rows: Any) -> FactRows | None:
    """The rows of a fact; None for one that is not compared."""
    made = _READERS.get(fact.removeprefix("configured-") if fact != "configured-sysctl" else fact)
    return None if made is None else made(rows)


def _of(rows: Iterable[FactRow], closed: Callable[[Hashable], bool] = lambda key: True) -> FactRows:
    return FactRows({row.key: row for row in rows}, closed)


def _known(**values: Hashable) -> dict[str, Hashable]:
    """Without what the dump does not tell: that something is None or empty may be a matter of its form."""
    return {name: value for name, value in values.items() if value not in (None, "", (), frozenset())}


# -- each fact --------------------------------------------------------------------------------------------------------


def _sysctl(rows: Mapping[str, Setting]) -> FactRows:
    keys = [key for key in rows if _is_asked(key)]
    scopes = {key.rpartition(".")[0] for key in keys}
    made = [FactRow(key, key, {"value": " ".join(rows[key].raw.split())}, rows[key].seen) for key in keys]
    # A link that a host does not have has no settings: that is a difference of the links.
    return _of(made, lambda key: str(key).rpartition(".")[0] in scopes)


def _is_asked(key: str) -> bool:
    name = key.rpartition(".")[2]
    if key.startswith("net.ipv4.conf."):
        return name in IPV4_CONF_DEFAULTS
    return key.startswith(_OTHER_KEYS) or (key.startswith("net.ipv6.conf.") and name in _IPV6_CONF)


def _links(rows: Sequence[Link]) -> FactRows:
    def values(link: Link) -> dict[str, Hashable]:
        flags = {"state": "UP" if link.up else "DOWN", "ARP": "NOARP" not in link.flags} if link.flags else {}
        master = {"master": link.master or "none"} if link.kind is not None else {}
        return {**flags, **master, **_known(kind=link.kind, mtu=link.mtu)}

    # `ip addr show up` and `ip -4 addr` do not show all of them.
    every = any(link.loopback for link in rows) and any(not link.up for link in rows)
    return _of((FactRow(link.name, link.name, values(link), link.seen) for link in rows), lambda key: every)


def _addresses(rows: Sequence[Address]) -> FactRows:
    lasting = [row for row in rows if not row.flags & {"temporary", "mngtmpaddr"} and not row.ip.is_link_local]
    return _of(
        FactRow((row.link, row.ip, row.prefixlen), f"{row} on {row.link}", _known(peer=row.peer), row.seen)
        for row in lasting
    )


def _routes(rows: Sequence[Route]) -> FactRows:
    made = []
    for row in rows:
        # What the kernel makes of addresses, what routers announce, what it remembers.
        if row.protocol in ("kernel", "ra") or "cache" in row.flags or row.type == "multicast":
            continue
        hops = frozenset((hop.link, hop.gateway) for hop in row.nexthops)
        name = " ".join(
            filter(None, (row.type if row.type != "unicast" else "", str(row.dst), f"in table {row.table}"))
        )
        key = (row.table, row.dst, row.type, row.metric, row.tos)
        made.append(FactRow(key, f"route {name}", {"next hop": hops, **_known(src=row.src)}, row.seen))
    return _of(made)


def _policy_rules(rows: Sequence[PolicyRule]) -> FactRows:
    return _of(FactRow(plain(row), f"policy rule {row.priority}", {}, row.seen) for row in rows)


def _neighbours(rows: Sequence[Neighbour]) -> FactRows:
    """Entries come and go: compared is which MAC an address has."""
    known = [row for row in rows if row.mac]
    made = (FactRow((row.ip, row.link), f"{row.ip} on {row.link}", {"MAC": row.mac.lower()}, row.seen) for row in known)
    return _of(made, lambda key: False)


def _services(rows: Sequence[VirtualService]) -> FactRows:
    """Those that are shown by numbers: `ipvsadm -L` without -n has names."""
    made = []
    numeric = [row for row in rows if _is_numeric(row)]
    for row in numeric:
        known = _known(scheduler=row.scheduler, flags=row.flags)
        made.append(FactRow(row.key, f"virtual service {row}", {**known, "persistence": row.persistent}, row.seen))
        for real in row.destinations:
            known = _known(weight=real.weight, method=real.forwarding and real.forwarding.name)
            known |= {"upper threshold": real.upper_threshold, "lower threshold": real.lower_threshold}
            address = f"[{real.ip}]" if real.ip is not None and real.ip.version == 6 else str(real.ip)
            name = f"real server {address}:{real.port} of {row}"
            made.append(FactRow((row.key, real.ip, real.port), name, known, real.seen))
    return _of(made, lambda key: len(numeric) == len(rows))


def _is_numeric(row: VirtualService) -> bool:
    known = row.fwmark is not None or (row.vip is not None and row.port is not None)
    return known and all(real.ip is not None and real.port is not None for real in row.destinations)


def _timeouts(rows: Sequence[Timeouts]) -> FactRows:
    return _of(
        FactRow("timeouts", "timeouts of IPVS", {"tcp": row.tcp, "tcpfin": row.tcpfin, "udp": row.udp}, row.seen)
        for row in rows
    )


def _arptables(rows: ArpTables) -> FactRows:
    first = rows.seen[0] if rows.seen else _NOWHERE
    made = []
    for chain, policy in rows.policies.items():
        order = tuple((plain(rule), rule.seen) for rule in rows.chain(chain))
        line = order[0][1] if order else first
        made.append(FactRow(chain, f"chain {chain}", {"policy": policy}, line, order))
    return _of(made)


def _filters(rows: Sequence[FilterTable]) -> FactRows:
    """By the form of the dump, too: what nft shows of iptables-nft it spells otherwise."""
    made = []
    for table in rows:
        for chain in table.chains:
            if chain.partial is None and table.partial is None:
                order = tuple((plain(rule), rule.seen) for rule in chain.rules)
                key = (table.family, table.name, table.variant, table.form, chain.name)
                name = f"chain {chain.name} of table {table.name}"
                made.append(FactRow(key, name, _known(policy=chain.policy), chain.seen, order))
    kinds = {(row.family, row.name, row.variant, row.form) for row in rows if row.partial is None}
    return _of(made, lambda key: isinstance(key, tuple) and key[:4] in kinds)


def _sockets(table: SocketTable) -> FactRows:
    made = []
    for row in table.sockets:
        if row.ip is not None and row.port is not None and row.port < _EPHEMERAL and row.family is not None:
            key = (row.protocol, row.family, row.ip, row.port)
            made.append(FactRow(key, f"{row.protocol} socket {row}", {}, row.seen))
    vague = {row.protocol for row in table.sockets if row.ip is None or row.family is None or row.port is None}
    return _of(made, lambda key: isinstance(key, tuple) and key[:2] in table.shown and key[0] not in vague)


def _vrrp(rows: Sequence[VrrpInstance]) -> FactRows:
    def values(row: VrrpInstance) -> dict[str, Hashable]:
        names = (item.name for item in fields(row) if item.name not in _BESIDES and item.name != "name")
        return {name.replace("_", " "): plain(getattr(row, name)) for name in names}

    return _of(FactRow(row.name, f"vrrp_instance {row.name}", values(row), row.seen) for row in rows)


def _any(rows: Iterable[Any]) -> FactRows:
    made = (FactRow(plain(row), " ".join(row.seen.text.split()), {}, row.seen) for row in rows)
    return _of(made)


def plain(value: Any) -> Hashable:
    """A value without the lines that it was seen in and what changes by itself, to be compared."""
    if isinstance(value, Seen):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        parts = [(item.name, plain(getattr(value, item.name))) for item in fields(value) if item.name not in _BESIDES]
        return (type(value).__name__, *parts)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return frozenset((name, plain(item)) for name, item in value.items())
    if isinstance(value, (tuple, list)):
        return tuple(map(plain, value))
    if isinstance(value, (set, frozenset)):
        return frozenset(map(plain, value))
    return value if isinstance(value, Hashable) else repr(value)


def shown(value: Hashable) -> Iterator[str]:
    """The value in words, where it has some."""
    if isinstance(value, bool):
        yield "yes" if value else "no"
    elif isinstance(value, (str, int, float)) or type(value).__module__ == "ipaddress":
        yield str(value)


_READERS: Mapping[str, Callable[[Any], FactRows]] = {
    "sysctl": _sysctl,
    "configured-sysctl": _sysctl,
    "links": _links,
    "addresses": _addresses,
    "routes": _routes,
    "local-routes": _routes,
    "policy-rules": _policy_rules,
    "neighbours": _neighbours,
    "ipvs": _services,
    "ipvs-timeouts": _timeouts,
    "timeouts": _timeouts,
    "sync-daemons": _any,
    "arptables": _arptables,
    "iptables": _filters,
    "ip6tables": _filters,
    "ipsets": _any,
    "sockets": _sockets,
    "vrrp": _vrrp,
    "health-checks": _any,
    "kube": _any,
}
