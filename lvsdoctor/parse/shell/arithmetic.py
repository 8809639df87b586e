"""A shell's whole numbers, as scripts count with them: `$((i + 1))`, `((i++))`, `let i+=1`, `expr $i + 1`."""

import re
from collections.abc import Callable, Mapping

_TOKEN = re.compile(r"\s*(?:(?P<number>\d{1,9})|\$?\{?(?P<name>[A-Za-z_]\w*)\}?|(?P<sign>[-+*/%()]))", re.ASCII)
_COUNT = re.compile(r"\s*(?:(?P<before>\+\+|--)\s*)?(?P<name>[A-Za-z_]\w*)\s*(?P<after>\+\+|--)?\s*", re.ASCII)
_SET = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)\s*(?P<sign>[-+*]?)=(?!=)(?P<value>.*)", re.ASCII | re.DOTALL)
_LONGEST, _MOST = 200, 10**9

Value = Callable[[str], str]


def number(text: str, value: Value) -> int | None:
    """What an expression of + - * / % and brackets comes to; None where a value in it is not known."""
    if len(text) > _LONGEST:
        return None
    parts: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        word = match["number"] or match["sign"] or (value(match["name"]) or "0")
        if match["name"] and not re.fullmatch(r"-?\d{1,9}", word, re.ASCII):
            return None
        parts.append(word)
        at = match.end()
    reading = _Reading(parts)
    total = reading.sum()
    return total if total is not None and reading.at == len(parts) and abs(total) < _MOST else None


class _Reading:
    """Goes through the parts of an expression once."""

    def __init__(self, parts: list[str]) -> None:
        self._parts, self.at = parts, 0

    def _sign(self, signs: str) -> str:
        known = self.at < len(self._parts) and self._parts[self.at] in tuple(signs)
        self.at += known
        return self._parts[self.at - 1] if known else ""

    def sum(self) -> int | None:
        total = self._product()
        while total is not None and (sign := self._sign("+-")):
            more = self._product()
            total = None if more is None else total + more if sign == "+" else total - more
        return total

    def _product(self) -> int | None:
        total = self._unit()
        while total is not None and (sign := self._sign("*/%")):
            more = self._unit()
            if more is None or (sign != "*" and not more):
                return None
            quotient = int(total / more) if more else 0
            total = total * more if sign == "*" else quotient if sign == "/" else total - quotient * more
        return total

    def _unit(self) -> int | None:
        if self._sign("("):
            inner = self.sum()
            return inner if self._sign(")") else None
        if self._sign("-"):
            below = self._unit()
            return None if below is None else -below
        if self.at >= len(self._parts) or not re.fullmatch(r"-?\d+", self._parts[self.at], re.ASCII):
            return None
        self.at += 1
        return int(self._parts[self.at - 1])


def assigned(text: str, value: Value, unknown: str) -> Mapping[str, str]:
    """What `((TEXT))` or `let TEXT` sets; a variable whose value is not known afterwards gets `unknown`."""
    found: dict[str, str] = {}

    def outcome(expression: str) -> str:
        total = number(expression, lambda name: found.get(name) or value(name))
        return unknown if total is None else str(total)

    for part in text.split(",")[:20]:
        count, sets = _COUNT.fullmatch(part), _SET.fullmatch(part)
        if count and (sign := count["before"] or count["after"]):
            found[count["name"]] = outcome(f"{count['name']} {sign[0]} 1")
        elif sets and sets["sign"]:
            found[sets["name"]] = outcome(f"{sets['name']} {sets['sign']} ({sets['value']})")
        elif sets:
            found[sets["name"]] = outcome(sets["value"])
        else:
            names = re.findall(r"([A-Za-z_]\w*)\s*(?:\+\+|--|[-+*/%|&]?=(?!=))", part, re.ASCII)
            found |= dict.fromkeys(names, unknown)
    return found
