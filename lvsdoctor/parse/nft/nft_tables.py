"""The tables of nftables, put together from what either form of output shows, and what they are as facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from lvsdoctor.model.arptables import ArpTables
from lvsdoctor.model.coverage import Partial, Unread
from lvsdoctor.model.packet_filter import Chain, FilterRule, FilterTable, Hook
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.faces import FACES
from lvsdoctor.parse.faces.face import ARP, PACKETS
from lvsdoctor.parse.nft.nft_arp import arp_tables
from lvsdoctor.parse.nft.nft_items import Elements, Item, Writes
from lvsdoctor.parse.nft.nft_rule import Budget, Context, rules_of
from lvsdoctor.parse.reader import Dump

FAMILIES = frozenset({"ip", "ip6", "inet", "arp", "bridge", "netdev"})
_FACTS = {"iptables": frozenset({"ip"}), "ip6tables": frozenset({"ip6"})}
_OF_BOTH = frozenset({"inet", "bridge", "netdev"})
_MODELLED = frozenset({"ip", "ip6", "inet"})
_HOOKS = {hook.value: hook for hook in Hook}
# include/uapi/linux/netfilter_ipv4.h; what nft prints of the family bridge is not modelled, so nor are its names.
PRIORITIES: Mapping[str, int] = {
    "raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100, "out": 100,
}  # fmt: skip
_FACE, _SIGN = FACES["nftables"], "iptables"


@dataclass(slots=True)
class DraftSet:
    """A named set or map that is being read. `elements` is None where they were not understood."""

    elements: Elements | None = field(default_factory=Elements)
    shown: bool = False
    changes: bool = False  # by what packets do


@dataclass(slots=True)
class DraftChain:
    """A chain that is being read: its rules as items, where they were seen, and their handles."""

    name: str
    seen: Seen
    kind: str = ""
    hook: str = ""
    priority: int | None = 0
    policy: str = ""
    rules: list[tuple[tuple[Item, ...], Seen, int | None]] = field(default_factory=list)
    partial: Partial | None = None


@dataclass(slots=True)
class DraftTable:
    """A table that is being read. A `dormant` table has its chains in no hook."""

    family: str
    name: str
    seen: Seen
    chains: dict[str, DraftChain] = field(default_factory=dict)
    sets: dict[str, DraftSet] = field(default_factory=dict)
    dormant: bool = False
    partial: Partial | None = None


def dump_of(
    drafts: Sequence[DraftTable], unread: Sequence[Seen], partial: Partial | None, *, with_elements: bool
) -> Dump:
    """The facts of a whole rule set. `with_elements`: the command is known to show the contents of sets."""
    with_elements = with_elements or any(known.shown for table in drafts for known in table.sets.values())
    budget = Budget()
    tables = [_table(draft, budget, with_elements) for draft in drafts if draft.family != "arp"]
    facts: dict[str, Sequence[FilterTable | ArpTables]] = {
        fact: tuple(table for table in tables if table.family in families | _OF_BOTH)
        for fact, families in _FACTS.items()
    }
    kinds = [_sign(table.seen) for table in tables if not table.changes_nothing or table.partial]
    kinds += [
        _named(table, ARP) for table in tables if table.family not in _MODELLED and not table.changes_nothing
    ]  # fmt: skip
    arp = [draft for draft in drafts if draft.family == "arp" and not draft.dormant]
    if arp:
        known = arp_tables(arp, {draft.name: _sets(draft, with_elements) for draft in arp})
        if known is None:
            kinds.append(_FACE.unread(arp[0].seen, ARP))
        elif known.policies:
            facts["arptables"] = (known,)
    whole = partial or next((draft.partial for draft in drafts if draft.partial is not None), None)
    return Dump(facts, tuple(unread), partial=whole, unread_kinds=tuple(_by_kind(kinds)))


def damaged(dump: Dump, partial: Partial) -> Dump:
    """Of a dump that lacks lines somewhere no chain is whole."""
    facts = {
        fact: tuple(_damaged(table, partial) if isinstance(table, FilterTable) else table for table in tables)
        for fact, tables in dump.facts.items()
    }
    kinds = dump.unread_kinds
    if partial.seen is not None and not any(kind.kind == _SIGN for kind in kinds):
        kinds = (*kinds, _sign(partial.seen))
    return replace(dump, facts=facts, unread_kinds=kinds)


def _damaged(table: FilterTable, partial: Partial) -> FilterTable:
    chains = tuple(replace(chain, partial=chain.partial or partial) for chain in table.chains)
    return replace(table, chains=chains, partial=table.partial or partial)


def _sign(seen: Seen) -> Unread:
    """What keeps a finding from assuming that there is no rule, until kernel/packet_filter is asked (as iptables')."""
    return Unread(_SIGN, _FACE.name, seen, PACKETS, read=True)


def _named(table: FilterTable, hides: frozenset[str]) -> Unread:
    return Unread(
        f"nftables-{table.family}", f"an nftables table of family {table.family}", table.seen, hides | PACKETS
    )


def _by_kind(kinds: Sequence[Unread]) -> list[Unread]:
    by_kind: dict[str, Unread] = {}
    for kind in kinds:
        first = by_kind.setdefault(kind.kind, kind)
        by_kind[kind.kind] = replace(first, hides=first.hides | kind.hides)
    return list(by_kind.values())


def _sets(draft: DraftTable, with_elements: bool) -> dict[str, Elements]:
    """The sets and maps of which all is known: an empty one only where a set that is not would be shown with its
    elements, and none that packets are put into."""
    written = {
        item.name
        for chain in draft.chains.values()
        for items, _, _ in chain.rules
        for item in items
        if isinstance(item, Writes)
    }
    return {
        name: known.elements
        for name, known in draft.sets.items()
        if known.elements is not None
        and (known.shown or with_elements)
        and not known.changes
        and name not in written
        and draft.partial is None
    }


def _table(draft: DraftTable, budget: Budget, with_elements: bool) -> FilterTable:
    context = Context(draft.family, _sets(draft, with_elements), budget)
    chains = tuple(_chain(draft, chain, context) for chain in draft.chains.values())
    return FilterTable(draft.family, draft.name, draft.seen, chains, False, "nf_tables", "nft", draft.partial)


def _chain(draft: DraftTable, chain: DraftChain, context: Context) -> Chain:
    rules: list[FilterRule] = []
    for items, seen, handle in chain.rules:
        rules += rules_of(items, seen, context, handle)
    base = bool(chain.hook) and not draft.dormant
    hook = _HOOKS.get(chain.hook) if base and draft.family in _MODELLED and chain.priority is not None else None
    return Chain(
        chain.name, chain.seen, tuple(rules), hook, chain.priority or 0,
        (chain.policy or "accept") if base else "", chain.partial, chain.kind == "nat",
        chain.hook if base and hook is None else "",
    )  # fmt: skip
