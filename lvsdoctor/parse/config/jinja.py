"""Jinja expressions as Ansible's files have them, as far as literal values decide them. Nothing is evaluated.

What is not known stays what it is: `resolved()` leaves such an expression in its place, and `is_known()` tells.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["UNKNOWN", "UnknownValue", "condition", "is_known", "resolved", "value_of"]

_EXPRESSION = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_STEP = re.compile(r"\s*\.\s*([A-Za-z_]\w*|\d+)", re.ASCII)
_CHOICE = re.compile(r"(.+?)\s+if\s+(.+?)\s+else\s+(.+)", re.DOTALL)
_LITERAL = re.compile(r"\s*(?:'([^'\\]*)'|\"([^\"\\]*)\"|(-?\d+(?:\.\d+)?)|(true|false|True|False)(?!\w))\s*", re.ASCII)
_FILTER = re.compile(r"\s*\|\s*(?:ansible\.builtin\.)?([a-z_0-9]+)\s*(?:\(([^()]*)\))?\s*", re.ASCII)
_DEEPEST, _LARGEST, _LONGEST = 8, 20_000, 1000


class UnknownValue:
    """A value that the files do not tell."""

    def __repr__(self) -> str:
        return "(unknown)"


UNKNOWN = UnknownValue()
Variables = Mapping[str, Any]


def is_known(text: str) -> bool:
    """Is no template left in it?"""
    return not any(sign in text for sign in ("{{", "{%", "{#"))


def resolved(text: str, variables: Variables, depth: int = 0) -> str:
    """The text with the values of what is known in it."""
    if "{{" not in text or depth > _DEEPEST or len(text) > _LARGEST:
        return text

    def put(match: re.Match[str]) -> str:
        value = value_of(match[1], variables, depth + 1)
        return value if isinstance(value, str) else match[0]

    result = _EXPRESSION.sub(put, text)
    return result if len(result) <= _LARGEST else text


def value_of(expression: str, variables: Variables, depth: int = 0) -> Any:
    """What an expression comes to: text, a list, a dictionary, or UNKNOWN."""
    if depth > _DEEPEST or len(expression) > _LONGEST:
        return UNKNOWN
    if (choice := _CHOICE.fullmatch(expression.strip())) is not None:
        truth = condition(choice[2], variables, depth + 1)
        return UNKNOWN if truth is None else value_of(choice[1] if truth else choice[3], variables, depth + 1)
    literal = _LITERAL.match(expression)
    if literal is not None:
        value: Any = next(group for group in literal.groups() if group is not None)
        at = literal.end()
    else:
        expression = expression.strip()
        name = _NAME.match(expression)
        if name is None:
            return UNKNOWN
        value, at = variables.get(name[0], UNKNOWN), name.end()
        # `x | default(...)` counts where no file sets x; what Ansible gathers from the host is known to nobody here.
        unset = value is UNKNOWN and name[0] not in variables and not name[0].startswith(("ansible_", "hostvars"))
        if unset and (default := _default(expression[at:])) is not None:
            return default
        while (below := _step(expression, at, variables, depth)) is not None:
            value, at = _below(_flat(value, variables, depth), below[0]), below[1]
        value = _flat(value, variables, depth)
    while at < len(expression):
        step = _FILTER.match(expression, at)
        if step is None:
            return UNKNOWN
        value, at = _filtered(value, step[1], step[2] or ""), step.end()
    return value


def _default(rest: str) -> str | None:
    match = re.fullmatch(r"\s*\|\s*(?:default|d)\s*\((.*?)(?:,\s*true\s*)?\)\s*", rest, re.IGNORECASE)
    literal = _LITERAL.fullmatch(match[1]) if match else None
    return next(group for group in literal.groups() if group is not None) if literal else None


def _flat(value: Any, variables: Variables, depth: int) -> Any:
    """The value of a variable, whose text may hold expressions itself."""
    if not isinstance(value, str) or is_known(value):
        return value
    if depth > _DEEPEST:
        return UNKNOWN
    whole = _EXPRESSION.fullmatch(value.strip())
    if whole is not None and "{{" not in whole[1]:
        return value_of(whole[1], variables, depth + 1)
    text = resolved(value, variables, depth + 1)
    return text if is_known(text) else UNKNOWN


def _step(expression: str, at: int, variables: Variables, depth: int) -> tuple[Any, int] | None:
    """The next `.name` or `[...]` of an expression, and where it ends; what stands in brackets may be an expression."""
    if (match := _STEP.match(expression, at)) is not None:
        return match[1], match.end()
    begin = at + len(expression[at:]) - len(expression[at:].lstrip())
    if expression[begin : begin + 1] != "[":
        return None
    open_brackets = 0
    for end in range(begin, len(expression)):
        open_brackets += {"[": 1, "]": -1}.get(expression[end], 0)
        if not open_brackets:
            return value_of(expression[begin + 1 : end], variables, depth + 1), end + 1
    return None


def _below(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        return value.get(key, UNKNOWN) if isinstance(key, str) else UNKNOWN
    if isinstance(value, list) and isinstance(key, str) and re.fullmatch(r"-?\d{1,5}", key, re.ASCII):
        place = int(key)
        return value[place] if -len(value) <= place < len(value) else UNKNOWN
    return UNKNOWN


_OF_TEXT: Mapping[str, Callable[[str], str]] = {
    "string": str, "trim": str.strip, "lower": str.lower, "upper": str.upper, "quote": str,
}  # fmt: skip


def _filtered(value: Any, name: str, argument: str) -> Any:
    if value is UNKNOWN:
        return UNKNOWN
    if name in ("default", "d", "mandatory", "list"):
        return value
    if isinstance(value, str):
        if name in _OF_TEXT:
            return _OF_TEXT[name](value)
        return value if name in ("int", "bool") and re.fullmatch(r"\d+|true|false|yes|no", value.lower()) else UNKNOWN
    if isinstance(value, dict) and name == "dict2items":
        return [{"key": key, "value": below} for key, below in value.items()]
    if isinstance(value, list) and name in ("first", "last") and value:
        return value[0 if name == "first" else -1]
    if isinstance(value, list) and name == "join" and all(isinstance(item, str) for item in value):
        literal = _LITERAL.fullmatch(argument) if argument else None
        separator = next((group for group in literal.groups() if group is not None), "") if literal else ""
        return separator.join(value) if literal or not argument else UNKNOWN
    return UNKNOWN


# -- when: ------------------------------------------------------------------------------------------------------------

_COMPARED = re.compile(r"(.+?)\s*(==|!=)\s*(.+)")
_IN = re.compile(r"(.+?)\s+(not\s+)?in\s+(.+)")
_DEFINED = re.compile(r"([A-Za-z_]\w*)\s+is\s+(not\s+)?defined", re.ASCII)


def condition(text: str, variables: Variables, depth: int = 0) -> bool | None:
    """What a condition comes to; None where the files do not tell."""
    text = text.strip()
    if depth > _DEEPEST or not text:
        return None
    whole = _EXPRESSION.fullmatch(text)
    if whole is not None:
        text = whole[1].strip()
    for word, neutral in ((" or ", False), (" and ", True)):
        if word in text:
            parts = [condition(part, variables, depth + 1) for part in text.split(word)[:50]]
            if (not neutral) in parts:
                return not neutral
            return None if None in parts else neutral
    if text.startswith("not "):
        inner = condition(text[4:], variables, depth + 1)
        return None if inner is None else not inner
    if text.startswith("(") and text.endswith(")") and "(" not in text[1:]:
        return condition(text[1:-1], variables, depth + 1)
    return _simple(text, variables)


def _simple(text: str, variables: Variables) -> bool | None:
    if (match := _DEFINED.fullmatch(text)) is not None:
        defined = True if match[1] in variables else None
        return None if defined is None else not match[2]
    if (match := _COMPARED.fullmatch(text)) is not None:
        first, second = value_of(match[1], variables), value_of(match[3], variables)
        known = isinstance(first, str) and isinstance(second, str)
        return (first == second) is (match[2] == "==") if known else None
    if (match := _IN.fullmatch(text)) is not None:
        value, values = value_of(match[1], variables), value_of(match[3], variables)
        known = isinstance(value, str) and isinstance(values, list)
        return (value in values) is not bool(match[2]) if known else None
    value = value_of(text, variables)
    word = value.lower() if isinstance(value, str) else ""
    return (
        True
        if word in ("true", "yes", "on", "1")
        else False
        if word in ("false", "no", "off", "0", "") and isinstance(value, str)
        else None
    )
