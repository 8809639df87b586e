"""A policy rule that is added or removed (ip-rule(8)).

net/core/fib_rules.c: fib_newrule() puts it behind those of its priority, fib_delrule() takes the first.
"""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.fixes.changes.kind import Phase, Readers, spelled
from lvsdoctor.fixes.changes.line import Line, NotFollowed
from lvsdoctor.fixes.changes.rows import same, with_rows
from lvsdoctor.model.change import AddPolicyRule, Command, RemovePolicyRule
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import PolicyRule
from lvsdoctor.parse.iproute.ip_rule import OTHER, make_rule
from lvsdoctor.parse.words import read_number, split_options, word_set

NOUNS = (AddPolicyRule, RemovePolicyRule)

_OPTIONS = word_set(
    "from to tos dsfield fwmark iif oif lookup table suppress_prefixlength goto proto realms priority pref preference"
).union(OTHER)


def _named(line: Line) -> tuple[int, dict[str, str], list[str]]:
    """The priority, and what else the line says."""
    options, bare = split_options(line.words, _OPTIONS)
    named = [read_number(options.pop(name)) for name in ("priority", "pref", "preference") if name in options]
    if len(named) != 1 or named[0] is None:
        raise NotFollowed("it does not name one rule by its priority")
    return named[0], options, bare


def _read_add(line: Line) -> tuple[AddPolicyRule]:
    priority, options, bare = _named(line)
    rule = make_rule(priority, line.seen, options, bare)
    if rule is None:
        raise NotFollowed("the rule cannot be read")
    prefix = rule.src or rule.dst
    return (AddPolicyRule(replace(rule, family=line.family or (prefix.version if prefix is not None else 4))),)


def _read_delete(line: Line) -> tuple[RemovePolicyRule]:
    priority, options, bare = _named(line)
    if options or bare:
        raise NotFollowed("it does not name one rule by its priority")
    return (RemovePolicyRule(priority, line.family or 4),)


READERS: Readers = {("ip", "rule", "add"): _read_add, ("ip", "rule", "delete"): _read_delete}


def spell(change: AddPolicyRule | RemovePolicyRule) -> Command:
    if isinstance(change, RemovePolicyRule):
        return spelled(change, "ip", *_family(change.family), "rule", "del", "priority", change.priority)
    rule = change.rule
    words: list[object] = ["not"] if rule.negated else []
    words += ["from", rule.src if rule.src is not None else "all"]
    words += ["to", rule.dst] if rule.dst is not None else []
    words += ["tos", hex(rule.tos)] if rule.tos else []
    mask = "" if rule.fwmask == 0xFFFFFFFF else f"/{rule.fwmask:#x}"
    words += ["fwmark", f"{rule.fwmark:#x}{mask}"] if rule.fwmark is not None else []
    words += ["iif", rule.iif] if rule.iif else []
    words += ["oif", rule.oif] if rule.oif else []
    words += [part for other in rule.other for part in other.split()]
    words += ["l3mdev"] if rule.l3mdev else ["goto", rule.target] if rule.action == "goto" else []
    if not rule.l3mdev and rule.action != "goto":
        words += ["lookup", rule.table] if rule.action == "lookup" else [rule.action]
    limit = rule.suppress_prefixlength
    words += ["suppress_prefixlength", limit] if limit is not None else []
    return spelled(change, "ip", *_family(rule.family), "rule", "add", "priority", rule.priority, *words)


def _family(family: int) -> list[str]:
    return ["-6"] if family == 6 else []


def phase(change: AddPolicyRule | RemovePolicyRule) -> Phase:
    return Phase.ROUTE


def apply(node: Node, change: AddPolicyRule | RemovePolicyRule) -> Node:
    rules = node.policy_rules if node.has("policy-rules") else ()
    if isinstance(change, RemovePolicyRule):
        gone = _meant(change, node)
        return with_rows(node, "policy-rules", tuple(rule for rule in rules if rule is not gone))
    new = replace(change.rule, seen=change.seen)
    if any(same(new, rule) for rule in rules):
        return node  # fib_nl_newrule(): rule_exists()
    beyond = [at for at, rule in enumerate(rules) if rule.family == new.family and rule.priority > new.priority]
    place = beyond[0] if beyond else len(rules)
    return with_rows(node, "policy-rules", (*rules[:place], new, *rules[place:]))


def _meant(change: RemovePolicyRule, node: Node) -> PolicyRule | None:
    rules = node.policy_rules if node.has("policy-rules") else ()
    return next((rule for rule in rules if (rule.priority, rule.family) == (change.priority, change.family)), None)


def describe(change: AddPolicyRule | RemovePolicyRule, before: Node, after: Node) -> str:
    if isinstance(change, AddPolicyRule):
        return f"the policy rule {change.rule.priority} comes"
    gone = _meant(change, before)
    if gone is None or not gone.seen.text:
        return f"the policy rule {change.priority} goes"
    return f"a policy rule goes: {' '.join(gone.seen.text.split())}"


def impact(change: AddPolicyRule | RemovePolicyRule, before: Node, after: Node) -> str:
    return "What the rule is about takes the routes of another table at once"


def undo(change: AddPolicyRule | RemovePolicyRule, before: Node, after: Node) -> Iterator[Command]:
    if isinstance(change, AddPolicyRule):
        yield spell(RemovePolicyRule(change.rule.priority, change.rule.family))
    elif (gone := _meant(change, before)) is not None:
        yield spell(AddPolicyRule(gone))
