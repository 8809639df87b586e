"""`ip rule`: the policy rules that choose a routing table."""

import re
from collections.abc import Sequence
from dataclasses import replace

from lvsdoctor.model.address import Network
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.route import PolicyRule
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.gaps import NO_BEGINNING, NO_END
from lvsdoctor.parse.iproute.ip_command import IpCommand, ip_command, part_of, table_name
from lvsdoctor.parse.reader import Dump, Reader
from lvsdoctor.parse.words import read_link_name, read_network, read_number, split_options, word_set

_LINE = re.compile(r"(\d{1,10}):\s+(.+)")
_LAST = 2**32 - 1
# Selectors beyond addresses, links and marks: kept as spelled, since such a rule matches less than it seems to.
OTHER = ("uidrange", "ipproto", "sport", "dport", "tun_id", "dscp", "flowlabel", "suppress_ifgroup")
RULE_OPTIONS = word_set(
    "from to tos dsfield fwmark iif oif lookup table suppress_prefixlength goto proto realms"
).union(OTHER)
FINAL_ACTIONS = frozenset({"nop", "blackhole", "prohibit", "unreachable"})
# [detached] and [unresolved]: the link or the target rule does not exist (yet); the rule stands as it is.
_BARE = FINAL_ACTIONS | {"not", "l3mdev", "[detached]", "[unresolved]"}
_MAIN, _DEFAULT = (32766, "main"), (32767, "default")
_L3MDEV = "[l3mdev-table]"


class _Unreadable(Exception):
    """A selector that cannot be read: the rule would match something else without it."""


def _number(text: str, most: int = _LAST) -> int:
    if (value := read_number(text, most=most)) is None:
        raise _Unreadable(text)
    return value


def _prefix(text: str) -> Network | None:
    if text in ("all", "any", "default"):
        return None
    if (network := read_network(text)) is None:
        raise _Unreadable(text)
    return network


def _link(text: str | None) -> str | None:
    if text is not None and read_link_name(text) is None:
        raise _Unreadable(text)
    return text


def make_rule(priority: int, seen: Seen, options: dict[str, str], bare: Sequence[str]) -> PolicyRule | None:
    """A rule from the words of `ip rule`; None where a word is unknown, as it could be a selector."""
    if not _BARE.issuperset(bare) or "" in options.values():
        return None
    table = options.get("lookup", options.get("table", ""))
    l3mdev = "l3mdev" in bare or table == _L3MDEV
    final = [word for word in bare if word in FINAL_ACTIONS]
    action = "goto" if "goto" in options else final[0] if final else "lookup" if table or l3mdev else ""
    mark, slash, mask = options.get("fwmark", "").partition("/")
    if not action or priority > _LAST:
        return None
    prefixlength = options.get("suppress_prefixlength")
    try:
        return PolicyRule(
            priority=priority,
            seen=seen,
            action=action,
            table="" if l3mdev else table_name(table),
            target=_number(options["goto"]) if "goto" in options else None,
            negated="not" in bare,
            src=_prefix(options.get("from", "all")),
            dst=_prefix(options.get("to", "all")),
            iif=_link(options.get("iif")),
            oif=_link(options.get("oif")),
            fwmark=_number(mark) if "fwmark" in options else None,
            fwmask=_number(mask) if slash else _LAST,
            tos=_number(options.get("tos", options.get("dsfield", "0")), most=255),
            l3mdev=l3mdev,
            suppress_prefixlength=None if prefixlength is None else _number(prefixlength, most=128),
            other=tuple(f"{name} {options[name]}" for name in OTHER if name in options),
        )
    except _Unreadable:
        return None


def with_family(rules: Sequence[PolicyRule], command: IpCommand | None) -> tuple[PolicyRule, ...]:
    """The rules with their family, which no line tells: a dump has one, the command's or that of any address in it.

    Without either the default rules tell: IPv6 has no table default (net/ipv6/fib6_rules.c: fib6_rules_net_init()).
    """
    family = command.family if command is not None else None
    if family is None:
        versions = {net.version for rule in rules for net in (rule.src, rule.dst) if net is not None}
        tables = {(rule.priority, rule.table) for rule in rules}
        bare = not versions and _MAIN in tables and _DEFAULT not in tables and not (command and command.piped)
        family = 6 if 6 in versions or bare else 4
    return tuple(replace(rule, family=family) for rule in rules)


def part_of_rules(rules: Sequence[PolicyRule]) -> Partial | None:
    """Priority 0 looks up table local, and the rule of table main is near the end: the kernel makes them both.

    (net/ipv4/fib_rules.c: fib_default_rules_init(). Deleting either by hand is legal, and rare; where a rule of another
    priority looks up table local, somebody did.)
    """
    if not rules:
        return None
    if rules[0].priority > 0 and not any(rule.table == "local" for rule in rules):
        return Partial(NO_BEGINNING, rules[0].seen)
    return None if any(rule.table == "main" for rule in rules) else Partial(NO_END, rules[-1].seen)


def _read_line(text: str, seen: Seen) -> PolicyRule | None:
    match = _LINE.fullmatch(text.strip())
    if match is None:
        return None
    options, bare = split_options(match[2].split(), RULE_OPTIONS)
    return make_rule(int(match[1]), seen, options, bare) if "from" in options else None


class IpRule(Reader):
    """`ip rule`, `ip -6 rule`. The family stands on no line, see `in_one_family`."""

    name = "ip-rule"
    programs = ("ip",)

    def __init__(self) -> None:
        self._rules: list[PolicyRule] = []
        self._unread: list[Seen] = []
        self._command: IpCommand | None = None

    @classmethod
    def starts(cls, text: str) -> bool:
        return _read_line(text, Seen("", None, "")) is not None

    def set_command(self, command: Sequence[str]) -> None:
        self._command = ip_command(command)

    def asked_for(self, command: Sequence[str], echo: Seen | None) -> Partial | None:
        return part_of(command, echo)

    def feed(self, seen: Seen) -> bool:
        match = _LINE.fullmatch(seen.text.strip())
        if match is None or match[2].split(maxsplit=2)[0] not in ("from", "not"):
            return False
        if self._rules and int(match[1]) < self._rules[-1].priority:
            return False  # the priorities start again: the other family's rules follow
        rule = _read_line(seen.text, seen)
        if rule is None:
            self._unread.append(seen)
        else:
            self._rules.append(rule)
        return True

    def dump(self) -> Dump:
        rules = with_family(self._rules, self._command)
        return Dump({"policy-rules": rules}, tuple(self._unread), partial=part_of_rules(rules))
