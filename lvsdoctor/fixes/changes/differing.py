"""What differs between a node and the same node after a change."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lvsdoctor.fixes.changes.applying import applied
from lvsdoctor.fixes.changes.rows import ROUTE_FACTS, routes_in, same
from lvsdoctor.model.address import Address
from lvsdoctor.model.change import Change
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting

_NOWHERE = Seen("", None, "")


@dataclass(frozen=True, slots=True)
class Difference:
    """`lost` rows are those of before, in their order; `settings` maps a key to what it was (None: not known) and what
    it is."""

    before: Node
    after: Node
    settings: Mapping[str, tuple[Setting | None, Setting | None]]
    lost_addresses: tuple[Address, ...]
    promoted: tuple[Address, ...]
    lost_routes: tuple[Route, ...]
    new_routes: tuple[Route, ...]


def difference(change: Change, before: Node) -> Difference:
    """What the change does to the node. Rows that only moved, or were seen elsewhere, do not differ."""
    after = applied(change, before)
    had, has = _addresses(before), _addresses(after)
    left = {(address.ip, address.prefixlen, address.link): address for address in has}
    lost = [address for address in had if (address.ip, address.prefixlen, address.link) not in left]
    kept = [left[key] for a in had if (key := (a.ip, a.prefixlen, a.link)) in left and a.secondary]
    gone = [route for route in _routes(before) if not any(same(route, other) for other in _routes(after))]
    new = [route for route in _routes(after) if not any(same(route, other) for other in _routes(before))]
    return Difference(
        before,
        after,
        _settings(before, after),
        tuple(lost),
        tuple(address for address in kept if not address.secondary),
        tuple(gone),
        tuple(new),
    )


def facts(node: Node) -> Mapping[str, object]:
    """All that was collected of a node, without where it was seen. Of all rows only addresses are held to their order:
    it makes one primary, and the source of packets."""
    return {fact: _bare(fact, rows) for fact, rows in node.evidence.items()}


def alike(node: Node, other: Node) -> bool:
    """Have both the same facts?"""
    return node.evidence.keys() == other.evidence.keys() and all(
        _same_rows(fact, rows, other.evidence[fact]) for fact, rows in node.evidence.items()
    )


def _same_rows(fact: str, rows: object, others: object) -> bool:
    if rows is others:
        return True
    if isinstance(rows, tuple) and isinstance(others, tuple) and fact not in ("addresses", "arptables"):
        # Of a table of thousands a change leaves all rows but a few as they are, and these need no look.
        shared = set(map(id, rows)).intersection(map(id, others))
        rows = tuple(row for row in rows if id(row) not in shared)
        others = tuple(row for row in others if id(row) not in shared)
    return _bare(fact, rows) == _bare(fact, others)


def restored(node: Node, before: Node) -> bool:
    """Is all of before back? Of the routes that the kernel makes for addresses a dump of before may have shown less."""
    kept = (fact for fact in before.evidence if fact not in ROUTE_FACTS)
    if not all(_same_rows(fact, node.evidence[fact], before.evidence[fact]) for fact in kept):
        return False
    new = [route for route in _routes(node) if not any(same(route, other) for other in _routes(before))]
    return not missing_routes(before, node) and all(route.protocol == "kernel" for route in new)


def missing_routes(before: Node, node: Node) -> tuple[Route, ...]:
    """The routes of before that the node lacks. Those of addresses are the kernel's to make, whatever their source."""
    has = {_identity(route) for route in _routes(node)}
    return tuple(route for route in _routes(before) if _identity(route) not in has)


def _identity(route: Route) -> Route:
    return replace(route, seen=_NOWHERE, src=None if route.protocol == "kernel" else route.src)


def _bare(fact: str, rows: object) -> object:
    if fact == "sysctl":
        assert isinstance(rows, Mapping)
        return {key: setting.raw for key, setting in rows.items()}
    if not isinstance(rows, tuple) or fact == "arptables":
        return rows
    bare = [_unseen(row) for row in rows]
    return bare if fact == "addresses" else sorted(bare, key=repr)


def _unseen(row: Any) -> object:
    if isinstance(row, VirtualService):
        real_servers: list[Any] = sorted(map(_unseen, row.destinations), key=repr)
        row = replace(row, destinations=tuple(real_servers))
    return replace(row, seen=_NOWHERE)


def _addresses(node: Node) -> tuple[Address, ...]:
    return node.addresses if node.has("addresses") else ()


def _routes(node: Node) -> tuple[Route, ...]:
    return tuple(route for fact in ROUTE_FACTS for route in routes_in(node, fact))


def _settings(before: Node, after: Node) -> dict[str, tuple[Setting | None, Setting | None]]:
    if not before.has("sysctl"):
        return {}
    had: Mapping[str, Setting] = before.evidence["sysctl"]
    has: Mapping[str, Setting] = after.evidence["sysctl"]
    pairs = {key: (had.get(key), has.get(key)) for key in dict.fromkeys((*had, *has))}
    return {
        key: pair for key, pair in pairs.items() if pair[0] is None or pair[1] is None or pair[0].raw != pair[1].raw
    }
