"""How the rows of several dumps of one fact become the fact's, where no two of them exclude each other."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import is_dataclass, replace
from typing import Any

from lvsdoctor.model.address import Address
from lvsdoctor.model.arptables import ArpTables
from lvsdoctor.model.connection import Connection
from lvsdoctor.model.filter_hooks import hook_of, priority_of
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.link import Link
from lvsdoctor.model.packet_filter import FilterTable
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.socket import Socket, SocketTable
from lvsdoctor.model.sysctl import Setting, SysctlTable

_NOWHERE = Seen("", None, "")
_RARE = (Forwarding.LOCAL, Forwarding.BYPASS)


def merged(fact: str, lists: Sequence[Any]) -> Any:
    """The rows of a fact, from those of each of its dumps, in their order."""
    merge: Callable[[Any], Any] = _MERGED.get(fact, together)
    return merge(lists)


def together(lists: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    """All rows in order; what a second dump says again (other lines, the same facts) only once.

    Within one dump equal rows stay: there they are two facts.
    """
    rows, said = list(lists[0]), set(map(_but_for_the_line, lists[0]))
    for more in lists[1:]:
        new = [row for row in more if _but_for_the_line(row) not in said]
        said.update(map(_but_for_the_line, new))
        rows += new
    return tuple(rows)


def _but_for_the_line(row: Any) -> str:
    return repr(replace(row, seen=_NOWHERE) if is_dataclass(row) and not isinstance(row, type) else row)


def _settings(lists: Sequence[Sequence[Setting]]) -> Mapping[str, Setting]:
    """The last assignment wins, as in sysctl(8)."""
    return SysctlTable(lists)


def _links(lists: Iterable[Sequence[Link]]) -> tuple[Link, ...]:
    """`ip addr` and `ip -d link` tell of the same links: the one with the details is kept, with the other's flags if
    only that has any."""
    merged: dict[str, Link] = {}
    for rows in lists:
        for link in rows:
            known = merged.get(link.name)
            if known is None or _tells_more(link, known):
                merged[link.name] = link
    return tuple(merged.values())


def _tells_more(link: Link, known: Link) -> bool:
    """`ifconfig` shows neither the number of a link nor its master, and no `ip` without -d its kind."""
    return (link.kind is not None, link.index is not None) > (known.kind is not None, known.index is not None)


def _addresses(lists: Sequence[Sequence[Address]]) -> tuple[Address, ...]:
    """An address of which one dump does not tell the scope counts as another dump has it."""
    exact = {(row.link, row.ip, row.prefixlen) for rows in lists for row in rows if row.scope}
    return together(
        [[row for row in rows if row.scope or (row.link, row.ip, row.prefixlen) not in exact] for rows in lists]
    )


def services(lists: Iterable[Sequence[VirtualService]]) -> tuple[VirtualService, ...]:
    """One table shown twice (-Ln and -Sn, --stats): what one leaves open the other fills in."""
    merged: dict[Any, VirtualService] = {}
    for rows in lists:
        for service in rows:
            known = merged.get(service.key)
            merged[service.key] = service if known is None else _filled(known, service)
    return tuple(merged.values())


def _filled(known: VirtualService, other: VirtualService) -> VirtualService:
    destinations = {(d.ip or d.shown, d.port): d for d in known.destinations}
    for new in other.destinations:
        key = (new.ip or new.shown, new.port)
        old = destinations.get(key)
        destinations[key] = new if old is None else _filled_destination(old, new)
    # /proc/net/ip_vs tells the timeout in jiffies, and few of the flags.
    exact, vague = (other, known) if any("jiffies" in flag for flag in known.flags) else (known, other)
    return replace(
        known,
        scheduler=known.scheduler or other.scheduler,
        persistent=exact.persistent or vague.persistent,
        netmask=exact.netmask or vague.netmask,
        flags=exact.flags or vague.flags,
        counters=known.counters or other.counters,
        destinations=tuple(destinations.values()),
    )


def _filled_destination(old: Destination, new: Destination) -> Destination:
    # `ipvsadm -S` has -g for Local, too, and /proc/net/ip_vs has Masq for Bypass: the rarer word is the one that knows.
    told = new if old.forwarding is None or new.forwarding in _RARE else old
    tunnel = new if (old.tunnel_type, old.tunnel_port) == ("ipip", 0) else old
    return replace(
        old,
        forwarding=told.forwarding or old.forwarding,
        method=told.method or old.method,
        weight=old.weight if old.weight is not None else new.weight,
        upper_threshold=old.upper_threshold or new.upper_threshold,
        lower_threshold=old.lower_threshold or new.lower_threshold,
        tunnel_type=tunnel.tunnel_type,
        tunnel_port=tunnel.tunnel_port,
        active=old.active if old.active is not None else new.active,
        inactive=old.inactive if old.inactive is not None else new.inactive,
        counters=old.counters or new.counters,
    )


def _connections(lists: Iterable[Sequence[Connection]]) -> tuple[Connection, ...]:
    """Each entry once, as the last list that has it shows it."""
    return tuple({row.key: row for rows in lists for row in rows}.values())


def _arptables(lists: Sequence[Sequence[ArpTables]]) -> ArpTables:
    """Both backends of arptables: a packet has to pass the rules of one and then of the other."""
    tables = [table for rows in lists for table in rows]
    policies: dict[str, str] = {}
    for table in tables:
        policies.update({chain: policy for chain, policy in table.policies.items() if policies.get(chain) != "DROP"})
    rules = together([table.rules for table in tables])
    return ArpTables(policies, rules, tuple(seen for table in tables for seen in table.seen))


_EXACT = ("save", "nft", "verbose", "plain")
# A chain that iptables-nft can show is called after its hook, and stands where iptables has it.
_OF_IPTABLES = frozenset({"filter", "nat", "mangle", "raw", "security"})


def _filter_tables(lists: Iterable[Sequence[FilterTable]]) -> tuple[FilterTable, ...]:
    """Each table once, as the most exact dump shows it: a whole one before a part, iptables-save before a listing.

    A table of iptables-nft is shown by iptables-save, and by `nft list ruleset` again.

    A dump that does not tell which implementation holds the table shows the same as one that does; where one dump is
    of legacy and another of nf_tables, both tables are there.
    """
    by_name: dict[tuple[str, str, bool], list[FilterTable]] = {}
    for table in (table for rows in lists for table in rows):
        by_name.setdefault((table.family, table.name, _is_of_iptables(table)), []).append(table)
    return tuple(table for tables in by_name.values() for table in _implementations(tables))


def _is_of_iptables(table: FilterTable) -> bool:
    if table.form != "nft":
        return True
    return table.family in ("ip", "ip6") and table.name in _OF_IPTABLES and all(
        chain.hook is hook_of(chain.name)
        and (chain.hook is None or chain.priority == priority_of(table.name, chain.hook))
        and not chain.unmodelled
        for chain in table.chains
    )  # fmt: skip


def _implementations(tables: Sequence[FilterTable]) -> Iterator[FilterTable]:
    known = dict.fromkeys(table.variant for table in tables if table.variant) or {"": None}
    for variant in known:
        mine = [table for table in tables if table.variant in ("", variant)]
        best = min(mine, key=lambda table: (_lacks(table), _EXACT.index(table.form)))
        chains = {chain.name: chain for table in mine for chain in table.chains if table.form == best.form}
        chains.update({chain.name: chain for chain in best.chains})
        # `iptables -nvL INPUT` and the same of OUTPUT show two chains of one table.
        yield replace(best, chains=tuple(chains.values())) if _lacks(best) else best


def _lacks(table: FilterTable) -> bool:
    return table.partial is not None or any(chain.partial is not None for chain in table.chains)


def _sockets(lists: Sequence[Sequence[SocketTable]]) -> SocketTable:
    """`ss` tells more of a socket than netstat and /proc/net do: the interface that it is bound to, and v6only."""
    tables = [table for rows in lists for table in rows]
    sockets = together([table.sockets for table in tables])
    exact = {_address_of(socket) for socket in sockets if socket.link is not None}
    kept = tuple(socket for socket in sockets if socket.link is not None or _address_of(socket) not in exact)
    return SocketTable(kept, frozenset().union(*(table.shown for table in tables)))


def _address_of(socket: Socket) -> tuple[Any, ...]:
    """What names a socket in every list; an address that is not known names none."""
    return (socket.protocol, socket.family, socket.ip or socket.seen, socket.port)


_MERGED: Mapping[str, Callable[[Any], Any]] = {
    "sysctl": _settings,
    "configured-sysctl": list,
    "configured-order": lambda lists: tuple(row for rows in lists for row in rows),  # each script has its own order
    "addresses": _addresses,
    "links": _links,
    "ipvs": services,
    "ipvs-stats": services,
    "ipvs-rates": services,
    "connections": _connections,
    "offloads": lambda lists: tuple({(row.link, row.feature): row for rows in lists for row in rows}.values()),
    "arptables": _arptables,
    "iptables": _filter_tables,
    "ip6tables": _filter_tables,
    "sockets": _sockets,
}
