"""Policy rules: which of them a packet is looked up by, in their order.

net/core/fib_rules.c: fib_rules_lookup(), fib_rule_match(); net/ipv4/fib_rules.c.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from lvsdoctor.kernel.answer import assume
from lvsdoctor.kernel.vrf import vrf_tables
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import FAILING_TYPES, PolicyRule, Route
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iptables.iptables_words import PROTOCOLS

_DEFAULT_RULES = tuple(
    PolicyRule(priority, Seen("kernel default", None, f"{priority}: from all lookup {table}"), table=table)
    for priority, table in ((0, "local"), (32766, "main"), (32767, "default"))
)
# Until somebody touches the policy rules, tables local and main of IPv4 are one (net/ipv4/fib_trie.c: fib_trie_table();
# include/net/ip_fib.h: fib_lookup()), and the longest prefix of both wins: a subnet of a link over a wider one on lo.
MERGED = "local and main"
_MERGED_RULES = (replace(_DEFAULT_RULES[0], table=MERGED), _DEFAULT_RULES[2])
# drivers/net/vrf.c: vrf_add_fib_rules(): the first VRF brings it along.
_VRF_RULE = PolicyRule(
    1000, Seen("kernel default", None, "1000: from all lookup [l3mdev-table]"), table="", l3mdev=True
)


def policy_rules(node: Node, family: int) -> tuple[tuple[PolicyRule, ...], tuple[Citation, ...]]:
    return node.derived(("policy rules", family), lambda host: _sorted_rules(host, family))


def _sorted_rules(node: Node, family: int) -> tuple[tuple[PolicyRule, ...], tuple[Citation, ...]]:
    default = _MERGED_RULES if family == 4 else _DEFAULT_RULES
    if vrf_tables(node):
        default = (_DEFAULT_RULES[0], _VRF_RULE, *_DEFAULT_RULES[1:])
    if not node.has("policy-rules") or all(rule.family != family for rule in node.policy_rules):
        return default, (assume("policy-rules", "no policy rule besides the default three"),)
    if family == 4 and has_custom_rules(node) is None:
        return default, ()
    rules = tuple(sorted((r for r in node.policy_rules if r.family == family), key=lambda rule: rule.priority))
    return rules, ()


@dataclass(frozen=True, slots=True)
class Flow:
    """The protocol and the ports of a packet that a program of the host sends; None is not known."""

    protocol: int | None
    sport: int | None
    dport: int | None


def selects(
    rule: PolicyRule, dst: IP, src: IP | None, arrived_on: str, oif: str | None, mark: int = 0, flow: Flow | None = None
) -> bool | None:  # fmt: skip
    """Does the rule match a packet? None: it asks for what is not known of it. Without `flow` the packet has neither
    protocol nor ports: a request by ARP, and what IPVS sends (ip_vs_xmit.c: do_output_route4()).

    net/core/fib_rules.c: fib_rule_match().
    """
    matches = (
        (rule.dst is None or dst in rule.dst)
        and (rule.src is None or rule.src.prefixlen == 0 or (src is not None and src in rule.src))
        and (rule.iif is None or rule.iif == arrived_on)
        and (rule.oif is None or rule.oif == oif)
        and (rule.fwmark is None or not (mark ^ rule.fwmark) & rule.fwmask)
        and not rule.tos
    )
    asked = _has_transport(rule, flow) if matches else False
    return None if asked is None else asked != rule.negated


def _has_transport(rule: PolicyRule, flow: Flow | None) -> bool | None:
    """Does the packet have the protocol and the ports that the rule asks for? The user whose program sends it, and what
    else a rule may ask for, is not known. net/ipv4/fib_rules.c: fib4_rule_match()."""
    if flow is None or not rule.other:
        return not rule.other
    answers = [_has(flow, *selector.split(maxsplit=1)) for selector in rule.other]
    return False if False in answers else None if None in answers else True


def _has(flow: Flow, name: str, value: str) -> bool | None:
    if name == "ipproto":
        number = int(value) if value.isdecimal() else PROTOCOLS.get(value.lower())
        return None if number is None or flow.protocol is None else number == flow.protocol
    known = {"sport": flow.sport, "dport": flow.dport}.get(name)
    low, dash, high = value.partition("-")
    if known is None or not low.isdecimal() or (dash and not high.isdecimal()):
        return None
    return int(low) <= known <= int(high if dash else low)


def asks_for_marks(node: Node, family: int) -> bool:
    """Does a policy rule look at the mark of a packet?"""
    rows = node.seen_rows("policy-rules") if node.has("policy-rules") else ()
    return any(rule.fwmark is not None and rule.family == family for rule in rows)


def suppressed(rule: PolicyRule, route: Route) -> bool:
    """fib_rules_lookup(), `!err && ops->suppress`: what is unreachable is so whatever its prefix."""
    limit = rule.suppress_prefixlength
    return limit is not None and route.dst.prefixlen <= limit and route.type not in FAILING_TYPES


def has_custom_rules(node: Node) -> Citation | None:
    """A policy rule besides the default three, or one of these gone. Either sets a flag of the namespace for good.

    net/ipv4/fib_rules.c: fib4_rule_configure(), fib4_rule_delete() set fib_has_custom_rules.
    """
    return node.derived("custom rules", _custom_rule)


def _custom_rule(node: Node) -> Citation | None:
    if not node.has("policy-rules"):
        return None
    rules = [rule for rule in node.policy_rules if rule.family == 4]
    for rule in rules:
        if not is_default(rule):
            return cite(rule, "a rule of its own")
    if rules and len(rules) < len(_DEFAULT_RULES):
        return cite(rules[0], "a default rule is missing")
    return None


def is_default(rule: PolicyRule) -> bool:
    default = next((known for known in _DEFAULT_RULES if known.priority == rule.priority), None)
    return default is not None and (rule == default or _like(rule, default.seen) == default)


@lru_cache(maxsize=64)
def _like(rule: PolicyRule, seen: Seen) -> PolicyRule:
    """The same rule as if seen elsewhere, and of IPv4: rows that differ in nothing else are the same rule."""
    return replace(rule, seen=seen, family=4)
