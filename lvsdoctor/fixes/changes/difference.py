"""What differs between a node and the same node after a change."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lvsdoctor.fixes.changes.filter_rows import FILTER_FACTS, meaning
from lvsdoctor.fixes.changes.rows import ROUTE_FACTS, routes_in, unseen
from lvsdoctor.model.address import Address
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import Route
from lvsdoctor.model.sysctl import Setting

_IN_ORDER = ("addresses", "arptables", *FILTER_FACTS)


def lost_addresses(before: Node, after: Node) -> tuple[Address, ...]:
    """Those of before that are gone, in their order."""
    left = set(map(_place, _addresses(after)))
    return tuple(address for address in _addresses(before) if _place(address) not in left)


def promoted(before: Node, after: Node) -> tuple[Address, ...]:
    """Those that were secondary and are no longer."""
    left = {_place(address): address for address in _addresses(after)}
    kept = (left[_place(a)] for a in _addresses(before) if a.secondary and _place(a) in left)
    return tuple(address for address in kept if not address.secondary)


def _addresses(node: Node) -> Sequence[Address]:
    return node.addresses if node.has("addresses") else ()


def _place(address: Address) -> tuple[object, ...]:
    return address.ip, address.prefixlen, address.link


def lost_routes(before: Node, after: Node) -> tuple[Route, ...]:
    """Those of before that are gone, in their order."""
    return _lacking(_routes(before), _routes(after), unseen)


def new_routes(before: Node, after: Node) -> tuple[Route, ...]:
    """Those that were not there before."""
    return _lacking(_routes(after), _routes(before), unseen)


def missing_routes(before: Node, node: Node) -> tuple[Route, ...]:
    """The routes of before that the node lacks. Those of addresses are the kernel's to make, whatever their source."""
    return _lacking(_routes(before), _routes(node), _identity)


def _identity(route: Route) -> Route:
    return replace(unseen(route), src=None if route.protocol == "kernel" else route.src)


def _lacking(rows: Iterable[Route], others: Iterable[Route], bare: Callable[[Route], Route]) -> tuple[Route, ...]:
    """The rows that are not among the others. Those that nothing touched are the same objects, and need no look."""
    untouched = set(map(id, rows := tuple(rows))).intersection(map(id, others := tuple(others)))
    known = {bare(row) for row in others if id(row) not in untouched}
    return tuple(row for row in rows if id(row) not in untouched and bare(row) not in known)


def _routes(node: Node) -> tuple[Route, ...]:
    return tuple(route for fact in ROUTE_FACTS for route in routes_in(node, fact))


def changed_settings(before: Node, after: Node) -> Mapping[str, tuple[Setting | None, Setting | None]]:
    """What a setting was (None: not known) and what it is."""
    was: Mapping[str, Setting] = before.evidence.get("sysctl", {})
    now: Mapping[str, Setting] = after.evidence.get("sysctl", {})
    pairs = ((key, was.get(key), now.get(key)) for key in dict.fromkeys((*was, *now)))
    return {key: (a, b) for key, a, b in pairs if a is not b and (a is None or b is None or a.raw != b.raw)}


# -- all facts --------------------------------------------------------------------------------------------------------


def facts(node: Node) -> Mapping[str, object]:
    """All that was collected of a node, without where it was seen. Of all rows only addresses are held to their order:
    it makes one primary, and the source of packets."""
    return {fact: _bare(fact, rows) for fact, rows in node.evidence.items()}


def alike(node: Node, other: Node) -> bool:
    """Have both the same facts?"""
    return node.evidence is other.evidence or (
        node.evidence.keys() == other.evidence.keys()
        and all(_same_rows(fact, rows, other.evidence[fact]) for fact, rows in node.evidence.items())
    )


def restored(node: Node, before: Node) -> bool:
    """Is all of before back? Of the routes that the kernel makes for addresses a dump of before may have shown less."""
    kept = (fact for fact in before.evidence if fact not in ROUTE_FACTS)
    if not all(_same_rows(fact, node.evidence[fact], before.evidence[fact]) for fact in kept):
        return False
    return not missing_routes(before, node) and all(row.protocol == "kernel" for row in new_routes(before, node))


def _same_rows(fact: str, rows: object, others: object) -> bool:
    if rows is others:
        return True
    if isinstance(rows, tuple) and isinstance(others, tuple) and fact not in _IN_ORDER:
        # Of a table of thousands a change leaves all rows but a few as they are, and these need no look.
        shared = set(map(id, rows)).intersection(map(id, others))
        rows = tuple(row for row in rows if id(row) not in shared)
        others = tuple(row for row in others if id(row) not in shared)
    return _bare(fact, rows) == _bare(fact, others)


def _bare(fact: str, rows: object) -> object:
    if fact == "sysctl":
        assert isinstance(rows, Mapping)
        return {key: setting.raw for key, setting in rows.items()}
    if not isinstance(rows, tuple) or fact == "arptables":
        return rows
    if fact in FILTER_FACTS:
        return [meaning(table) for table in rows]
    bare = list(_bare_rows(rows))
    return bare if fact == "addresses" else sorted(bare, key=repr)


def _bare_rows(rows: Iterable[Any]) -> Iterator[Any]:
    for row in rows:
        if isinstance(row, VirtualService):
            row = replace(row, destinations=tuple(sorted(_bare_rows(row.destinations), key=repr)))
        yield unseen(row)
