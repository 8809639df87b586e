"""What asciinema records of a terminal (docs.asciinema.org: asciicast v1, v2 and v3)."""

import json
from typing import Any

from lvsdoctor.parse.paste.patterns import pattern

_HEADER = pattern(r'\{[^{}\n]{0,80}?"version": ?[123],')


def is_asciicast(begin: str) -> bool:
    return _HEADER.match(begin) is not None and any(sign in begin[:2000] for sign in ('"width"', '"term"'))


def text_of_asciicast(text: str) -> str:
    """What the terminal was sent, "" where that is no recording."""
    lines = text.lstrip("\ufeff").split("\n")
    if (first := _value(lines[0])) is None:
        whole = _value(text.lstrip("\ufeff"))
        events = whole.get("stdout") if isinstance(whole, dict) else None
        return "".join(event[1] for event in events or () if _is_event(event, 2))
    if not isinstance(first, dict):
        return ""
    if isinstance(first.get("stdout"), list):
        return "".join(event[1] for event in first["stdout"] if _is_event(event, 2))
    values = (_value(line) for line in lines[1:] if line.startswith("["))
    return "".join(event[2] for event in values if _is_event(event, 3) and event[1] == "o")


def _is_event(event: Any, length: int) -> bool:
    return isinstance(event, list) and len(event) == length and isinstance(event[-1], str)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
