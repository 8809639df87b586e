"""One rule as `nft -j list ruleset` prints it, read into items (nft_items.py): the words are those of the text."""

from collections.abc import Iterator, Sequence
from typing import Any

from lvsdoctor.model.packet_filter import Action, Effect
from lvsdoctor.parse.json_words import Object, part
from lvsdoctor.parse.json_words import text as word
from lvsdoctor.parse.nft.nft_items import (
    ANYTHING,
    JUMPS,
    NATS,
    VERDICTS,
    Comparison,
    Element,
    Elements,
    Field,
    Item,
    Key,
    Mangle,
    Nat,
    VerdictMap,
    Writes,
    anything,
    may_match,
    verdict,
)
from lvsdoctor.parse.nft.nft_xt import xt_item

_BITS = ("&", "|", "^")
_DEPTH = 20  # of operations within each other
_NOTHING = frozenset({"counter", "last", "flow", "ct helper", "ct timeout", "ct expectation"})
_LIMITS = frozenset({"limit", "quota", "ct count"})


class _NotUnderstood(Exception):
    pass


def items_of(expressions: object) -> tuple[Item, ...]:
    """The items of a rule; an expression that was not understood is an action of which nothing is known."""
    items: list[Item] = []
    for expression in expressions if isinstance(expressions, list) else [expressions]:
        name, value = _only(expression)
        try:
            items += _read(name, value)
        except _NotUnderstood:
            items.append(anything(name or "?"))
    return tuple(items)


def elements_of(listed: object) -> Elements | None:
    """The contents of a named set or map; None where one of them was not understood."""
    try:
        return _listed(listed)
    except _NotUnderstood:
        return None


def _only(value: object) -> tuple[str, Any]:
    """The name and the contents of an object that has one member: `{"drop": null}`."""
    if isinstance(value, dict) and len(value) == 1:
        ((name, contents),) = value.items()
        return word(name), contents
    return "", None


def _read(name: str, value: Any) -> Iterator[Item]:
    if name in VERDICTS or name in JUMPS:
        action = _verdict(name, value)
        if action is None:
            raise _NotUnderstood
        yield action
    elif name == "match":
        yield _match(part(value))
    elif name == "vmap":
        yield VerdictMap(_key(part(value).get("key")), _right(part(value).get("data")))
    elif name == "mangle":
        yield _mangle(part(value))
    elif name in NATS:
        yield _nat(name, part(value))
    elif name in ("log", "notrack", "reject", "queue"):
        yield Action(Effect(name), name)
    elif name in _LIMITS:
        yield may_match(name)
    elif name == "xt":
        kind, called = word(part(value).get("type")), word(part(value).get("name"))
        if kind not in ("match", "target"):
            raise _NotUnderstood
        if (item := xt_item(kind, called, f"xt {kind} {called}")) is not None:
            yield item
    elif name == "set":
        yield from _write(part(value))
    elif name not in _NOTHING:
        raise _NotUnderstood


def _verdict(name: str, value: Any) -> Action | None:
    return verdict(name, word(part(value).get("target")) if name in JUMPS else "")


def _match(match: Object) -> Comparison:
    operator = word(match.get("op"))
    key, right = _key(match.get("left")), _right(match.get("right"), of_flags=operator in ("in", "!"))
    return Comparison(key, operator, right)


def _mangle(mangle: Object) -> Mangle:
    (field,) = _key(mangle.get("key"))
    value: Field | str | None = word(mangle.get("value"))
    if value == "":
        try:
            value = _field(mangle.get("value"))
        except _NotUnderstood:
            value = None
    return Mangle(field, value, f"{field} set {value}" if value else f"{field} set")


def _nat(name: str, nat: Object) -> Nat:
    address, port = nat.get("addr"), nat.get("port")
    if set(nat) - {"addr", "port", "family", "flags", "type_flags"} or "prefix" in str(nat.get("type_flags")):
        raise _NotUnderstood
    to, contents = _only(address)
    if to == "map":
        return Nat(
            NATS[name], f"{name} to a map", port=_word(port) if port else "", choices=_right(part(contents).get("data"))
        )
    places = [_word(value) if value is not None else "" for value in (address, port)]
    return Nat(
        NATS[name], f"{name} to {' port '.join(filter(None, places))}" if any(places) else name, places[0], places[1]
    )


def _write(write: Object) -> Iterator[Item]:
    yield Writes(word(write.get("set")).removeprefix("@"))
    if write.get("stmt") or write.get("op") == "delete" or "map" in write:
        yield may_match("set")


# -- fields -----------------------------------------------------------------------------------------------------------


def _key(value: object) -> Key:
    name, contents = _only(value)
    if name == "concat" and isinstance(contents, list) and contents:
        return tuple(map(_field, contents))
    return (_field(value),)


def _field(value: object, depth: int = 0) -> Field:
    name, contents = _only(value)
    if name in _BITS and isinstance(contents, list) and len(contents) == 2 and depth < _DEPTH:
        inner = _field(contents[0], depth + 1)
        return Field(inner.key, (*inner.bits, (name, _flags(contents[1]))))
    known = part(contents)
    key, field = word(known.get("key")), word(known.get("field"))
    match name:
        case "payload" if "base" in known:
            return Field(f"@{word(known['base'])},{word(known.get('offset'))},{word(known.get('len'))}")
        case "payload":
            return Field(f"{word(known.get('protocol'))} {field}")
        case "meta" | "socket" | "rt" | "osf":
            return Field(f"{name} {key}")
        case "ct":
            words = (word(known.get(entry)) for entry in ("dir", "family"))
            return Field(" ".join(filter(None, ("ct", *words, key))))
        case "fib":
            flags = known.get("flags")
            joined = " . ".join(map(word, flags)) if isinstance(flags, list) else word(flags)
            return Field(f"fib {joined} {word(known.get('result'))}")
        case "tcp option" | "exthdr" | "ip option" | "sctp chunk":
            return Field(" ".join(filter(None, (name, word(known.get("name")), field))))
        case "numgen" | "jhash" | "symhash":
            return Field(name)
    raise _NotUnderstood


# -- values -----------------------------------------------------------------------------------------------------------


def _right(value: object, *, of_flags: bool = False) -> Elements:
    name, contents = _only(value)
    if name == "set":
        return _listed(contents)
    if isinstance(value, str) and value.startswith("@"):
        return Elements(word(value)[1:])
    if isinstance(value, list):
        if of_flags:
            return Elements("", tuple(Element((_word(item),)) for item in value), flags=True)
        return Elements("", (Element((_flags(value),)),))
    return Elements("", (_element(value),))


def _listed(listed: object) -> Elements:
    if not isinstance(listed, list):
        listed = [listed]
    return Elements("", tuple(map(_element, listed)))


def _element(value: object) -> Element:
    """`80`, `{"concat": [...]}`, or of a map `[80, {"drop": null}]`."""
    if not isinstance(value, list):
        return Element(_parts(value))
    if len(value) != 2:
        raise _NotUnderstood
    name, contents = _only(value[1])
    if name in VERDICTS or name in JUMPS:
        return Element(_parts(value[0]), (), _verdict(name, contents))
    return Element(_parts(value[0]), _parts(value[1]))


def _parts(value: object) -> tuple[str, ...]:
    name, contents = _only(value)
    if name == "elem":
        return _parts(part(contents).get("val"))
    if name == "concat" and isinstance(contents, list) and contents:
        return tuple(map(_word, contents))
    return ANYTHING if value == "*" else (_word(value),)


def _word(value: object) -> str:
    """A value as the text spells it."""
    name, contents = _only(value)
    if name == "range" and isinstance(contents, list) and len(contents) == 2:
        return f"{_scalar(contents[0])}-{_scalar(contents[1])}"
    if name == "prefix":
        return f"{_scalar(part(contents).get('addr'))}/{_scalar(part(contents).get('len'))}"
    if name == "|":
        return _flags(contents)
    if name == "elem":
        return _word(part(contents).get("val")) if not isinstance(part(contents).get("val"), dict) else _scalar(None)
    return _scalar(value)


def _flags(value: object) -> str:
    """A mask: a number, a flag or several of them."""
    name, contents = _only(value)
    if name == "|":
        value = contents
    if not isinstance(value, list):
        return _scalar(value)
    return "|".join(map(_scalar, _flat(value, 0)))


def _flat(value: Sequence[object], depth: int) -> Iterator[object]:
    for item in value:
        name, contents = _only(item)
        if name == "|" and isinstance(contents, list) and depth < _DEPTH:
            yield from _flat(contents, depth + 1)
        else:
            yield item


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "exists" if value else "missing"
    if (spelled := word(value)) == "":
        raise _NotUnderstood
    return spelled
