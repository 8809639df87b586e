"""A rule of iptables or ip6tables that is put into a chain or removed (iptables(8))."""

import re
from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.fixes.changes.filter_rows import meaning
from lvsdoctor.fixes.changes.kind import Phase, Readers, spelled
from lvsdoctor.fixes.changes.line import Line, NotFollowed
from lvsdoctor.fixes.changes.rows import with_rows
from lvsdoctor.model.change import Change, Command, PutFilterRule, RemoveFilterRule
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Chain, Effect, FilterTable
from lvsdoctor.parse.iptables.iptables_rule import rule_of, words_of

NOUNS = (PutFilterRule, RemoveFilterRule)

_PROGRAMS = {4: "iptables", 6: "ip6tables"}
_VERBS = {"-A": "-A", "--append": "-A", "-I": "-I", "--insert": "-I", "-D": "-D", "--delete": "-D"}
_SHOWS = frozenset({"-L", "-S", "--list", "--list-rules", "-C", "--check", "-nvL", "-nL", "-vnL", "-Ln"})
_PLAIN = re.compile(r"[^\s\"'\\]+")
_UNSEEN = "the rules of {program} were not collected"
_PUT = "chain {chain} of table {table} ({program}) gets the rule `{rule}`{where}"
_GONE = "chain {chain} of table {table} ({program}) loses the rule `{rule}`"
_CUT = "Packets that match `{rule}` are lost"
_OPENED = "Packets that `{rule}` accepted may be lost"


def _read(line: Line) -> tuple[Change, ...]:
    version = 6 if line.key == ("ip6tables",) else 4
    table, words = "filter", list(line.words)
    while words[:1] and words[0] in ("-t", "--table", "-w", "--wait", "-n"):
        if words[0] in ("-t", "--table"):
            table = "".join(words[1:2])
            del words[0]
        del words[0]
    if words[:1] and words[0] in _SHOWS:
        return ()
    verb = _VERBS.get(words[0]) if words else None
    if verb is None or len(words) < 3:
        raise NotFollowed(f"of {_PROGRAMS[version]} only -A, -I and -D are followed here")
    chain, *rest = words[1:]
    number = 1 if verb == "-I" else 0
    if rest[0].isdigit():
        if verb != "-I":
            raise NotFollowed("it names a rule by its number")
        number = int(rest[0])
        del rest[0]
    if _chain(line.node, version, table, chain) is None:
        raise NotFollowed(_UNSEEN.format(program=_PROGRAMS[version]))
    text = " ".join(map(_quoted, rest))
    if rule_of(text, line.seen) is None:
        raise NotFollowed("its rule cannot be read")
    if verb == "-D":
        return (RemoveFilterRule(version, table, chain, text),)
    return (PutFilterRule(version, table, chain, text, number),)


READERS: Readers = {("iptables",): _read, ("ip6tables",): _read}


def _quoted(word: str) -> str:
    """The word as iptables-save prints it (libxtables/xtables.c: xtables_save_string())."""
    return word if _PLAIN.fullmatch(word) else '"' + re.sub(r'(["\\\'])', r"\\\1", word) + '"'


def spell(change: PutFilterRule | RemoveFilterRule) -> Command:
    words: list[object] = [_PROGRAMS[change.version]]
    words += ["-t", change.table] if change.table != "filter" else []
    if isinstance(change, RemoveFilterRule):
        words += ["-D", change.chain]
    elif change.number:
        words += ["-I", change.chain, *([change.number] if change.number > 1 else [])]
    else:
        words += ["-A", change.chain]
    return spelled(change, *words, *(word.text for word in words_of(change.rule)))


def phase(change: PutFilterRule | RemoveFilterRule) -> Phase:
    return Phase.FILTER


def _fact(version: int) -> str:
    return _PROGRAMS[version]


def _chain(node: Node, version: int, table: str, chain: str) -> Chain | None:
    """The chain as it was seen; None where it was not."""
    tables = node.packet_filter(_fact(version)) if node.has(_fact(version)) else ()
    return next((found for row in tables if row.name == table and (found := row.chain(chain)) is not None), None)


def _place(change: PutFilterRule | RemoveFilterRule, chain: Chain) -> int | None:
    """Where the rule is put (counted from 0), or the first stands that says the same; None where the kernel refuses."""
    if isinstance(change, PutFilterRule):
        place = len(chain.rules) if change.number == 0 else change.number - 1
        return place if place <= len(chain.rules) else None
    rule = rule_of(change.rule, change.seen)
    named = meaning(rule) if rule is not None else None
    return next((place for place, row in enumerate(chain.rules) if meaning(row) == named), None)


def apply(node: Node, change: PutFilterRule | RemoveFilterRule) -> Node:
    chain = _chain(node, change.version, change.table, change.chain)
    place = _place(change, chain) if chain is not None else None
    rule = rule_of(change.rule, change.seen)
    if chain is None or place is None or rule is None:
        return node
    rules = list(chain.rules)
    if isinstance(change, PutFilterRule):
        rules.insert(place, rule)
    else:
        del rules[place]
    fact = _fact(change.version)
    changed = replace(chain, rules=tuple(rules))
    return with_rows(node, fact, tuple(_with(row, change.table, chain, changed) for row in node.packet_filter(fact)))


def _with(table: FilterTable, name: str, chain: Chain, changed: Chain) -> FilterTable:
    if table.name != name or not any(row is chain for row in table.chains):
        return table
    return replace(table, chains=tuple(changed if row is chain else row for row in table.chains))


def describe(change: PutFilterRule | RemoveFilterRule, before: Node, after: Node) -> str:
    names = {"chain": change.chain, "table": change.table, "program": _PROGRAMS[change.version], "rule": change.rule}
    if isinstance(change, RemoveFilterRule):
        return _GONE.format(**names)
    return _PUT.format(**names, where=f" as number {change.number}" if change.number else " at its end")


def impact(change: PutFilterRule | RemoveFilterRule, before: Node, after: Node) -> str:
    rule = rule_of(change.rule, change.seen)
    effects = {action.effect for action in rule.actions} if rule is not None else set()
    if isinstance(change, PutFilterRule):
        return _CUT.format(rule=change.rule) if effects & {Effect.DROP, Effect.REJECT} else ""
    return _OPENED.format(rule=change.rule) if Effect.ACCEPT in effects else ""


def undo(change: PutFilterRule | RemoveFilterRule, before: Node, after: Node) -> Iterator[Command]:
    if isinstance(change, PutFilterRule):
        yield spell(RemoveFilterRule(change.version, change.table, change.chain, change.rule))
        return
    chain = _chain(before, change.version, change.table, change.chain)
    place = _place(change, chain) if chain is not None else None
    yield spell(PutFilterRule(change.version, change.table, change.chain, change.rule, (place or 0) + 1))
