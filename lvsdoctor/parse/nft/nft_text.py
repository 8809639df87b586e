"""One rule as `nft list ruleset` prints it, read into items (nft_items.py).

What cannot be read takes the rest of the rule with it: as an action of which nothing is known.
"""

from lvsdoctor.model.packet_filter import Action, Effect
from lvsdoctor.parse.nft.nft_items import (
    JUMPS,
    NATS,
    VERDICTS,
    Comparison,
    Element,
    Elements,
    Field,
    Item,
    Mangle,
    Nat,
    Note,
    VerdictMap,
    Writes,
    anything,
    may_match,
    verdict,
)
from lvsdoctor.parse.nft.nft_words import NotUnderstood, Words
from lvsdoctor.parse.nft.nft_xt import xt_item

_OPERATORS = frozenset({"==", "!=", "<", ">", "<=", ">=", "!"})
_LOG = frozenset({"prefix", "group", "snaplen", "queue-threshold", "level", "flags"})
_NAT_FLAGS = frozenset({"random", "fully-random", "persistent"})
_UNITS = frozenset({"packets", "bytes", "kbytes", "mbytes", "gbytes"})
_FLAGS = frozenset({"tcp flags", "ct state", "ct status"})


def items_of(text: str) -> tuple[Item, ...]:
    """The items of a rule; the end of one that was not understood is one action of which nothing is known."""
    return _Rule(text).items()


def elements_of(text: str) -> Elements | None:
    """`{ 192.0.2.0/24, 198.51.100.1 timeout 1h }`, the contents of a named set; None where it was not understood."""
    rule = _Rule(text)
    try:
        elements = rule.block()
    except NotUnderstood:
        return None
    return elements if rule.peek() == "" else None


class _Rule(Words):
    """At work on the words of a rule."""

    def items(self) -> tuple[Item, ...]:
        items: list[Item] = []
        while self._at < len(self._words):
            begin = self._at
            try:
                items += self._statement()
            except NotUnderstood:
                return (*items, anything(self._text[self._starts[begin] :].strip()))
        return tuple(items)

    # -- statements ---------------------------------------------------------------------------------------------------

    def _statement(self) -> list[Item]:
        begin, word = self._at, self.peek()
        if word in VERDICTS or word in JUMPS:
            self._at += 1
            action = verdict(word, self._value() if word in JUMPS else "")
            if action is None:
                raise NotUnderstood
            return [action]
        if word in NATS:
            return [self._nat()]
        if (read := _STATEMENTS.get(word)) is not None and not (word == "ct" and self.peek(1) not in _CT):
            self._at += 1
            return read(self, begin)
        return [self._expression(begin)]

    def _counter(self, begin: int) -> list[Item]:
        if self._skip("name", "used"):
            self._value()
        elif self._skip("packets"):
            self._value(), self._take("bytes"), self._value()
        return []

    def _log(self, begin: int) -> list[Item]:
        while self.peek() in _LOG:
            if self._take() == "flags":
                self._skip("tcp", "ip")
            self._value()
            while self._skip(","):
                self._value()
        return [Action(Effect.LOG, self._since(begin))]

    def _limit(self, begin: int) -> list[Item]:
        if self._skip("name"):
            self._value()
            return [may_match(self._since(begin))]
        self._skip("rate")
        self._skip("over", "until")
        self._value()
        while self._skip("burst", "used") or self.peek().partition("/")[0] in _UNITS:
            self._value()
        return [may_match(self._since(begin))]

    def _ct(self, begin: int) -> list[Item]:
        if self._skip("count"):
            self._skip("over")
            self._value()
            return [may_match(self._since(begin))]
        if self.peek(1) == "set":
            self._at += 2
            self._value()
            return []
        self._at = begin
        return [self._expression(begin)]

    def _reject(self, begin: int) -> list[Item]:
        if self._skip("with") and not (self._skip("tcp") and self._take("reset")):
            self._take("icmp", "icmpv6", "icmpx")
            self._skip("type")
            self._value()
        return [Action(Effect.REJECT, self._since(begin))]

    def _notrack(self, begin: int) -> list[Item]:
        return [Action(Effect.NOTRACK, self._since(begin))]

    def _queue(self, begin: int) -> list[Item]:
        while self.peek() not in ("", "comment"):
            self._at += 1
        return [Action(Effect.QUEUE, self._since(begin))]

    def _comment(self, begin: int) -> list[Item]:
        return [Note(self._value())]

    def _xt(self, begin: int) -> list[Item]:
        kind, name = self._take("match", "target", "watcher"), self._value()
        item = xt_item(kind, name, self._since(begin))
        return [] if item is None else [item]

    def _flow(self, begin: int) -> list[Item]:
        self._take("add", "offload")
        self._value()
        return []

    def _write(self, begin: int) -> list[Item]:
        """`add @set { ip saddr limit rate over 5/second }`: what stands in the braces may stop the rule."""
        name = self._value()
        self._take("{")
        words = []
        while not self._skip("}"):
            words.append(self._take())
        stops = {"limit", "quota", "count", "map", ":"} & set(words) or self._words[begin] == "delete"
        more: list[Item] = [may_match(self._since(begin))] if stops else []
        return [Writes(name.removeprefix("@")), *more]

    def _nat(self) -> Item:
        begin, effect = self._at, NATS[self._take()]
        self._skip("ip", "ip6", "inet")
        if self.peek() == "prefix":  # a part of the address is kept
            raise NotUnderstood
        if self._skip("addr"):
            self._take("."), self._take("port")
        address, choices = "", None
        if self._skip("to"):
            if self._begins_field:
                self._key()
                self._take("map")
                choices = self._right()
            else:
                address = self._value()
        while self.peek() in _NAT_FLAGS:
            self._at += 1
            self._skip(",")
        return Nat(effect, self._since(begin), address, "", choices)

    def _expression(self, begin: int) -> Item:
        key = self._key()
        if self._skip("vmap"):
            return VerdictMap(key, self._right())
        if len(key) == 1 and self._skip("set"):
            return Mangle(key[0], self._set_value(), self._since(begin))
        operator = self._take() if self.peek() in _OPERATORS else ""
        of_set = self.peek() == "{"
        right = self._right()
        if len(key) == 1 and self._skip("/"):
            mask = [self._value()]
            while self._skip(","):
                mask.append(self._value())
            joined = Element(("|".join(item.parts[0] for item in right.listed),))
            return Comparison((Field(key[0].key, (("&", "|".join(mask)),)),), operator or "==", Elements("", (joined,)))
        # Of what has flags any is enough, unless they stand in a set or behind an operator.
        flags = len(key) == 1 and key[0].key in _FLAGS and not of_set
        return Comparison(key, operator or ("in" if flags else "=="), right)

    def _set_value(self) -> Field | str | None:
        if not self._begins_field:
            return self._value()
        key = self._key()
        if self._skip("map"):
            self._right()
            return None
        return key[0] if len(key) == 1 else None


_CT = frozenset({"count", "helper", "timeout", "expectation"})
_STATEMENTS = {
    "counter": _Rule._counter, "last": _Rule._counter, "log": _Rule._log, "limit": _Rule._limit,
    "quota": _Rule._limit, "ct": _Rule._ct, "reject": _Rule._reject, "notrack": _Rule._notrack,
    "queue": _Rule._queue, "comment": _Rule._comment, "xt": _Rule._xt, "flow": _Rule._flow, "add": _Rule._write,
    "update": _Rule._write, "delete": _Rule._write,
}  # fmt: skip
