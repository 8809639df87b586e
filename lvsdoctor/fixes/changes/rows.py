"""A node with other rows, and rows held against each other."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from lvsdoctor.model.address import Address
from lvsdoctor.model.ipvs import Destination
from lvsdoctor.model.link import Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import PolicyRule, Route
from lvsdoctor.model.seen import Seen

ROUTE_FACTS = ("routes", "local-routes")
_NOWHERE = Seen("", None, "")
_Row = TypeVar("_Row", Address, Destination, Neighbour, PolicyRule, Route)


def with_rows(node: Node, fact: str, rows: Any) -> Node:
    """The node with these rows; itself where it has them, or where the fact was not collected."""
    if not node.has(fact) or rows == node.evidence[fact]:
        return node
    return replace(node, evidence={**node.evidence, fact: rows})


def link_of(node: Node, name: str) -> Link | None:
    return node.link(name) if node.has("links") else None


def routes_in(node: Node, fact: str) -> tuple[Route, ...]:
    rows: tuple[Route, ...] = node.evidence.get(fact, ())
    return rows


def with_routes(node: Node, becomes: Callable[[Route], Route | None]) -> Node:
    """The node with every collected route as `becomes` says; None: it goes."""
    for fact in ROUTE_FACTS:
        node = with_rows(node, fact, tuple(row for row in map(becomes, routes_in(node, fact)) if row is not None))
    return node


def fact_of(route: Route) -> str:
    """The fact that holds the routes of its table."""
    return "local-routes" if route.table == "local" else "routes"


def unseen(row: _Row) -> _Row:
    """The row without where it was seen."""
    return replace(row, seen=_NOWHERE)


def same(row: _Row, other: _Row | None) -> bool:
    """Do the two differ in nothing but where they were seen?"""
    return other is not None and unseen(row) == unseen(other)
