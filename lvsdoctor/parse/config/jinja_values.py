"""What filters, tests and operators of Jinja make of values: text, truth, lists and dictionaries, or nothing known.

YAML's scalars are text here, so text of digits counts as a number, but where the expression itself puts it in quotes.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Any

__all__ = [
    "UNKNOWN",
    "Quoted",
    "Undefined",
    "UnknownValue",
    "compared",
    "computed",
    "filtered",
    "is_of",
    "method",
    "text_of",
    "truth_of",
]

_MOST_ROWS, _LONGEST, _MOST_DIGITS = 2000, 20_000, 15
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?", re.ASCII)
_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0", "", "none", "null"})


class UnknownValue:
    """A value that the files do not tell."""

    def __repr__(self) -> str:
        return "(unknown)"


class Undefined(UnknownValue):
    """A name that no file sets. `firm`: nothing else can set it, a key of a known dictionary."""

    def __init__(self, *, firm: bool) -> None:
        self.firm = firm


class Quoted(str):
    """Text that an expression holds in quotes."""

    __slots__ = ()


UNKNOWN = UnknownValue()


def _known(*values: Any) -> bool:
    return not any(isinstance(value, UnknownValue) for value in values)


def text_of(value: Any) -> Any:
    """The value as variables hold it: numbers and truth are text."""
    if isinstance(value, UnknownValue):
        return UNKNOWN
    if isinstance(value, list | tuple):
        return [text_of(item) for item in value]
    if isinstance(value, dict):
        return value
    return UNKNOWN if value is None else str(value)


def truth_of(value: Any) -> bool | None:
    if isinstance(value, UnknownValue):
        return None
    if isinstance(value, bool | list | dict):
        return bool(value)
    word = str(value).lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _number(value: Any) -> float | int | None:
    if isinstance(value, Quoted) or not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return None
    return float(value) if "." in value else int(value)


def _written(number: float) -> Any:
    whole = int(number)
    text = str(whole) if number == whole else repr(number)
    return text if len(text) <= _MOST_DIGITS else UNKNOWN


def computed(sign: str, first: Any, second: Any) -> Any:
    """`first + second`, and the other operators of arithmetic."""
    if not _known(first, second):
        return UNKNOWN
    if sign == "~":
        return _joined("", [first, second])
    if sign == "+" and isinstance(first, list) and isinstance(second, list):
        return first + second if len(first) + len(second) <= _MOST_ROWS else UNKNOWN
    one, two = _number(first), _number(second)
    if one is None or two is None:
        return _joined("", [first, second]) if sign == "+" else UNKNOWN
    if sign in ("/", "//", "%") and two == 0:
        return UNKNOWN
    results: Mapping[str, Callable[[], float]] = {
        "+": lambda: one + two, "-": lambda: one - two, "*": lambda: one * two, "/": lambda: one / two,
        "//": lambda: one // two, "%": lambda: one % two,
    }  # fmt: skip
    return _written(results[sign]())


def compared(sign: str, first: Any, second: Any) -> Any:
    if not _known(first, second):
        return UNKNOWN
    if sign in ("in", "not in"):
        if not isinstance(second, list | dict | str) or (isinstance(second, list) and not _known(*second)):
            return UNKNOWN
        if not isinstance(second, list) and not isinstance(first, str):
            return UNKNOWN
        inside = any(_same(first, item) for item in second) if isinstance(second, list) else first in second
        return inside is (sign == "in")
    if sign in ("==", "!="):
        return _same(first, second) is (sign == "==")
    one, two = _number(first), _number(second)
    if one is None or two is None:
        return UNKNOWN
    return {"<": one < two, ">": one > two, "<=": one <= two, ">=": one >= two}[sign]


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, bool) or isinstance(second, bool):
        return truth_of(first) is truth_of(second)
    return bool(first == second)


def is_of(value: Any, name: str, arguments: Sequence[Any]) -> Any:
    """`value is name`, a test."""
    if name in ("defined", "undefined"):
        if isinstance(value, UnknownValue):
            return (name == "undefined") if isinstance(value, Undefined) and value.firm else UNKNOWN
        return name == "defined"
    if not _known(value):
        return UNKNOWN
    if name in ("in", "equalto", "eq", "ne") and len(arguments) == 1:
        return compared({"in": "in", "ne": "!="}.get(name, "=="), value, arguments[0])
    kinds: Mapping[str, Callable[[], Any]] = {
        "none": lambda: value is None or value == "", "mapping": lambda: isinstance(value, dict),
        "string": lambda: isinstance(value, str), "iterable": lambda: isinstance(value, str | list | dict),
        "number": lambda: _number(value) is not None, "truthy": lambda: truth_of(value),
        "even": lambda: _remainder(value) == 0, "odd": lambda: _remainder(value) == 1,
    }  # fmt: skip
    result = kinds[name]() if name in kinds else None
    return UNKNOWN if result is None else result


def _remainder(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else number % 2


def method(value: Any, name: str, arguments: Sequence[Any]) -> Any:
    """`value.name(arguments)`."""
    if not _known(value, *arguments):
        return UNKNOWN
    if isinstance(value, list) and name == "index" and len(arguments) == 1 and arguments[0] in value:
        return str(value.index(arguments[0]))
    if isinstance(value, dict):
        if name == "get" and arguments and isinstance(arguments[0], str):
            return value.get(arguments[0], arguments[1] if len(arguments) > 1 else Undefined(firm=True))
        pairs = [[key, below] for key, below in value.items()]
        return {"items": pairs, "keys": list(value), "values": list(value.values())}.get(name, UNKNOWN)
    if isinstance(value, str) and all(isinstance(argument, str) for argument in arguments):
        if name in ("startswith", "endswith") and len(arguments) == 1:
            return getattr(value, name)(arguments[0])
        if name in ("split", "replace", "lower", "upper", "strip"):
            return filtered(value, {"strip": "trim"}.get(name, name), arguments, {})
    return UNKNOWN


# -- filters ----------------------------------------------------------------------------------------------------------


def filtered(value: Any, name: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """`value | name(arguments)`."""
    if name in ("default", "d"):
        empty = len(arguments) > 1 and truth_of(arguments[1]) and _known(value) and value in ("", [], {}, None)
        return arguments[0] if arguments and (isinstance(value, Undefined) or empty) else value
    if name == "ternary" and len(arguments) >= 2:
        truth = truth_of(value)
        return UNKNOWN if truth is None else arguments[not truth]
    if not _known(value, *arguments):
        return UNKNOWN
    if isinstance(value, dict):
        return _of_table(value, name, arguments)
    if isinstance(value, list):
        return _of_list(value, name, arguments, named)
    return _of_text(str(value), name, arguments)


def _of_table(value: dict[str, Any], name: str, arguments: Sequence[Any]) -> Any:
    if name == "dict2items":
        return [{"key": key, "value": below} for key, below in value.items()]
    if name in ("list", "dictsort", "items"):
        return list(value) if name == "list" else [[key, value[key]] for key in sorted(value)]
    if name == "combine" and all(isinstance(other, dict) for other in arguments):
        merged = dict(value)
        for other in arguments:
            merged |= other
        return merged
    return str(len(value)) if name in ("length", "count") else value if name == "mandatory" else UNKNOWN


def _of_list(value: list[Any], name: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
    if name in ("first", "last"):
        return value[0 if name == "first" else -1] if value else Undefined(firm=True)
    if name in ("length", "count"):
        return str(len(value))
    if name == "map":
        return _mapped(value, arguments, named)
    if name == "join":
        return _joined(arguments[0] if arguments else "", value)
    others = [other for other in arguments if isinstance(other, list)]
    if name in ("product", "zip", "difference", "union", "intersect") and len(others) == len(arguments) == 1:
        return _with(value, name, others[0])
    if not all(isinstance(item, str) for item in value):
        return value if name in ("list", "mandatory", "unique") else _flattened(value) if name == "flatten" else UNKNOWN
    if name in ("select", "reject") and len(arguments) == 2:
        kept = [is_of(item, str(arguments[0]), arguments[1:]) for item in value]
        wanted = name == "select"
        return [i for i, yes in zip(value, kept, strict=True) if yes is wanted] if _known(*kept) else UNKNOWN
    plain: Mapping[str, Callable[[], Any]] = {
        "list": lambda: value, "mandatory": lambda: value, "flatten": lambda: value, "sort": lambda: sorted(value),
        "unique": lambda: list(dict.fromkeys(value)), "reverse": lambda: value[::-1],
    }  # fmt: skip
    return plain[name]() if name in plain else UNKNOWN


def _with(value: list[Any], name: str, other: list[Any]) -> Any:
    if not _known(*value, *other) or len(value) * len(other) > _MOST_ROWS:
        return UNKNOWN
    results: Mapping[str, Callable[[], list[Any]]] = {
        "product": lambda: [list(pair) for pair in product(value, other)],
        "zip": lambda: [list(pair) for pair in zip(value, other, strict=False)],
        "difference": lambda: [item for item in value if item not in other],
        "union": lambda: value + [item for item in other if item not in value],
        "intersect": lambda: [item for item in value if item in other],
    }
    return results[name]()


def _mapped(value: list[Any], arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """map(attribute='x'), map('extract', table, 'x') and map('FILTER')."""
    if (key := named.get("attribute")) is not None:
        return [item.get(key, UNKNOWN) if isinstance(item, dict) else UNKNOWN for item in value]
    if len(arguments) >= 2 and arguments[0] == "extract" and isinstance(arguments[1], dict):
        rows = [arguments[1].get(item, UNKNOWN) if isinstance(item, str) else UNKNOWN for item in value]
        for key in arguments[2:]:
            rows = [row.get(key, UNKNOWN) if isinstance(row, dict) else UNKNOWN for row in rows]
        return rows
    return [filtered(item, str(arguments[0]), arguments[1:], named) for item in value] if arguments else UNKNOWN


def _flattened(value: Iterable[Any]) -> list[Any]:
    return [part for item in value for part in (item if isinstance(item, list) else [item])][:_MOST_ROWS]


def _joined(separator: Any, parts: Sequence[Any]) -> Any:
    if not all(isinstance(part, str) for part in (separator, *parts)):
        return UNKNOWN
    text = separator.join(parts)
    return Quoted(text) if len(text) <= _LONGEST else UNKNOWN


def _of_text(value: str, name: str, arguments: Sequence[Any]) -> Any:
    words = [argument for argument in arguments if isinstance(argument, str)]
    if name in ("int", "float", "abs", "bool"):
        return value if _NUMBER.fullmatch(value) or (name == "bool" and truth_of(value) is not None) else UNKNOWN
    if name in ("ipaddr", "ipv4", "ansible.utils.ipaddr") or name.endswith(".ipaddr"):
        return _of_address(value, words[0] if words else "")
    if name == "replace" and len(words) == 2 and words[0]:
        return _joined("", [value.replace(words[0], words[1])])
    if name == "split":
        parts = value.split(words[0] if words and words[0] else None)
        return [str(part) for part in parts][:_MOST_ROWS]
    plain: Mapping[str, Callable[[], Any]] = {
        "string": lambda: Quoted(value), "trim": value.strip, "lower": value.lower, "upper": value.upper,
        "quote": lambda: value, "mandatory": lambda: value, "length": lambda: str(len(value)),
    }  # fmt: skip
    return plain[name]() if name in plain else UNKNOWN


def _of_address(value: str, asked: str) -> Any:
    try:
        host = ipaddress.ip_interface(value)
    except ValueError:
        return UNKNOWN
    network = host.network
    parts = {
        "": value, "address": str(host.ip), "prefix": str(network.prefixlen), "netmask": str(network.netmask),
        "network": str(network.network_address), "host/prefix": str(host),
    }  # fmt: skip
    return parts.get(asked, UNKNOWN)
