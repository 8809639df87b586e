"""Jinja expressions as Ansible's files have them, as far as literal values decide them. Nothing is evaluated.

What is not known stays what it is: `resolved()` leaves such an expression in its place, and `is_known()` tells.
"""

import re
from collections.abc import Mapping
from typing import Any

from lvsdoctor.parse.config.jinja_expression import NotAnExpressionError, evaluated
from lvsdoctor.parse.config.jinja_values import UNKNOWN, UnknownValue, text_of, truth_of

__all__ = ["UNKNOWN", "UnknownValue", "condition", "is_known", "resolved", "value_of"]

_EXPRESSION = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
_DEEPEST, _LARGEST, _LONGEST = 8, 20_000, 1000

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
    return text_of(_value(expression, variables, depth))


def _value(expression: str, variables: Variables, depth: int) -> Any:
    if depth > _DEEPEST or len(expression) > _LONGEST:
        return UNKNOWN
    try:
        return evaluated(expression, variables, lambda value: _flat(value, variables, depth))
    except NotAnExpressionError:
        return UNKNOWN


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


def condition(text: str, variables: Variables, depth: int = 0) -> bool | None:
    """What a condition comes to; None where the files do not tell."""
    whole = _EXPRESSION.fullmatch(text.strip())
    return truth_of(_value(whole[1] if whole else text, variables, depth + 1))
