"""Loops of a task: `loop:` and the lookups of `with_*:` that literal values decide."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product, zip_longest
from typing import Any

from lvsdoctor.parse.config.ansible_inventory import plain
from lvsdoctor.parse.config.jinja import UNKNOWN, UnknownValue, resolved, value_of
from lvsdoctor.parse.config.yaml_text import Scalar, Table

__all__ = ["LoopItem", "loop_items"]

_MOST_ITEMS = 500
_EXPRESSION = re.compile(r"\s*\{\{(?:(?!\}\}).)*\}\}\s*", re.DOTALL)
_RANGE = re.compile(r"(\d{1,4})-(\d{1,4})(?:/(\d{1,3}))?(?::(.+))?")
_FORMAT = re.compile(r"([^%]*)%(0\d)?d([^%]*)")


@dataclass(frozen=True, slots=True)
class LoopItem:
    """An item of a loop, the variables that it sets, and whether the files tell its value."""

    variables: dict[str, Any]
    known: bool


def loop_items(task: Table, variables: dict[str, Any]) -> Iterator[LoopItem | None]:
    """The items of the task's loop, an unknown one where the files do not tell; one round without a loop."""
    name = next((key.text for key, _ in task.pairs if key.text == "loop" or key.text.startswith("with_")), "")
    if not name:
        yield None
        return
    called, counter = _control(task, "loop_var") or "item", _control(task, "index_var")
    node = task.at(name)
    rows = _rows(name, plain(node) if node is not None else UNKNOWN, variables)
    for place, value in enumerate([UNKNOWN] if rows is None else rows[:_MOST_ITEMS]):
        # A loop inside of a file that is included in a loop may have the same variable.
        own = {"item": value, called: value} if called == "item" else {called: value}
        index = {counter: str(place) if rows is not None else UNKNOWN} if counter else {}
        yield LoopItem({**own, **index}, value is not UNKNOWN)


def _control(task: Table, name: str) -> str:
    node = task.at("loop_control", name)
    return node.text if isinstance(node, Scalar) else ""


def _rows(name: str, value: Any, variables: dict[str, Any]) -> list[Any] | None:
    """The items; None where they are not known."""
    value = _known(value, variables)
    if name == "with_sequence":
        return _sequence(resolved(value, variables)) if isinstance(value, str) else None
    if name == "with_dict":
        tables = value if isinstance(value, list) else [value]
        if not all(isinstance(table, dict) for table in tables):
            return None
        return [{"key": key, "value": below} for table in tables for key, below in table.items()]
    if not isinstance(value, list):
        return [value] if name == "with_items" and isinstance(value, str) else None
    if name in ("loop", "with_list"):
        return value
    parts = [_known(item, variables) for item in value]
    if name in ("with_nested", "with_cartesian", "with_together"):
        columns = [part if isinstance(part, list) else [part] for part in parts]
        if any(isinstance(item, UnknownValue) for column in columns for item in column):
            return None
        pairs = zip_longest(*columns) if name == "with_together" else product(*columns)
        return [list(pair) for pair, _ in zip(pairs, range(_MOST_ITEMS), strict=False)]
    flat = [item for part in parts for item in (part if isinstance(part, list) else [part])]
    if name == "with_indexed_items":
        return [[str(place), item] for place, item in enumerate(flat)]
    if name == "with_flattened":
        return [item for part in flat for item in (part if isinstance(part, list) else [part])]
    return flat if name == "with_items" else None


def _known(value: Any, variables: dict[str, Any]) -> Any:
    """The value of an item that is an expression, or a bare name where that is all that a loop has."""
    if not isinstance(value, str):
        return value
    if _EXPRESSION.fullmatch(value):
        return value_of(value.strip()[2:-2].strip("-"), variables)
    return variables.get(value, value)


def _sequence(text: str) -> list[Any] | None:
    """`start=1 end=4 format=rs%02d`, `count=4` and `1-4`."""
    words = dict(word.partition("=")[::2] for word in text.split() if "=" in word)
    if (match := _RANGE.fullmatch(text.strip())) is not None:
        words = {"start": match[1], "end": match[2], "stride": match[3] or "1", "format": match[4] or "%d"}
    if not words or not all(words.get(key, "1").isdecimal() for key in ("start", "end", "count", "stride")):
        return None
    start, stride = int(words.get("start", "1")[:6]), int(words.get("stride", "1")[:6]) or 1
    end = int(words["end"][:6]) if "end" in words else start + (int(words.get("count", "0")[:6]) - 1) * stride
    form = _FORMAT.fullmatch(words.get("format", "%d"))
    if form is None or (end - start) // stride >= _MOST_ITEMS:
        return None
    width = int(form[2][1]) if form[2] else 0
    return [f"{form[1]}{number:0{width}d}{form[3]}" for number in range(start, end + 1, stride)]
