"""JSON with an indent of two, to the byte what the json module writes: that does it in Python, piece by piece, and for
a thousand nodes it is most of what a report costs."""

import json
from collections.abc import Iterator, Mapping
from json.encoder import encode_basestring_ascii
from typing import Any, TextIO

_INDENT = "  "


def write_json(value: Mapping[str, Any], stream: TextIO) -> None:
    """An object, a row of its lists at a time. Other than ASCII is escaped: a terminal sequence or a lone surrogate out
    of the evidence stays an escape in whatever shows this."""
    for piece in _rows(value):
        stream.write(piece)


def _rows(value: Mapping[str, Any]) -> Iterator[str]:
    before = "{\n"
    for key, item in value.items():
        yield f"{before}{_INDENT}{encode_basestring_ascii(key)}: "
        before = ",\n"
        if isinstance(item, list) and item:
            margin, opening = 2 * _INDENT, "[\n"
            for row in item:
                yield f"{opening}{margin}{_text(row, margin)}"
                opening = ",\n"
            yield f"\n{_INDENT}]"
        else:
            yield _text(item, _INDENT)
    yield "\n}" if value else "{}"


def _text(value: Any, margin: str) -> str:
    """A value whose first line is indented already."""
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if not isinstance(value, (dict, list)):
        return "null" if value is None else json.dumps(value)
    if not value:
        return "{}" if isinstance(value, dict) else "[]"
    inner = margin + _INDENT
    if isinstance(value, dict):
        rows = [f"{inner}{encode_basestring_ascii(key)}: {_text(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(rows) + f"\n{margin}}}"
    return "[\n" + ",\n".join([f"{inner}{_text(item, inner)}" for item in value]) + f"\n{margin}]"
