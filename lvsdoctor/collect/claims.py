"""What a dump claims of a fact, so that two dumps can be held against each other.

Compared is what rules read and what a host does not change by itself: no counters, no timers and lifetimes, no states
of neighbours or connections. And only what both dumps tell: `ip addr` shows no tunnel's ends, `ipvsadm --stats` no
weights.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lvsdoctor.collect.claim_groups import Claims, Group, Item, RowPart
from lvsdoctor.collect.filter_claims import CHAIN_DIFFERS, chain_claims, filter_table_key
from lvsdoctor.collect.host_identity import shows_all_links
from lvsdoctor.collect.socket_claims import socket_claims, socket_table_key
from lvsdoctor.model.address import Address
from lvsdoctor.model.ipvs import Destination, Forwarding, Timeouts, VirtualService
from lvsdoctor.model.link import Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.packet_filter import FilterTable
from lvsdoctor.model.route import PolicyRule, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, SettingRows

_NOWHERE = Seen("", None, "")
# The same value in two forms: `ipvsadm -S` has -g for Local, /proc/net/ip_vs has Masq for Bypass.
_ALSO = {Forwarding.LOCAL: Forwarding.DR, Forwarding.BYPASS: Forwarding.NAT}
# Counters and what the kernel measures have other names.
_SETTINGS = ("net.ipv4.conf.", "net.ipv6.conf.", "net.ipv4.vs.", "net.ipv4.ip_forward", "net.bridge.")


@dataclass(frozen=True, slots=True)
class Difference:
    """Two dumps cannot both be right: the two lines, and which row of the first, by its key, the second sets aside.

    `row` is None where it sets none aside, for it has what the first, which shows all, has not. It may have more if it
    is `open`.
    """

    reason: str
    fields: Mapping[str, str]
    first: Seen
    second: Seen
    row: Hashable
    open: bool = False


def claims(fact: str, rows: Any, facts: Mapping[str, Any], *, partial: bool) -> Claims:
    """What a dump's rows of a fact claim; `facts` are all facts of the dump, of which something visible is lacking if
    it is `partial`."""
    made = _CLAIMS.get(fact)
    return {} if made is None else made(rows, facts, not partial)


def compared(fact: str) -> bool:
    """Are its dumps held against each other?"""
    return fact in _CLAIMS


def differences(first: Claims, second: Claims, where: tuple[str, str]) -> Iterator[Difference]:
    """What the second claims otherwise than the first; `where` names the dumps where no row does."""
    for key, mine in first.items():
        theirs = second.get(key) or _rest(second, key)
        if theirs is not None:
            yield from _of_group(mine, theirs, where)
    for key, theirs in second.items():
        if key not in first and (rest := _rest(first, key)) is not None:
            yield from _of_group(rest, theirs, where)


def _rest(of: Claims, key: Hashable) -> Group | None:
    """Where a dump shows all addresses, a link that it does not show has none."""
    return of.get((_REST, key[1])) if isinstance(key, tuple) and key[0] != _REST else None


def _of_group(mine: Group, theirs: Group, where: tuple[str, str]) -> Iterator[Difference]:
    for key, item in mine.items.items():
        other = theirs.items.get(key)
        if other is not None:
            unlike = [name for name, value in item.values.items() if other.values.get(name, value) != value]
            if unlike:
                what, value, another = unlike[0], item.values[unlike[0]], other.values[unlike[0]]
                values = {"what": what, "value": str(value), "another": str(another)}
                yield Difference(mine.reason, {**mine.fields, **values}, item.seen, other.seen, _row(key))
        elif theirs.closed:
            yield Difference(mine.reason, mine.fields, item.seen, _line(theirs, where[1]), _row(key))
    if mine.closed:
        for key in [key for key in theirs.items if key not in mine.items]:
            line = _line(mine, where[0])
            yield Difference(mine.reason, mine.fields, line, theirs.items[key].seen, None, not theirs.closed)


def _row(key: Hashable) -> Hashable:
    return key.row if isinstance(key, RowPart) else key


def _line(group: Group, where: str) -> Seen:
    return group.seen or next((item.seen for item in group.items.values()), Seen(where, None, ""))


def row_key(fact: str, row: Any) -> Hashable:
    """What makes two rows of a fact claims of the same thing."""
    return _ROW_KEYS[fact](row)


def is_compared(key: str) -> bool:
    """Is it a setting, not a counter, nor something that the kernel measures?"""
    return key.startswith(_SETTINGS)


# -- each fact --------------------------------------------------------------------------------------------------------


def _sysctl(rows: Sequence[Setting], facts: Mapping[str, Any], whole: bool) -> Claims:
    made: Claims = {}
    by_key = rows.by_key if isinstance(rows, SettingRows) else [(row.key, row) for row in rows]
    for key, row in by_key:
        if is_compared(key):
            setting = row if isinstance(row, Setting) else Setting(key, row[2].partition("=")[2].strip(), Seen(*row))
            item = Item(setting.seen, {"value": " ".join(setting.raw.split())})
            made[key] = Group("{key} has two values, {value} and {another}", {"key": key}, False, {key: item})
    return made


def _links(rows: Sequence[Link], facts: Mapping[str, Any], whole: bool) -> Claims:
    """Not which links there are: `ip addr show up` and `ip -4 addr` do not show all."""
    made: Claims = {}
    for link in rows:
        values: dict[str, Hashable] = {"MAC": link.own_mac} if link.own_mac else {}
        if link.flags:
            values |= {"state": "UP" if "UP" in link.flags else "DOWN"}
            values |= {"flag": "NOARP" if "NOARP" in link.flags else "ARP"}
        if link.kind is not None:
            values["kind"] = link.kind or "plain"
        if link.master and link.kind is not None:
            values["master"] = link.master
        reason = "{link} has two values of its {what}, {value} and {another}"
        made[link.name, "link"] = Group(reason, {"link": link.name}, False, {link.name: Item(link.seen, values)})
    return made


def _addresses(rows: Sequence[Address], facts: Mapping[str, Any], whole: bool) -> Claims:
    families = {address.ip.version for address in rows}
    closed = whole and shows_all_links(facts)
    made: Claims = {}
    if closed:
        for link in facts.get("links", ()):
            for family in families:
                made[link.name, family] = Group(_ADDRESSES, {"link": link.name}, True, seen=link.seen)
        for family in families:
            made[_REST, family] = Group("different addresses are shown", {}, True)
    for address in rows:
        if address.flags & {"temporary", "mngtmpaddr"}:
            continue
        key = (address.link, address.ip.version)
        group = made.setdefault(key, Group(_ADDRESSES, {"link": address.link}, False))
        values: dict[str, Hashable] = {"peer": address.peer} if address.peer is not None else {}
        group.items[_of_address(address)] = Item(address.seen, values)
    return made


_REST = "\0"  # no link's name
_ADDRESSES = "{link} is shown with different addresses"


def _routes(rows: Sequence[Route], facts: Mapping[str, Any], whole: bool) -> Claims:
    made: Claims = {}
    for route in rows:
        if route.protocol == "ra" or "cache" in route.flags:
            continue
        group = made.setdefault(
            (route.table, route.dst.version), Group("table {table} has different routes", {"table": route.table}, whole)
        )
        values: dict[str, Hashable] = {"hops": frozenset((hop.link, hop.gateway) for hop in route.nexthops)}
        if route.src is not None:
            values["src"] = route.src
        group.items[_of_route(route)] = Item(route.seen, values)
    for group in made.values():
        group.closed &= len(group.items) > 1  # a single route may be all that was asked for
    return made


def _policy_rules(rows: Sequence[PolicyRule], facts: Mapping[str, Any], whole: bool) -> Claims:
    made: Claims = {}
    for rule in rows:
        group = made.setdefault(rule.family, Group("the policy rules differ", {}, False))
        group.items[_of_policy_rule(rule)] = Item(rule.seen)
        # `ip -6 rule` looks like a part of `ip rule`: it has no table default.
        group.closed |= whole and rule.table == "default"
    return made


def _services(rows: Sequence[VirtualService], facts: Mapping[str, Any], whole: bool) -> Claims:
    numeric = all(service.vip is not None or service.fwmark is not None for service in rows)
    every = Group("the virtual services differ", {}, whole and numeric)
    made: Claims = {"services": every}
    for service in rows:
        if service.vip is None and service.fwmark is None:
            continue
        values: dict[str, Hashable] = {"scheduler": service.scheduler} if service.scheduler else {}
        every.items[service.key] = Item(service.seen, values)
        shows_all = whole and all(real.ip is not None for real in service.destinations)
        reason = "virtual service {service} has different real servers"
        group = Group(reason, {"service": str(service)}, shows_all, seen=service.seen)
        made[service.key, "real servers"] = group
        for real in service.destinations:
            if real.ip is not None:
                group.items[RowPart(service.key, (real.ip, real.port))] = Item(real.seen, _values(real))
    return made


def _values(real: Destination) -> dict[str, Hashable]:
    values: dict[str, Hashable] = {} if real.weight is None else {"weight": real.weight}
    if real.forwarding is not None:
        values["forwarding"] = _ALSO.get(real.forwarding, real.forwarding)
    return values


def _timeouts(rows: Sequence[Timeouts], facts: Mapping[str, Any], whole: bool) -> Claims:
    made: Claims = {}
    for row in rows:
        values: dict[str, Hashable] = {"tcp": row.tcp, "tcpfin": row.tcpfin, "udp": row.udp}
        reason = "the timeout {what} of IPVS has two values, {value} and {another}"
        made["timeouts"] = Group(reason, {}, False, {"timeouts": Item(row.seen, values)})
    return made


def _neighbours(rows: Sequence[Neighbour], facts: Mapping[str, Any], whole: bool) -> Claims:
    made: Claims = {}
    for row in rows:
        if row.mac:
            item = Item(row.seen, {"MAC": row.mac.lower()})
            made[_of_neighbour(row)] = Group(
                "{ip} has two MACs, {value} and {another}", {"ip": str(row.ip)}, False, {_of_neighbour(row): item}
            )
    return made


def _filter_tables(rows: Sequence[FilterTable], facts: Mapping[str, Any], whole: bool) -> Claims:
    made: Claims = {}
    for table, chain, values in chain_claims(rows):
        key, fields = RowPart(filter_table_key(table), chain.name), {"chain": chain.name, "table": table.name}
        made[key] = Group(CHAIN_DIFFERS, fields, False, {key: Item(chain.seen, values)})
    return made


def _of_address(row: Address) -> Hashable:
    return row.link, row.ip, row.prefixlen


def _of_route(row: Route) -> Hashable:
    return row.table, row.dst, row.type, row.metric, row.tos


def _of_policy_rule(row: PolicyRule) -> Hashable:
    return repr(replace(row, seen=_NOWHERE))


def _of_neighbour(row: Neighbour) -> Hashable:
    return row.ip, row.link


_CLAIMS: Mapping[str, Callable[[Any, Mapping[str, Any], bool], Claims]] = {
    "sysctl": _sysctl,
    "links": _links,
    "addresses": _addresses,
    **dict.fromkeys(("routes", "local-routes", "other-routes"), _routes),
    "policy-rules": _policy_rules,
    "ipvs": _services,
    "ipvs-timeouts": _timeouts,
    "neighbours": _neighbours,
    "iptables": _filter_tables,
    "ip6tables": _filter_tables,
    "sockets": socket_claims,
}
_ROW_KEYS: Mapping[str, Callable[[Any], Hashable]] = {
    "sysctl": lambda row: row.key,
    "links": lambda row: row.name,
    "addresses": _of_address,
    **dict.fromkeys(("routes", "local-routes", "other-routes"), _of_route),
    "policy-rules": _of_policy_rule,
    "ipvs": lambda row: row.key,
    "ipvs-timeouts": lambda row: "timeouts",
    "neighbours": _of_neighbour,
    "iptables": filter_table_key,
    "ip6tables": filter_table_key,
    "sockets": socket_table_key,
}
