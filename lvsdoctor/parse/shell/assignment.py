"""`NAME=VALUE`, `NAME+=VALUE`, `NAME=(...)` and `((NAME++))` of a script, as its syntax tree has them."""

from collections.abc import Callable

from lvsdoctor.parse.shell import arithmetic
from lvsdoctor.parse.shell.command import UNKNOWN
from lvsdoctor.parse.shell.syntax import Node
from lvsdoctor.parse.shell.words import Scope, expanded, fields


def assign(node: Node, text_of: Callable[[Node], str], scope: Scope) -> bool:
    """Is it one of these?"""
    if node.type == "compound_statement":
        counts = text_of(node).startswith("((")
        if counts:
            count(text_of(node)[2:-2], scope)
        return counts
    _assign(node, text_of, scope)
    return True


def _assign(node: Node, text_of: Callable[[Node], str], scope: Scope) -> None:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None:
        return
    if name.type != "variable_name":
        _element(text_of(name), value, text_of, scope)
        return
    adds = any(child.type == "+=" for child in node.children)
    known = scope.variables.get(text_of(name), UNKNOWN if adds else "")
    if value is not None and value.type == "array":
        words = tuple(word for child in value.named_children for word in fields(text_of(child), scope))
        before = (known,) if isinstance(known, str) else known
        scope.set(text_of(name), (*before, *words) if adds else words)
        return
    text = expanded(text_of(value), scope) if value is not None else ""
    scope.set(text_of(name), f"{known}{text}" if adds and isinstance(known, str) else text)


def _element(name: str, value: "Node | None", text_of: Callable[[Node], str], scope: Scope) -> None:
    """`A[0]=...`: the next of a list, or another value of one that is there; of any other the list is not known."""
    array, _, index = name.removesuffix("]").partition("[")
    place, known = expanded(index, scope), scope.variables.get(array, ())
    values = (known,) if isinstance(known, str) else known
    if not place.isdigit() or int(place[:4]) > len(values):
        scope.variables.pop(array, None)
        return
    text = expanded(text_of(value), scope) if value is not None else ""
    scope.set(array, (*values[: int(place)], text, *values[int(place) + 1 :]))


def count(text: str, scope: Scope) -> None:
    """`((i++))`, `let i+=1`."""
    for name, value in arithmetic.assigned(text, scope.plain, UNKNOWN).items():
        scope.set(name, value)
