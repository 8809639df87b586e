"""JSON values as the words that the text form would have: so one parser reads both, and no type is taken on trust."""

from collections.abc import Mapping
from typing import Any

Object = Mapping[str, Any]


def text(value: object) -> str:
    """A JSON string or number as a word of the text form would spell it; anything else is no word.

    (An escape can spell what no line of text can hold: a control character, half a surrogate pair.)
    """
    if isinstance(value, str):
        return value if value.isprintable() else ""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def words(value: object) -> frozenset[str]:
    return frozenset(filter(None, map(text, value))) if isinstance(value, list) else frozenset()


def part(value: object) -> Object:
    return value if isinstance(value, dict) else {}
