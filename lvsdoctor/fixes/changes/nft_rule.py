"""A rule of nftables that is put into a chain or removed (nft(8))."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lvsdoctor.fixes.changes.filter_rows import FILTER_FACTS, meaning
from lvsdoctor.fixes.changes.kind import Phase, Readers, spelled
from lvsdoctor.fixes.changes.line import Line, NotFollowed
from lvsdoctor.fixes.changes.rows import with_rows
from lvsdoctor.model.change import Change, Command, PutNftRule, RemoveNftRule
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Chain, Effect, FilterRule
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.words import read_number
from lvsdoctor.sanitize import legible

NOUNS = (PutNftRule, RemoveNftRule)

_UNSEEN = "the rules of chain {chain} of table {family} {table} were not collected"
_PUT = "chain {chain} of table {family} {table} (nft) gets the rule `{rule}` {where}"
_GONE = "chain {chain} of table {family} {table} (nft) loses the rule `{rule}`"
_CUT = "Packets that match `{rule}` are lost"
_OPENED = "Packets that `{rule}` accepted may be lost"
_TAKE_OUT = (
    "# `nft -a list chain {family} {table} {chain}` shows the handle of the rule `{rule}`: "
    "nft delete rule {family} {table} {chain} handle HANDLE"
)
_PUT_BACK = "# put the rule back into chain {chain} of table {family} {table}: {rule}"
_EFFECTS_OF_DROP = frozenset({Effect.DROP, Effect.REJECT})


def _read(line: Line) -> tuple[Change, ...]:
    from lvsdoctor.parse.nft.nft_tables import FAMILIES

    words = [word for word in line.words if word not in ("-a", "-n", "--handle", "--numeric")]
    if words[:1] == ["list"]:
        return ()
    if words[1:2] != ["rule"] or words[0] not in ("add", "insert", "delete"):
        raise NotFollowed("of nft only the adding, inserting and deleting of a rule is followed here")
    verb, rest = words[0], words[2:]
    family = rest.pop(0) if rest[:1] and rest[0] in FAMILIES else "ip"
    if len(rest) < 3:
        raise NotFollowed("it names no rule")
    table, chain, *rest = rest
    known = _chain(line.node, family, table, chain)
    if known is None:
        raise NotFollowed(_UNSEEN.format(family=family, table=table, chain=chain))
    handle = read_number(rest[1]) if len(rest) > 1 and rest[0] in ("handle", "position") else None
    if handle is not None and any(rule.handle is None for rule in known.rules):
        raise NotFollowed("the handles of this chain were not collected (nft -a)")
    if verb == "delete":
        if handle is None or len(rest) > 2:
            raise NotFollowed("it names no rule by its handle")
        return (RemoveNftRule(family, table, chain, handle),)
    rest = rest[2:] if handle is not None else rest
    if rest[:1] == ["index"] or (handle is not None and verb == "add"):
        raise NotFollowed("the place that it names is not known here")
    change = PutNftRule(family, table, chain, " ".join(rest), first=verb == "insert", before=handle)
    if not _rules(change, line.seen):
        raise NotFollowed("its rule cannot be read")
    return (change,)


READERS: Readers = {("nft",): _read}


def _rules(change: PutNftRule, seen: Seen) -> list[FilterRule]:
    """What the rule is in the model; nothing where a word of it is not known."""
    rules = _rules_in(change.rule, change.family, seen)
    return [] if any(rule.unknown for rule in rules) else rules


def _rules_in(text: str, family: str, seen: Seen) -> list[FilterRule]:
    # Few fixes change such a rule, and what reads it costs a start more than all the rest of them.
    from lvsdoctor.parse.nft.nft_rule import Budget, Context, rules_of
    from lvsdoctor.parse.nft.nft_text import items_of

    return rules_of(items_of(text), seen, Context(family, {}, Budget()))


def spell(change: PutNftRule | RemoveNftRule) -> Command:
    place = (change.family, change.table, change.chain)
    if isinstance(change, RemoveNftRule):
        return spelled(change, "nft", "delete", "rule", *place, "handle", change.handle)
    before = ("position", change.before) if change.before is not None else ()
    verb = "insert" if change.first or before else "add"
    return spelled(change, "nft", verb, "rule", *place, *before, *change.rule.split())


def phase(change: PutNftRule | RemoveNftRule) -> Phase:
    return Phase.FILTER


def _chain(node: Node, family: str, table: str, chain: str) -> Chain | None:
    """The chain as nft showed it; None where it did not."""
    for fact in FILTER_FACTS:
        for row in node.packet_filter(fact) if node.has(fact) else ():
            if (row.family, row.name, row.form) == (family, table, "nft") and (known := row.chain(chain)) is not None:
                return known
    return None


def _with_handle(chain: Chain, handle: int) -> list[FilterRule]:
    """The rule with that handle; several where a map of verdicts, or a set, has made several of it."""
    return [rule for rule in chain.rules if rule.handle == handle]


def apply(node: Node, change: PutNftRule | RemoveNftRule) -> Node:
    chain = _chain(node, change.family, change.table, change.chain)
    rules = _after(chain.rules, change) if chain is not None else None
    if chain is None or rules is None:
        return node
    # A table of the family inet stands among the filters of both.
    for fact in (fact for fact in FILTER_FACTS if node.has(fact)):
        tables = tuple(
            replace(row, chains=tuple(replace(c, rules=rules) if c.name == change.chain else c for c in row.chains))
            if (row.family, row.name, row.form) == (change.family, change.table, "nft")
            else row
            for row in node.packet_filter(fact)
        )
        if tables != tuple(node.packet_filter(fact)):
            node = with_rows(node, fact, tables)
    return node


def _after(rules: Sequence[FilterRule], change: PutNftRule | RemoveNftRule) -> tuple[FilterRule, ...] | None:
    """The rules of the chain after it; None where the kernel refuses, or what it takes is not known."""
    if isinstance(change, RemoveNftRule):
        return tuple(rule for rule in rules if rule.handle != change.handle)
    new = _rules(change, change.seen)
    if change.before is not None:
        place = next((number for number, rule in enumerate(rules) if rule.handle == change.before), None)
    else:
        place = 0 if change.first else len(rules)
    return (*rules[:place], *new, *rules[place:]) if new and place is not None else None


def words_of(rule: FilterRule, family: str) -> str:
    """The rule's words as nft takes them, without what is no part of it; empty where the dump does not show them so."""
    text = legible(rule.seen.text).partition("# handle")[0].strip()
    again = _rules_in(text, family, rule.seen)
    return text if len(again) == 1 and not again[0].unknown and meaning(again[0]) == meaning(rule) else ""


def describe(change: PutNftRule | RemoveNftRule, before: Node, after: Node) -> str:
    names = {"chain": change.chain, "table": change.table, "family": change.family}
    if isinstance(change, PutNftRule):
        where = "at its end" if not change.first else "before all others"
        where = f"before the one with handle {change.before}" if change.before is not None else where
        return _PUT.format(**names, rule=change.rule, where=where)
    return _GONE.format(**names, rule=_text(change, before))


def impact(change: PutNftRule | RemoveNftRule, before: Node, after: Node) -> str:
    if isinstance(change, PutNftRule):
        effects = {action.effect for rule in _rules(change, change.seen) for action in rule.actions}
        return _CUT.format(rule=change.rule) if effects & _EFFECTS_OF_DROP else ""
    gone = {action.effect for rule in _gone(change, before) for action in rule.actions}
    return _OPENED.format(rule=_text(change, before)) if Effect.ACCEPT in gone else ""


def _gone(change: RemoveNftRule, before: Node) -> list[FilterRule]:
    chain = _chain(before, change.family, change.table, change.chain)
    return _with_handle(chain, change.handle) if chain is not None else []


def _text(change: RemoveNftRule, before: Node) -> str:
    """Its words, or what the dump shows of it."""
    rule = next(iter(_gone(change, before)), None)
    if rule is None:
        return f"handle {change.handle}"
    return words_of(rule, change.family) or legible(rule.seen.text).strip()


def undo(change: PutNftRule | RemoveNftRule, before: Node, after: Node) -> Iterator[str]:
    names = {"chain": change.chain, "table": change.table, "family": change.family}
    if isinstance(change, PutNftRule):
        # Which handle the kernel will give it nobody knows yet.
        yield legible(_TAKE_OUT.format(**names, rule=change.rule))
        return
    chain = _chain(before, change.family, change.table, change.chain)
    gone = _gone(change, before)
    words = words_of(gone[0], change.family) if len(gone) == 1 else ""
    behind = chain.rules[chain.rules.index(gone[0]) + 1 :] if chain is not None and words else ()
    if words and not behind:
        yield spell(PutNftRule(change.family, change.table, change.chain, words, first=False))
    elif words and behind[0].handle is not None:
        yield spell(PutNftRule(change.family, change.table, change.chain, words, before=behind[0].handle))
    else:
        yield _PUT_BACK.format(**names, rule=_text(change, before))
