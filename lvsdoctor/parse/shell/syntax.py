"""The one door to tree-sitter, and to its grammar of bash."""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser
else:
    Node = "Node"

__all__ = ["LARGEST_SCRIPT", "MissingParser", "Node", "branches_of", "case_body", "parse"]

_ODD = re.compile(r"[^\t\n\x20-\x7e]")
LARGEST_SCRIPT = 500_000  # bytes; scripts that people write have a hundredth of it


class MissingParser(Exception):
    """tree-sitter, or its grammar of bash, is not installed."""


@cache
def _parser() -> "Parser":
    try:
        import tree_sitter_bash
        from tree_sitter import Language, Parser
    except ImportError as error:
        raise MissingParser from error
    return Parser(Language(tree_sitter_bash.language()))


def parse(text: str) -> "Node":
    """The root of a script's syntax tree, whose bytes are the characters of the text. Raises MissingParser."""
    # The grammar's scanner asks isdigit() and the like of any character (src/scanner.c), which ends the whole process
    # for some of them: it is shown a letter in the place of each that is not ASCII's.
    return _parser().parse(_ODD.sub("x", text).encode()).root_node


def branches_of(node: "Node") -> "tuple[list[Node] | None, tuple[list[Node], list[Node]]]":
    """The condition of an if or elif, the commands behind `then`, and the clauses that follow."""
    condition: list[Node] = []
    body: list[Node] = []
    rest: list[Node] = []
    behind = False
    for child in node.children:
        if child.type == "then":
            behind = True
        elif child.type in ("elif_clause", "else_clause"):
            rest.append(child)
        elif child.is_named and child.type != "comment":
            (body if behind else condition).append(child)
    return condition or None, (body, rest)


def case_body(item: "Node") -> "list[Node]":
    patterns = len(item.children_by_field_name("value"))
    return item.named_children[patterns:]
