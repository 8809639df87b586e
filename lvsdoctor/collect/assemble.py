"""Dumps to nodes: whose a dump is, and how two dumps of one fact become one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

from lvsdoctor.model.coverage import Coverage, usual_coverage
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.packetfilter import ArpTables
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, SysctlTable
from lvsdoctor.model.sysctl_d import configured_sysctl
from lvsdoctor.parse.reader import Dump
from lvsdoctor.parse.stream import Piece
from lvsdoctor.sanitize import visible

_NOWHERE = Seen("", None, "")
_RARE = (Forwarding.LOCAL, Forwarding.BYPASS)


@dataclass(frozen=True, slots=True)
class NodeDump:
    """A piece of evidence and the name of the node it belongs to if nothing in it says whose it is.

    It stands in the file `path`, which the evidence calls `where` (empty: in none). `notes` are for the node.
    """

    piece: Piece
    node: str
    source: str
    where: str = ""
    path: str = ""
    notes: tuple[str, ...] = ()


def nodes_of(dumps: Iterable[NodeDump]) -> tuple[Node, ...]:
    """One node for each name and, where the dumps under one name tell of several hosts, one for each of these."""
    by_name: dict[str, list[NodeDump]] = {}
    for mine in dumps:
        by_name.setdefault(mine.node, []).append(mine)
    nodes = _without_strays([node for name, group in by_name.items() for node in _split(name, group)])
    taken: dict[str, int] = {}
    unique = []
    for node in nodes:
        # A directory's name may hold an escape sequence; the node is called as it is shown, in a script and by --node.
        node = replace(node, name=visible(node.name))
        number = taken[node.name] = taken.get(node.name, 0) + 1
        unique.append(node if number == 1 else replace(node, name=f"{node.name} ({number})"))
    return tuple(unique)


def _without_strays(nodes: list[Node]) -> list[Node]:
    """A README beside the nodes is no node. What was not understood in it is counted with the first one's."""
    told = [node for node in nodes if node.evidence or node.kernel]
    strays = [seen for node in nodes if not (node.evidence or node.kernel) for seen in node.unread]
    if not told or not strays:
        return told or nodes
    return [replace(told[0], unread=(*told[0].unread, *strays)), *told[1:]]


def _split(name: str, group: Sequence[NodeDump]) -> list[Node]:
    hosts: dict[str, str] = {}
    for mine in group:
        if host := mine.piece.host:
            hosts.setdefault(_short(host), host)
    source = group[0].source
    if len(hosts) <= 1:
        host = next(iter(hosts.values()), "")
        return [_node(_name(host, name), source, group)]
    # What stands before the first prompt of a paste is the first host's.
    first = next(iter(hosts))
    by_host: dict[str, list[NodeDump]] = {short: [] for short in hosts}
    for dump in group:
        by_host[_short(dump.piece.host) if dump.piece.host else first].append(dump)
    return [_node(host, source, by_host[short]) for short, host in hosts.items()]


def _short(host: str) -> str:
    return host if host.replace(".", "").isdigit() else host.partition(".")[0].lower()


def _name(host: str, given: str) -> str:
    """The host's own name, unless it is one that every machine has."""
    return given if not host or _short(host) in ("localhost", "ubuntu", "debian") else _short(host)


def _node(name: str, source: str, group: Sequence[NodeDump]) -> Node:
    dumps = [mine.piece.dump for mine in group]
    rows: dict[str, list[Any]] = {}
    for dump in dumps:
        for fact, found in dump.facts.items():
            rows.setdefault(fact, []).append(found)
    # A paste is nobody's golden file: what a comment in it asks for is not done, and not lost either.
    pasted = tuple(comment.seen for mine in group if not mine.path for comment in mine.piece.dump.comments)
    unread = (*(seen for dump in dumps for seen in dump.unread), *pasted)
    comments = tuple(comment for mine in group if mine.path for comment in mine.piece.dump.comments)
    notes = [note for mine in group for note in mine.notes]
    evidence: dict[str, Any] = {}
    for fact, lists in rows.items():
        merge: Callable[[Any], Any] = _MERGED.get(fact, _together)
        evidence[fact] = merge(lists)
    kernel = next(iter(evidence.pop("kernel", ())), "")
    links: tuple[Link, ...] = evidence.get("links", ())
    if links and len({link.loopback for link in links}) == 1:
        # Every host has lo and another link: `ip addr show dev eth0` is a part of the answer, and no rule may take it
        # for the whole.
        del evidence["links"]
        names = ", ".join(link.name for link in links[:3])
        notes.append(f"only a part of the links was shown ({names}), so nothing is concluded from what is not there")
    if "configured-sysctl" in evidence:
        files, runtime = evidence["configured-sysctl"], evidence.get("sysctl", ())
        evidence["configured-sysctl"] = configured_sysctl(files, (link.name for link in links), runtime)
    for fact in ("local-routes", "routes"):
        # `ip -6 route` says nothing about IPv4. Table local is never without 127.0.0.0/8 where IPv4 was shown.
        if not any(route.dst.version == 4 for route in (*evidence.get(fact, ()), *evidence.get("local-routes", ()))):
            evidence.pop(fact, None)
    if others := evidence.pop("other-routes", ()):
        if "routes" in evidence:
            evidence["routes"] = _together([evidence["routes"], others])
        else:
            notes.append("routes of other tables were shown, but not those of table main")
    if (counted := evidence.get("ipvs-stats")) and "ipvs" in evidence:
        evidence["ipvs"] = _services([evidence["ipvs"], counted])
    files = {mine.where: mine.path for mine in group if mine.path}
    unread_kinds = tuple(unread for dump in dumps for unread in dump.unread_kinds)
    coverage = {fact: known for fact, known in _coverage(dumps).items() if fact in evidence}
    return Node(
        name, source, evidence, coverage, kernel=kernel, unread=unread, notes=tuple(notes), files=files,
        comments=comments, unread_kinds=unread_kinds,
    )  # fmt: skip


def _coverage(dumps: Iterable[Dump]) -> dict[str, Coverage]:
    """Of each fact that is not whole, or not of its usual origin. One whole dump makes it whole."""
    coverage: dict[str, Coverage] = {}
    for dump in dumps:
        for fact in dump.facts:
            known = coverage.get(fact)
            if known is None or (known.partial is not None and dump.partial is None):
                coverage[fact] = Coverage(dump.origin, dump.partial)
    return {fact: known for fact, known in coverage.items() if known != usual_coverage(fact)}


# -- merging ----------------------------------------------------------------------------------------------------------


def _together(lists: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
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
            if known is None or (known.kind is None and link.kind is not None):
                merged[link.name] = link
    return tuple(merged.values())


def _services(lists: Iterable[Sequence[VirtualService]]) -> tuple[VirtualService, ...]:
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


def _arptables(lists: Sequence[Sequence[ArpTables]]) -> ArpTables:
    """Both backends of arptables: a packet has to pass the rules of one and then of the other."""
    tables = [table for rows in lists for table in rows]
    policies: dict[str, str] = {}
    for table in tables:
        policies.update({chain: policy for chain, policy in table.policies.items() if policies.get(chain) != "DROP"})
    rules = _together([table.rules for table in tables])
    return ArpTables(policies, rules, tuple(seen for table in tables for seen in table.seen))


_MERGED: Mapping[str, Callable[[Any], Any]] = {
    "sysctl": _settings,
    "configured-sysctl": list,
    "links": _links,
    "ipvs": _services,
    "ipvs-stats": _services,
    "arptables": _arptables,
}
