"""The items of a rule of nftables as rules of the model.

A map of verdicts, and a set whose elements join several fields, become a rule for each element: no two of them match
the same packet.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from lvsdoctor.model.packet_filter import (
    Action,
    AddressRange,
    Condition,
    Effect,
    FilterRule,
    MarkChange,
    Match,
    Range,
    Statement,
)
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iptables.iptables_words import nat_place, read_addresses, read_ports
from lvsdoctor.parse.nft.nft_fields import conditions_of
from lvsdoctor.parse.nft.nft_items import (
    ANYTHING,
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
)
from lvsdoctor.parse.nft.nft_marks import mangled

MOST_RULES = 20_000  # that elements of sets and maps are made to, in a dump
_V4, _V6 = (AddressRange(ip_address(low), ip_address(high)) for low, high in
            (("0.0.0.0", "255.255.255.255"), ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")))  # fmt: skip
_NO_MARK = MarkChange(0, 0)
_ADDRESSES = frozenset({Match.SOURCE, Match.DESTINATION, Match.CT_ORIGINAL_DESTINATION})


class Budget:
    """How many rules may still be made of elements: a dump from a stranger may have large sets in many rules."""

    def __init__(self) -> None:
        self.left = MOST_RULES

    def spend(self, number: int) -> bool:
        self.left -= number
        return self.left >= 0


@dataclass(frozen=True, slots=True)
class Context:
    """Where a rule stands: its table's family, and the sets and maps that were seen whole."""

    family: str
    sets: Mapping[str, Elements]
    budget: Budget


def rules_of(items: Sequence[Item], seen: Seen, context: Context, handle: int | None = None) -> list[FilterRule]:
    """The rule of a dump, as the rules that it is in the model."""
    comment = next((item.text for item in items if isinstance(item, Note)), "")
    reading = [item for item in items if not isinstance(item, Note | Writes)]
    return [
        FilterRule(_without_repeats(statements), seen, comment, handle)
        for statements in _Reading(context).expanded(_with_tproxy_last(reading), ())
    ]


def _without_repeats(statements: tuple[Statement, ...]) -> tuple[Statement, ...]:
    """`tcp sport 1 tcp dport 2` asks for the protocol once; what an action has changed is asked again."""
    kept: list[Statement] = []
    for item in statements:
        same = isinstance(item, Condition) and item.match in (Match.FAMILY, Match.PROTOCOL) and any(
            isinstance(other, Condition)
            and (other.match, other.values, other.negated) == (item.match, item.values, item.negated)
            for other in kept
        )  # fmt: skip
        if not same:
            kept.append(item)
    return tuple(kept)


def _with_tproxy_last(items: Sequence[Item]) -> list[Item]:
    """net/netfilter/nft_tproxy.c: where a socket is there the rule goes on, so what follows decides: its `accept`."""
    at = next((n for n, item in enumerate(items) if isinstance(item, Nat) and item.effect is Effect.TPROXY), None)
    if at is None:
        return list(items)
    tproxy, rest = items[at], items[at + 1 :]
    last = rest[-1] if rest else None
    if isinstance(last, Action) and last.effect is Effect.ACCEPT and all(isinstance(i, Mangle) for i in rest[:-1]):
        return [*items[:at], *rest[:-1], tproxy]
    return [*items[:at], anything(getattr(tproxy, "text", ""))]


class _Reading:
    def __init__(self, context: Context) -> None:
        self._context = context

    def expanded(self, items: Sequence[Item], before: tuple[Statement, ...]) -> Iterator[tuple[Statement, ...]]:
        statements = before
        for number, item in enumerate(items):
            if isinstance(item, Condition | Action):
                statements += (item,)
            elif isinstance(item, Mangle):
                statements += mangled(item)
            elif isinstance(item, Nat):
                statements += self._of_family(self._nat(item))
            elif isinstance(item, VerdictMap):
                yield from self._looked_up(item, statements, items[number + 1 :])
                return
            elif isinstance(item, Comparison) and len(item.key) > 1:
                yield from self._joined(item, statements, items[number + 1 :])
                return
            elif isinstance(item, Comparison):
                statements += self._test(item)
        yield statements

    def _elements(self, right: Elements) -> tuple[Element, ...] | None:
        if not right.name:
            return right.listed
        known = self._context.sets.get(right.name)
        return None if known is None else known.listed

    def _test(self, test: Comparison) -> tuple[Statement, ...]:
        (field,) = test.key
        elements = self._elements(test.right)
        lists_flags = test.right.flags and test.operator == "!="
        if elements is None or lists_flags or ANYTHING in [item.parts for item in elements]:
            return (*self._conditions(field, "==", (), test.text)[:-1], may_match(test.text))
        if not elements:
            return self._nothing(field, test)
        if any(len(item.parts) != 1 for item in elements):
            return (may_match(test.text),)
        return self._conditions(field, test.operator, [item.parts[0] for item in elements], test.text)

    def _nothing(self, field: Field, test: Comparison) -> tuple[Statement, ...]:
        """An empty set has no packet in it."""
        first = self._conditions(field, "==", (), test.text)[:-1]
        return (*first, Condition(Match.IN_SET, (), test.operator == "!=", test.text))

    def _conditions(
        self, field: Field, operator: str, words: Sequence[str], text: str, *, negated: bool = False
    ) -> tuple[Condition, ...]:
        """Of the family of its table every packet is, so that is asked in a table of several alone."""
        known = conditions_of(field, "!=" if negated else operator, words, text)
        several = self._context.family not in ("ip", "ip6")
        return tuple(
            item
            for item in known
            if (item.match is not Match.FAMILY or several or item is known[-1]) and not _is_all(item)
        )

    def _joined(
        self, test: Comparison, before: tuple[Statement, ...], after: Sequence[Item]
    ) -> Iterator[tuple[Statement, ...]]:
        """`ip daddr . tcp dport { 192.0.2.10 . 80, 192.0.2.11 . 90 }`."""
        elements = self._elements(test.right)
        if test.operator == "!=" or elements is None or not self._may_part(test, elements, before):
            yield from self.expanded(after, (*before, may_match(test.text)))
            return
        if not elements:
            yield from self.expanded(after, (*before, Condition(Match.IN_SET, (), False, test.text)))
        text = test.text
        for element in elements:
            conditions = self._of_element(test, element, text)
            yield from self.expanded(after, (*before, *conditions))

    def _looked_up(
        self, lookup: VerdictMap, before: tuple[Statement, ...], after: Sequence[Item]
    ) -> Iterator[tuple[Statement, ...]]:
        """What stands behind a map is for those that it lets go on (nf_tables_core.c: nft_do_chain(), NFT_CONTINUE)."""
        elements = self._elements(lookup.right)
        if (
            elements is None
            or not self._may_part(lookup, elements, before)
            or not all(element.verdict for element in elements)
        ):
            yield (*before, may_match(lookup.text), anything(lookup.text))
            return
        text = lookup.text
        for element in elements:
            assert element.verdict is not None
            if element.parts == ANYTHING:
                others = [item.parts[0] for item in elements if item is not element]
                conditions = self._conditions(lookup.key[0], "==", others, text, negated=True) if others else ()
                if len(lookup.key) > 1:
                    conditions = (may_match(lookup.text),)
            else:
                conditions = self._of_element(lookup, element, text)
            goes_on = element.verdict.effect is Effect.CONTINUE
            yield from self.expanded(after if goes_on else (), (*before, *conditions, element.verdict))
        if not elements:
            yield (*before, Condition(Match.IN_SET, (), False, lookup.text))

    def _may_part(
        self, item: Comparison | VerdictMap, elements: Sequence[Element], before: tuple[Statement, ...]
    ) -> bool:
        """May each element be a rule of its own? Not behind what would then be done twice, and not where a chain that
        an element calls may change the mark that the next one asks for."""
        changes = any(isinstance(part, Action) and part.effect is not Effect.LOG for part in before)
        of_mark = any("mark" in field.key for field in item.key)
        return (
            not changes and not (of_mark and isinstance(item, VerdictMap)) and self._context.budget.spend(len(elements))
        )

    def _of_element(self, item: Comparison | VerdictMap, element: Element, text: str) -> tuple[Condition, ...]:
        if len(element.parts) != len(item.key):
            return (may_match(text),)
        return tuple(
            condition
            for field, word in zip(item.key, element.parts, strict=True)
            for condition in self._conditions(field, "==", [word], text)
        )

    def _of_family(self, action: Action) -> tuple[Statement, ...]:
        """In a table of both families an address of IPv4 asks for a packet of IPv4."""
        place = action.addresses
        if place is None or self._context.family in ("ip", "ip6"):
            return (action,)
        return Condition(Match.FAMILY, (place.low.version,), text=action.text), action

    def _nat(self, nat: Nat) -> Action:
        if nat.choices is not None:
            return self._chosen(nat, nat.choices)
        if nat.effect is Effect.TPROXY and not nat.address and not nat.port:
            return anything(nat.text)
        mark = _NO_MARK if nat.effect is Effect.TPROXY else None
        if nat.port:  # JSON has the two apart
            addresses = read_addresses(nat.address) if nat.address else None
            ports = read_ports(nat.port, "-")
            if ports is None or len(ports) != 1 or (nat.address and addresses is None):
                return anything(nat.text)
            return Action(nat.effect, nat.text, "", addresses, ports[0], mark)
        place = nat_place(nat.address) if nat.address else (None, None)
        return anything(nat.text) if place is None else Action(nat.effect, nat.text, "", *place, mark)

    def _chosen(self, nat: Nat, choices: Elements) -> Action:
        """A map tells where to: any of the addresses and ports that it has."""
        elements = self._elements(choices)
        addresses = [read_addresses(item.data[0]) if item.data else None for item in elements or ()]
        known = [part for part in addresses if part is not None]
        with_port = elements is None or bool(nat.port) or any(len(item.data) != 1 for item in elements)
        ports = Range(0, 65535) if with_port else None
        if not known or len(known) < len(addresses) or len({part.low.version for part in known}) > 1:
            return anything(nat.text)
        low, high = min(known, key=lambda part: int(part.low)).low, max(known, key=lambda part: int(part.high)).high
        return Action(nat.effect, nat.text, "", AddressRange(low, high), ports)


def _is_all(condition: Condition) -> bool:
    """`ip saddr 0.0.0.0/0` asks for the family alone."""
    return condition.match in _ADDRESSES and not condition.negated and bool({_V4, _V6}.intersection(condition.values))
