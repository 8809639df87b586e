"""The family arp of nftables as the rows of arptables: a chain is called after its hook, whatever its own name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from lvsdoctor.model.arptables import ArpRule, ArpTables
from lvsdoctor.model.packet_filter import Action, Condition, Effect
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.nft.nft_items import (
    ANYTHING,
    Comparison,
    Element,
    Elements,
    Field,
    Item,
    Mangle,
    Note,
    VerdictMap,
    Writes,
)
from lvsdoctor.parse.words import read_ip, read_link_name, read_mac, read_network

if TYPE_CHECKING:
    from lvsdoctor.parse.nft.nft_tables import DraftChain, DraftTable

_TARGETS = {Effect.ACCEPT: "ACCEPT", Effect.DROP: "DROP", Effect.RETURN: "RETURN"}
_OPERATIONS = {"request": 1, "reply": 2, "rrequest": 3, "rreply": 4, "1": 1, "2": 2}
_ALWAYS = {"arp htype": ("1", "ether"), "arp ptype": ("ip", "0x0800", "2048"), "arp hlen": ("6",), "arp plen": ("4",)}
_MANGLES = {"arp saddr ip": "mangle_ip_s", "arp daddr ip": "mangle_ip_d"}
_MOST = 5_000  # rows that elements of sets are made to


class _NotUnderstood(Exception):
    pass


def arp_tables(drafts: "Sequence[DraftTable]", sets: Mapping[str, Mapping[str, Elements]]) -> ArpTables | None:
    """The chains that ARP packets pass; None where they do what arptables has no words for."""
    policies: dict[str, str] = {}
    rules: list[ArpRule] = []
    seen: list[Seen] = []
    try:
        for draft in drafts:
            seen.append(draft.seen)
            names = {chain.name: chain.hook.upper() or chain.name for chain in draft.chains.values()}
            for chain in draft.chains.values():
                name = names[chain.name]
                if chain.hook and not chain.rules and chain.policy in ("", "accept"):
                    continue
                if name in policies or draft.partial is not None:
                    raise _NotUnderstood  # several chains that see the same packets; a chain that may go on
                policies[name] = (chain.policy or "accept").upper() if chain.hook else "-"
                rules += _Reading(name, names, sets[draft.name]).rows(chain)
    except _NotUnderstood:
        return None
    return ArpTables(policies, tuple(rules), tuple(seen))


@dataclass(frozen=True, slots=True)
class _Reading:
    chain: str
    names: Mapping[str, str]
    sets: Mapping[str, Elements]

    def rows(self, chain: "DraftChain") -> list[ArpRule]:
        rows: list[ArpRule] = []
        for items, seen, _ in chain.rules:
            for fields in self._fields(items):
                negated = frozenset(fields.pop("negated", ()))
                rows.append(ArpRule(self.chain, seen=seen, negated=negated, **{"target": "", **fields}))
            if len(rows) > _MOST:
                raise _NotUnderstood
        return rows

    def _fields(self, items: Sequence[Item]) -> Iterator[dict[str, Any]]:
        """The fields of the rows that a rule is: one for each element of its sets."""
        branches: list[dict[str, Any]] = [{}]
        for item in items:
            if isinstance(item, Note | Writes):
                continue
            branches = [dict(more) for branch in branches for more in self._with(branch, item)]
            if len(branches) > _MOST:
                raise _NotUnderstood
        return iter(branches)

    def _with(self, fields: dict[str, Any], item: Item) -> Iterator[dict[str, Any]]:
        if isinstance(item, Comparison):
            yield from self._tested(fields, item)
        elif isinstance(item, VerdictMap):
            for element in self._elements(item.right):
                if len(item.key) != 1 or element.verdict is None or element.parts == ANYTHING:
                    raise _NotUnderstood
                yield {**self._with_field(fields, item.key[0], element, item.text), **self._decided(element.verdict)}
        elif isinstance(item, Condition):
            yield {**fields, "other": (*fields.get("other", ()), item.text)}
        elif isinstance(item, Action):
            yield {**fields, **self._decided(item, mangles=any(name in fields for name in _MANGLES.values()))}
        elif isinstance(item, Mangle) and item.field.key in _MANGLES and isinstance(item.value, str):
            ip = read_ip(item.value)
            if ip is None:
                raise _NotUnderstood
            yield {**fields, _MANGLES[item.field.key]: ip}
        else:
            raise _NotUnderstood

    def _tested(self, fields: dict[str, Any], test: Comparison) -> Iterator[dict[str, Any]]:
        other = {**fields, "other": (*fields.get("other", ()), test.text)}
        known = test.right.listed if not test.right.name else self.sets.get(test.right.name, Elements()).listed
        if (
            (test.right.name and test.right.name not in self.sets)
            or len(test.key) != 1
            or test.operator not in ("==", "!=", "in")
            or any(len(element.parts) != 1 or element.parts == ANYTHING for element in known)
            or (test.operator == "!=" and len(known) != 1)
        ):
            yield other
            return
        for element in known:
            yield self._with_field(fields, test.key[0], element, test.text, negated=test.operator == "!=")

    def _with_field(
        self, fields: dict[str, Any], field: Field, element: Element, text: str, *, negated: bool = False
    ) -> dict[str, Any]:
        word = element.parts[0]
        if not negated and word in _ALWAYS.get(field.key, ()):
            return fields
        name, value = _meaning(field, word)
        if value is None or name in fields:
            return {**fields, "other": (*fields.get("other", ()), text)}
        turned = (*fields.get("negated", ()), name) if negated else fields.get("negated", ())
        return {**fields, name: value, "negated": turned}

    def _elements(self, right: Elements) -> tuple[Element, ...]:
        if not right.name:
            return right.listed
        if right.name not in self.sets:
            raise _NotUnderstood
        return self.sets[right.name].listed

    def _decided(self, action: Action, *, mangles: bool = False) -> dict[str, Any]:
        if mangles:
            if action.effect is not Effect.ACCEPT:
                raise _NotUnderstood
            return {"target": "mangle"}
        if action.effect in (Effect.LOG, Effect.CONTINUE):
            return {}
        if action.effect is Effect.JUMP:
            return {"target": self.names.get(action.chain, action.chain)}
        if action.effect not in _TARGETS:
            raise _NotUnderstood
        return {"target": _TARGETS[action.effect]}


def _meaning(field: Field, word: str) -> tuple[str, Any]:
    """The name of an ArpRule's field, and its value; None where it has no word for it."""
    if field.bits:
        return "", None
    match field.key:
        case "arp saddr ip":
            return "src", _network(word)
        case "arp daddr ip":
            return "dst", _network(word)
        case "arp operation":
            return "operation", _OPERATIONS.get(word)
        case "arp saddr ether":
            return "src_mac", read_mac(word)
        case "arp daddr ether":
            return "dst_mac", read_mac(word)
        case "meta iifname" | "meta iif":
            return "in_link", _link(word)
        case "meta oifname" | "meta oif":
            return "out_link", _link(word)
    return "", None


def _network(word: str) -> Any:
    if "-" in word:
        return None
    return read_network(word) if "/" in word else None if (ip := read_ip(word)) is None else ip_network(ip)


def _link(word: str) -> str | None:
    name = word.removesuffix("*")
    return None if read_link_name(name) is None or word.isdigit() else f"{name}+" if word.endswith("*") else name
