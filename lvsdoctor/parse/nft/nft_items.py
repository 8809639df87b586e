"""What a rule of nftables consists of, before its sets are looked up: both forms of output are read into these.

An item is a condition or an action of the model where that is all there is to it, or one of the nouns here.
"""

import re
from dataclasses import dataclass

from lvsdoctor.model.packet_filter import Action, Condition, Effect, Match


@dataclass(frozen=True, slots=True)
class Field:
    """What is looked at: `ip saddr`, `meta mark`, `ct state`, `fib daddr type`; and what is done to its bits first."""

    key: str
    bits: tuple[tuple[str, str], ...] = ()  # ("&", "0xff"); of flags ("&", "fin|syn")

    def __str__(self) -> str:
        return " ".join([self.key, *(f"{operator} {operand}" for operator, operand in self.bits)])


Key = tuple[Field, ...]  # of several fields where they are joined, `ip daddr . tcp dport`
ANYTHING = ("*",)  # the element of a set that matches what no other does


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a set or a map: a word for each field of the key, and what it maps to."""

    parts: tuple[str, ...]
    data: tuple[str, ...] = ()
    verdict: Action | None = None


@dataclass(frozen=True, slots=True)
class Elements:
    """What a field is held against: a set by its `name`, or the elements that are `listed`. `flags`: of these any bit
    is enough, as of `ct state new,established`."""

    name: str = ""
    listed: tuple[Element, ...] = ()
    flags: bool = False

    def __str__(self) -> str:
        spelled = ", ".join(" . ".join(item.parts) for item in self.listed)
        return f"@{self.name}" if self.name else spelled.replace(", ", ",") if self.flags else spelled


@dataclass(frozen=True, slots=True)
class Comparison:
    """`ip saddr != 192.0.2.0/24`; without a word between the two it is "==", or "in" where any flag is enough."""

    key: Key
    operator: str
    right: Elements

    @property
    def text(self) -> str:
        operator = "" if self.operator in ("in", "==") else self.operator
        return " ".join(filter(None, (spelled(self.key), operator, braced(self.right))))


@dataclass(frozen=True, slots=True)
class VerdictMap:
    """`tcp dport vmap { 22 : accept }`: a verdict for each value."""

    key: Key
    right: Elements

    @property
    def text(self) -> str:
        return f"{spelled(self.key)} vmap {braced(self.right)}"


@dataclass(frozen=True, slots=True)
class Mangle:
    """`meta mark set ...`: `value` is a number, another field, or None where it is chosen among several."""

    field: Field
    value: Field | str | None
    text: str


@dataclass(frozen=True, slots=True)
class Nat:
    """dnat, snat, masquerade, redirect, tproxy: to the words `address` and `port` ("": as it is), or to what `choices`
    map to."""

    effect: Effect
    text: str
    address: str = ""
    port: str = ""
    choices: Elements | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A rule's comment."""

    text: str


@dataclass(frozen=True, slots=True)
class Writes:
    """The rule puts packets' words into this set: what it holds is another thing at every packet."""

    name: str


Item = Action | Condition | Comparison | VerdictMap | Mangle | Nat | Note | Writes

VERDICTS = {"accept": Effect.ACCEPT, "drop": Effect.DROP, "return": Effect.RETURN, "continue": Effect.CONTINUE}
JUMPS = {"jump": Effect.JUMP, "goto": Effect.GOTO}
NATS = {
    "dnat": Effect.DNAT, "snat": Effect.SNAT, "masquerade": Effect.MASQUERADE, "redirect": Effect.REDIRECT,
    "tproxy": Effect.TPROXY,
}  # fmt: skip
# What goes on, and leaves the packet as it is for all that the model looks at.
HARMLESS = frozenset(
    {"meta nftrace", "meta priority", "ct helper", "ct timeout", "ct expectation", "ct event", "ct label",
     "ct zone", "ip dscp", "ip6 dscp", "ip ecn", "ip6 ecn", "ip ttl", "ip6 hoplimit", "ip6 flowlabel", "ct secmark",
     "meta secmark"}
)  # fmt: skip
_CHAIN = re.compile(r"[A-Za-z_][\w./\\-]{0,127}")


def verdict(word: str, chain: str = "") -> Action | None:
    """The action of accept, drop, return, continue, `jump CHAIN` and `goto CHAIN`; None if it is none of them."""
    if word in VERDICTS and not chain:
        return Action(VERDICTS[word], word)
    if word in JUMPS and _CHAIN.fullmatch(chain):
        return Action(JUMPS[word], f"{word} {chain}", chain=chain)
    return None


def may_match(text: str) -> Condition:
    return Condition(Match.UNKNOWN, text=text)


def anything(text: str) -> Action:
    return Action(Effect.UNKNOWN, text)


def spelled(key: Key) -> str:
    return " . ".join(map(str, key))


def braced(right: Elements) -> str:
    return str(right) if right.name or right.flags or len(right.listed) == 1 else f"{{ {right} }}"
