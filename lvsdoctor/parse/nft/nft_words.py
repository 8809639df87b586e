"""The words of a rule of nftables, and the expressions among them: fields, values, sets and maps."""

import re

from lvsdoctor.model.packet_filter import Action
from lvsdoctor.parse.nft.nft_items import JUMPS, VERDICTS, Element, Elements, Field, Key, verdict

_TOKEN = re.compile(r'"[^"]*"|[{},()|;]|@[a-z]+,\d+,\d+|[^\s{},()|;"]+|"')
_BITS = {"&": "&", "|": "|", "^": "^", "and": "&", "or": "|", "xor": "^"}
_META = frozenset(
    "iif iifname oif oifname iiftype oiftype iifgroup oifgroup mark skuid skgid pkttype cpu cgroup nfproto l4proto"
    " nftrace length rtclassid ibrname obrname ibriport obriport".split()
)
_HEADERS = frozenset(
    "ip ip6 tcp udp udplite sctp dccp th icmp icmpv6 igmp ether vlan ah esp comp hbh dst mh frag rt0 rt2 rt4 srh gre"
    " vxlan geneve gretap".split()
)
_DEPTH = 8  # of parentheses


class NotUnderstood(Exception):
    """What comes next is nothing that nft is known to print here."""


class Words:
    """At work on the words of a rule, from its first to its last."""

    def __init__(self, text: str) -> None:
        matches = list(_TOKEN.finditer(text))
        self._text = text
        self._words = [match[0] for match in matches]
        self._starts = [match.start() for match in matches]
        self._ends = [match.end() for match in matches]
        self._at = 0

    def peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._words[at] if at < len(self._words) else ""

    def _take(self, *wanted: str) -> str:
        word = self.peek()
        if not word or word == '"' or (wanted and word not in wanted):
            raise NotUnderstood
        self._at += 1
        return word

    def _skip(self, *words: str) -> bool:
        if self.peek() in words:
            self._at += 1
            return True
        return False

    def _value(self) -> str:
        word = self._take()
        if word in "{},();|":
            raise NotUnderstood
        return word[1:-1] if word[0] == '"' else word

    def _since(self, begin: int) -> str:
        return self._text[self._starts[begin] : self._ends[self._at - 1]]

    @property
    def _begins_field(self) -> bool:
        return self.peek() in _META or self.peek() in _HEADERS or self.peek() in _PRIMARIES

    # -- expressions --------------------------------------------------------------------------------------------------

    def _key(self) -> Key:
        fields = [self._field()]
        while self._skip("."):
            fields.append(self._field())
        return tuple(fields)

    def _field(self, depth: int = 0) -> Field:
        if self._skip("("):
            if depth > _DEPTH:
                raise NotUnderstood
            field = self._field(depth + 1)
            self._take(")")
        else:
            field = Field(self._primary())
        bits = list(field.bits)
        while (operator := _BITS.get(self.peek())) is not None:
            self._at += 1
            bits.append((operator, self._operand()))
        return Field(field.key, tuple(bits))

    def _operand(self) -> str:
        if not self._skip("("):
            return self._value()
        words = [self._value()]
        while self._skip("|", ","):
            words.append(self._value())
        self._take(")")
        return "|".join(words)

    def _primary(self) -> str:
        word = self._value()
        if word in _META:
            return f"meta {word}"
        if word[0] == "@" and "," in word:
            return word
        if word in _HEADERS:
            field = self._value()
            return f"{word} option {self._value()} {self._value()}" if field == "option" else f"{word} {field}"
        if (read := _PRIMARIES.get(word)) is None:
            raise NotUnderstood
        return f"{word} {read(self)}"

    def _any_word(self) -> str:
        return self._value()

    def _arp(self) -> str:
        field = self._value()
        return f"{field} {self._take('ip', 'ether')}" if field in ("saddr", "daddr") else field

    def _of_connection(self) -> str:
        words = [self._value()]
        if words[0] in ("original", "reply"):
            words.append(self._value())
        if words[-1] in ("ip", "ip6"):
            words.append(self._value())
        return " ".join(words)

    def _fib(self) -> str:
        words = [self._value()]
        while self._skip("."):
            words.append(self._value())
        return f"{' . '.join(words)} {self._take('type', 'oif', 'oifname', 'check')}"

    def _number(self) -> str:
        begin = self._at
        while not self._skip("mod"):
            self._take()
        self._value()
        while self._skip("seed", "offset"):
            self._value()
        return self._since(begin)

    def _right(self) -> Elements:
        if self.peek() == "{":
            return self.block()
        if self.peek()[:1] == "@":
            return Elements(self._value()[1:])
        listed = [Element(self._parts())]
        while self._skip(","):
            listed.append(Element(self._parts()))
        return Elements("", tuple(listed), len(listed) > 1)

    def block(self) -> Elements:
        """`{ 22 : accept, 80 : jump web }`."""
        self._take("{")
        listed: list[Element] = []
        while not self._skip("}"):
            parts = self._parts()
            while self.peek() not in (",", ":", "}"):
                self._take()  # a timeout, a comment, a counter
            action: Action | None = None
            data: tuple[str, ...] = ()
            if self._skip(":"):
                if self.peek() in VERDICTS or self.peek() in JUMPS:
                    word = self._take()
                    action = verdict(word, self._value() if word in JUMPS else "")
                else:
                    data = self._parts()
            listed.append(Element(parts, data, action))
            if self.peek() != "}":
                self._take(",")
        return Elements("", tuple(listed))

    def _parts(self) -> tuple[str, ...]:
        parts = [self._value()]
        while self.peek() in (".", "|"):
            if self._take() == "|":
                parts[-1] += f"|{self._value()}"
            else:
                parts.append(self._value())
        return tuple(parts)


_PRIMARIES = {
    "meta": Words._any_word, "ct": Words._of_connection, "fib": Words._fib, "arp": Words._arp, "rt": Words._any_word,
    "socket": Words._any_word, "exthdr": Words._any_word, "jhash": Words._number, "symhash": Words._number,
    "numgen": Words._number,
}  # fmt: skip
