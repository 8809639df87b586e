"""`NAME=VALUE`, `NAME+=VALUE` and `NAME=(...)` of a script, as its syntax tree has them."""

from collections.abc import Callable

from lvsdoctor.parse.shell.command import UNKNOWN
from lvsdoctor.parse.shell.syntax import Node
from lvsdoctor.parse.shell.words import Scope, expanded, fields


def assign(node: Node, text_of: Callable[[Node], str], scope: Scope) -> None:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name is None:
        return
    if name.type != "variable_name":  # A[0]=...
        scope.variables.pop(text_of(name).partition("[")[0], None)
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
