"""Expressions of Jinja, taken apart as jinja2's own parser does, and worked out from literal values alone.

Nothing is executed: calls are those of `jinja_values.py`, and what is not one of them is not known.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lvsdoctor.parse.config.jinja_values import (
    UNKNOWN,
    Quoted,
    Undefined,
    UnknownValue,
    compared,
    computed,
    filtered,
    is_of,
    method,
    truth_of,
)

__all__ = ["NotAnExpressionError", "evaluated"]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'[^'\\]*'|\"[^\"\\]*\")|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>==|!=|<=|>=|//|[-+*/%~<>|.,:()\[\]{}=]))",
    re.ASCII,
)
_DEEPEST, _MOST_TOKENS, _MOST_RANGE = 40, 400, 500
_GIVEN_BY_HOST = ("ansible_", "hostvars")


class NotAnExpressionError(ValueError):
    """It is no expression that this reader takes apart."""


def evaluated(text: str, variables: Mapping[str, Any], flat: Callable[[Any], Any]) -> Any:
    """What it comes to; `flat` resolves the value of a variable. Raises NotAnExpressionError."""
    reader = _Reader(_tokens(text), variables, flat)
    value = reader.choice()
    if reader.at != len(reader.tokens):
        raise NotAnExpressionError(text)
    return value


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    text, at = text.rstrip(), 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(found) >= _MOST_TOKENS:
            raise NotAnExpressionError(text)
        kind = match.lastgroup or ""
        found.append((kind, match[kind]))
        at = match.end()
    return found


@dataclass(slots=True)
class _Reader:
    tokens: list[tuple[str, str]]
    variables: Mapping[str, Any]
    flat: Callable[[Any], Any]
    at: int = 0
    depth: int = field(default=0)

    # -- tokens -------------------------------------------------------------------------------------------------------

    def _next(self) -> str:
        """The sign or word that comes; "" for text, a number and the end."""
        kind, word = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        return word if kind in ("name", "sign") else ""

    def _take(self, *words: str) -> str:
        word = self._next()
        if word and word in words:
            self.at += 1
            return word
        return ""

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise NotAnExpressionError(word)

    def _name(self) -> str:
        kind, word = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind not in ("name", "number"):
            raise NotAnExpressionError(word)
        self.at += 1
        return word

    # -- grammar, from the loosest to the tightest ---------------------------------------------------------------------

    def choice(self) -> Any:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise NotAnExpressionError("too deep")
        value = self._either()
        while self._take("if"):
            truth = truth_of(self._either())
            other = self.choice() if self._take("else") else Undefined(firm=True)
            value = UNKNOWN if truth is None else value if truth else other
        self.depth -= 1
        return value

    def _either(self) -> Any:
        return self._logic("or", self._both, decides=True)

    def _both(self) -> Any:
        return self._logic("and", self._negated, decides=False)

    def _logic(self, word: str, part: Callable[[], Any], *, decides: bool) -> Any:
        value = part()
        while self._take(word):
            first, second = truth_of(value), truth_of(part())
            value = decides if decides in (first, second) else UNKNOWN if None in (first, second) else not decides
        return value

    def _negated(self) -> Any:
        if self._take("not"):
            truth = truth_of(self._negated())
            return UNKNOWN if truth is None else not truth
        return self._comparison()

    def _comparison(self) -> Any:
        value = self._sum()
        while True:
            if sign := self._take("==", "!=", "<", ">", "<=", ">=", "in"):
                value = compared(sign, value, self._sum())
            elif self._next() == "not" and self.tokens[self.at + 1 : self.at + 2] == [("name", "in")]:
                self.at += 2
                value = compared("not in", value, self._sum())
            else:
                return value

    def _sum(self) -> Any:
        value = self._product()
        while sign := self._take("+", "-", "~"):
            value = computed(sign, value, self._product())
        return value

    def _product(self) -> Any:
        value = self._unary()
        while sign := self._take("*", "/", "//", "%"):
            value = computed(sign, value, self._unary())
        return value

    def _unary(self) -> Any:
        if self._take("-"):
            return computed("-", "0", self._unary())
        value = self._postfix(self._primary())
        while sign := self._take("|", "is"):
            negated = sign == "is" and bool(self._take("not"))
            name = self._name()
            while self._take("."):
                name = self._name()  # ansible.builtin.default
            arguments, named = self._arguments() if self._next() == "(" else ([], {})
            if sign == "|":
                value = self._postfix(self.flat(filtered(value, name, arguments, named)))
            else:
                if not arguments and self.at < len(self.tokens) and name in ("in", "equalto", "eq", "ne"):
                    arguments = [self._postfix(self._primary())]
                result = is_of(value, name, arguments)
                value = UNKNOWN if isinstance(result, UnknownValue) else bool(result) is not negated
        return value

    def _primary(self) -> Any:
        kind, word = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        self.at += 1
        if kind == "text":
            return Quoted(word[1:-1])
        if kind == "number":
            return word
        if word == "(":
            value = self.choice()
            if self._next() == ",":
                value = [value, *self._rest(")")]
            else:
                self._expect(")")
            return value
        if word == "[":
            return [] if self._take("]") else [self.choice(), *self._rest("]")]
        if word == "{":
            return self._table()
        if kind != "name":
            raise NotAnExpressionError(word)
        return self._variable(word)

    def _variable(self, word: str) -> Any:
        if word.lower() in ("true", "false", "none"):
            return {"true": True, "false": False, "none": None}[word.lower()]
        if self._next() == "(":
            arguments, _ = self._arguments()
            return _range(arguments) if word == "range" else UNKNOWN
        if word not in self.variables:
            return UNKNOWN if word.startswith(_GIVEN_BY_HOST) else Undefined(firm=False)
        return self.flat(self.variables[word])

    def _rest(self, end: str) -> list[Any]:
        """The further items of a list, to its end."""
        items = []
        while self._take(","):
            if self._next() == end:
                break
            items.append(self.choice())
        self._expect(end)
        return items

    def _table(self) -> dict[str, Any]:
        table: dict[str, Any] = {}
        while not self._take("}"):
            key = self.choice()
            self._expect(":")
            value = self.choice()
            if isinstance(key, str):
                table[str(key)] = value
            if self._next() != "}":
                self._expect(",")
        return table

    def _postfix(self, value: Any) -> Any:
        while sign := self._take(".", "["):
            if sign == "[":
                key = self.choice()
                self._expect("]")
            else:
                key = self._name()
                if self._next() == "(":
                    arguments, _ = self._arguments()
                    value = self.flat(method(value, key, arguments))
                    continue
            value = self.flat(_below(value, key))
        return value

    def _arguments(self) -> tuple[list[Any], dict[str, Any]]:
        self._expect("(")
        given: list[Any] = []
        named: dict[str, Any] = {}
        while not self._take(")"):
            if self.tokens[self.at + 1 : self.at + 2] == [("sign", "=")]:
                name = self._name()
                self._expect("=")
                named[name] = self.choice()
            else:
                given.append(self.choice())
            if self._next() != ")":
                self._expect(",")
        return given, named


def _below(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        if not isinstance(key, str):
            return UNKNOWN
        missing = UNKNOWN if key.startswith(_GIVEN_BY_HOST) else Undefined(firm=True)
        return value.get(key, missing)
    if isinstance(value, list) and isinstance(key, str) and re.fullmatch(r"-?\d{1,5}", key, re.ASCII):
        place = int(key)
        return value[place] if -len(value) <= place < len(value) else Undefined(firm=True)
    return Undefined(firm=True) if isinstance(value, Undefined) and value.firm else UNKNOWN


def _range(arguments: list[Any]) -> Any:
    if not arguments or not all(isinstance(a, str) and re.fullmatch(r"-?\d{1,6}", a, re.ASCII) for a in arguments):
        return UNKNOWN
    numbers = range(*map(int, arguments[:3])) if len(arguments) < 3 or int(arguments[2]) else range(0)
    return [str(number) for number in numbers] if len(numbers) <= _MOST_RANGE else UNKNOWN
