"""A node with other rows. What was not collected stays so."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from lvsdoctor.model.node import Node
from lvsdoctor.model.route import Route
from lvsdoctor.model.seen import Seen

ROUTE_FACTS = ("routes", "local-routes")
_NOWHERE = Seen("", None, "")


def with_rows(node: Node, fact: str, rows: Any) -> Node:
    return replace(node, evidence={**node.evidence, fact: rows})


def routes_in(node: Node, fact: str) -> tuple[Route, ...]:
    rows: tuple[Route, ...] = node.evidence.get(fact, ())
    return rows


def with_routes(node: Node, becomes: Callable[[Route], Route | None]) -> Node:
    """The node with every collected route as `becomes` says; None: it goes."""
    for fact in ROUTE_FACTS:
        if node.has(fact):
            rows = routes_in(node, fact)
            kept = tuple(row for row in map(becomes, rows) if row is not None)
            if kept != rows:
                node = with_rows(node, fact, kept)
    return node


def fact_of(route: Route) -> str:
    """The fact that holds the routes of its table."""
    return "local-routes" if route.table == "local" else "routes"


def without(routes: Iterable[Route], others: Iterable[Route]) -> list[Route]:
    """The routes that are not among the others, wherever either was seen."""
    known = {replace(route, seen=_NOWHERE) for route in others}
    return [route for route in routes if replace(route, seen=_NOWHERE) not in known]


def same(one: Route, other: Route) -> bool:
    """Do the two differ in nothing but where they were seen?"""
    return replace(one, seen=_NOWHERE) == replace(other, seen=_NOWHERE)
