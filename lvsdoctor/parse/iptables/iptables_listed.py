"""A rule as `iptables -L` prints it: `DROP  tcp  --  eth0  *  0.0.0.0/0  192.0.2.10  tcp dpt:80 /* why */`.

Matches and target print behind the addresses what they like (libxtables/xtables.c: print_match()). What is not one of
their known phrases stays in the rule as unknown.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from lvsdoctor.model.packet_filter import ALL_BITS, Action, Condition, Effect, FilterRule, Match, TcpFlags, Value
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iptables.iptables_target import tproxy
from lvsdoctor.parse.iptables.iptables_values import value_of
from lvsdoctor.parse.iptables.iptables_words import (
    TARGETS,
    TCP_FLAG_NAMES,
    is_exact_alone,
    mark_change,
    nat_place,
    read_masked,
    read_ports,
    unknown,
)

COLUMNS = re.compile(
    r"(?P<num>num +)?(?P<pkts>pkts +bytes +)?target +prot +opt(?P<links> +in +out)? +source +destination"
)
_COUNT = r"\d{1,20}[KMGTP]?"
_LONGEST = 4000  # of what stands behind the addresses: a comment has 255 letters at most
_PHRASE = re.compile(r'"(?:[^"\\]|\\.)*"|/\* .*? \*/|\S+')


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns a listing has in front of the target; without `links` it does not show a rule's interfaces."""

    num: bool = False
    counters: bool = False
    links: bool = False


def columns_in(line: str) -> Columns | None:
    match = COLUMNS.fullmatch(line)
    return match and Columns(bool(match["num"]), bool(match["pkts"]), bool(match["links"]))


def row_of(line: str, columns: Columns, family: str, seen: Seen) -> FilterRule | None:
    """The rule in a row of a listing, None where it is no such row. Targets that may be chains come as JUMP."""
    fixed = line.split(maxsplit=3)[: columns.num + 2 * columns.counters]
    if columns.num and (not fixed or not fixed[0].isdigit()):
        return None
    if columns.counters and not all(re.fullmatch(_COUNT, word) for word in fixed[columns.num :]):
        return None
    rest = line
    for _ in fixed:
        rest = rest.lstrip().partition(" ")[2]
    words = _words(rest, columns.links)
    if words is None:
        return None
    target, protocol, fragment, in_link, out_link, source, destination, more = words
    statements: list[Condition | Action] = []
    for match, word in (
        (Match.PROTOCOL, protocol), (Match.IN_LINK, in_link), (Match.OUT_LINK, out_link), (Match.SOURCE, source),
        (Match.DESTINATION, destination),
    ):  # fmt: skip
        if word:
            condition = _column(match, word)
            statements += [] if condition is None else [condition]
    if fragment.endswith("f"):
        statements.append(Condition(Match.FRAGMENT, (), fragment[0] == "!", fragment))
    if not columns.links:
        statements.append(Condition(Match.UNSHOWN, text="-i and -o"))
    conditions, action, comment = _behind(target, more)
    return FilterRule((*statements, *conditions, *([action] if action else [])), seen, comment)


def _words(rest: str, links: bool) -> tuple[str, str, str, str, str, str, str, str] | None:
    """Target, protocol, opt, in, out, source, destination, and what follows. The target may be empty, and so was the
    opt of ip6tables before 1.8.9."""
    pieces = [(match[0], match.end()) for match in re.finditer(r"\S+", rest)][:8]
    words = [word for word, _ in pieces]
    for has_target, has_opt in ((True, True), (False, True), (True, False), (False, False)):
        at = has_target + 1
        if has_opt and (len(words) <= at or words[at] not in ("--", "-f", "!f")):
            continue
        first = at + has_opt
        last = first + 2 * links + 2
        if len(words) < last or not all(_is_place(word, exact=not has_opt) for word in words[last - 2 : last]):
            continue
        return (
            words[0] if has_target else "", words[at - 1], words[at] if has_opt else "--",
            words[first] if links else "", words[first + 1] if links else "",
            words[last - 2], words[last - 1], rest[pieces[last - 1][1] :].strip(),
        )  # fmt: skip
    return None


_PLACE = re.compile(r"!?(?:anywhere|[0-9A-Fa-f.:]+(?:/[0-9A-Fa-f.:]+)?|[A-Za-z0-9][\w.-]*(?:/\S+)?)")


def _is_place(word: str, *, exact: bool) -> bool:
    """Could this be an address or a host's name? `exact`: an IPv6 address."""
    return _PLACE.fullmatch(word) is not None and (not exact or ":" in word or word.endswith("anywhere"))


def _column(match: Match, word: str) -> Condition | None:
    negated, text = word.startswith("!"), word.removeprefix("!")
    if text == "anywhere":
        text = "0.0.0.0/0"
    values = value_of(match, text)
    if values is None or (negated and not values):
        return unknown(f"{match.value} {word}")
    return Condition(match, values, negated, f"{match.value} {word}") if values else None


# -- what stands behind the addresses ---------------------------------------------------------------------------------

Maker = Callable[[str], tuple[Value, ...] | None]


def _masked(text: str) -> tuple[Value, ...] | None:
    masked = read_masked(text)
    return None if masked is None else (masked,)


def _by(match: Match) -> Maker:
    return lambda text: value_of(match, text)


def _flags(text: str) -> tuple[Value, ...] | None:
    looked_at, _, are_set = text.partition("/")
    masks = [read_masked(part) for part in (looked_at, are_set)]
    names = [
        frozenset(name for bit, name in enumerate(TCP_FLAG_NAMES) if mask.value >> bit & 1) for mask in masks if mask
    ]
    return (TcpFlags(names[0], names[1]),) if len(names) == 2 else None


# What matches print (iptables/extensions/libxt_*.c: *_print()), from the place on where each begins.
_PHRASES: tuple[tuple[re.Pattern[str], Match, Maker], ...] = tuple(
    (re.compile(pattern), match, make)
    for pattern, match, make in (
        (r"dpts?:(?P<not>!)?(?P<value>\S+)", Match.DESTINATION_PORT, _by(Match.DESTINATION_PORT)),
        (r"spts?:(?P<not>!)?(?P<value>\S+)", Match.SOURCE_PORT, _by(Match.SOURCE_PORT)),
        (r"flags:(?P<not>!)?(?P<value>0x\w+/0x\w+)", Match.TCP_FLAGS, _flags),
        (r"multiport dports +(?P<not>! ?)?(?P<value>\S+)", Match.DESTINATION_PORT, _by(Match.DESTINATION_PORT)),
        (r"multiport sports +(?P<not>! ?)?(?P<value>\S+)", Match.SOURCE_PORT, _by(Match.SOURCE_PORT)),
        (r"multiport ports +(?P<not>! ?)?(?P<value>\S+)", Match.PORT, _by(Match.PORT)),
        (r"(?P<not>! ?)?(?:ct)?state +(?P<value>[A-Z,]+)", Match.CT_STATE, _by(Match.CT_STATE)),
        (r"(?P<not>! )?ctorigdst (?P<value>\S+)", Match.CT_ORIGINAL_DESTINATION, _by(Match.CT_ORIGINAL_DESTINATION)),
        (r"(?:mark|MARK) match +(?P<not>! ?)?(?P<value>0x\w+(?:/0x\w+)?)", Match.MARK, _masked),
        (r"(?:connmark|CONNMARK) match +(?P<not>! ?)?(?P<value>0x\w+(?:/0x\w+)?)", Match.CT_MARK, _masked),
        (r"ADDRTYPE match (?:src-type \S+ )?dst-type (?P<not>!)?(?P<value>\S+)", Match.DESTINATION_TYPE,
         _by(Match.DESTINATION_TYPE)),
        (r"ADDRTYPE match src-type (?P<not>!)?(?P<value>\S+)", Match.SOURCE_TYPE, _by(Match.SOURCE_TYPE)),
        (r"(?P<not>! )?match-set (?P<value>\S+ \S+)", Match.IN_SET, lambda text: tuple(text.split())),
        (r"source IP range (?P<not>! ?)?(?P<value>\S+)", Match.SOURCE, _by(Match.SOURCE)),
        (r"destination IP range (?P<not>! ?)?(?P<value>\S+)", Match.DESTINATION, _by(Match.DESTINATION)),
        (r"(?P<not>! )?vaddr (?P<value>\S+)", Match.IPVS_VIP, _by(Match.IPVS_VIP)),
        (r"(?P<not>! )?vport (?P<value>\S+)", Match.IPVS_PORT, _by(Match.IPVS_PORT)),
        (r"(?P<not>! )?ipvs(?P<value>)(?= |$)", Match.IPVS, lambda _: ()),
        (r"(?:ipv6-)?icmp ?type (?P<not>!)?(?P<value>\d+(?: code \d+)?)", Match.ICMP_TYPE, lambda text: (text,)),
    )
)  # fmt: skip
# The name of the protocol or of the set of options stands before what it matches.
_OF_PROTOCOL = re.compile(r"(?:tcp|udp|sctp|udplite|dccp)(?= (?:spts?|dpts?|flags):)")


def _behind(target: str, text: str) -> tuple[list[Condition], Action | None, str]:
    """The conditions, the action and the comment in what stands behind the addresses."""
    goto, conditions, comment = False, list[Condition](), ""
    left: list[str] = [text[:_LONGEST]] if len(text) > _LONGEST else []  # the words of no known phrase
    at = 0
    while at < len(text) <= _LONGEST:
        if text[at] == " ":
            at += 1
            continue
        if text.startswith("[goto]", at):
            goto, at = True, at + len("[goto]")
            continue
        if protocol := _OF_PROTOCOL.match(text, at):
            at = protocol.end()
            continue
        phrase, condition = _condition_at(text, at)
        if condition is not None:
            conditions.append(condition)
            at = phrase
            continue
        match = _PHRASE.match(text, at)
        assert match is not None
        if match[0].startswith("/* "):
            comment = match[0][3:-3]
        else:
            left.append(match[0])
        at = match.end()
    words = " ".join(left)
    action: Action | None = None
    if goto:
        action = Action(Effect.GOTO, target, chain=target)
    elif target:
        action, words = _action(target, words)
    if words:
        conditions.append(unknown(words))
    return conditions, action, comment


def _condition_at(text: str, at: int) -> tuple[int, Condition | None]:
    for pattern, match, make in _PHRASES:
        if phrase := pattern.match(text, at):
            values = make(phrase["value"])
            shown = phrase[0].strip()
            if "src-type" in shown and "dst-type" in shown:
                values = None  # two conditions in one phrase
            known = values is not None and (bool(values) or match is Match.IPVS)
            if not known:
                return phrase.end(), unknown(shown)
            return phrase.end(), Condition(match, values or (), bool(phrase["not"]), shown)
    return at, None


_REDIR = re.compile(r"(?:redir ports (\d+(?:-\d+)?))?(?: random)?(?: random-fully)?")
_MASQ = re.compile(r"(?:masq ports: (\d+(?:-\d+)?))?(?: random)?(?: random-fully)?")
_TO = re.compile(r"to:(\S+)(?: random)?(?: random-fully)?(?: persistent)?")
_MARK = re.compile(r"MARK (set|xset|and|or|xor) (0x\w+(?:/0x\w+)?)")
_WHOLE_MARKS = ("CONNMARK save", "CONNMARK restore")
_HOPS = re.compile(r"(?:TTL|HL) set to (\d{1,3})$")
_TPROXY = re.compile(r"TPROXY redirect (\S+):(\d+) mark (0x\w+(?:/0x\w+)?)")
# What the target prints of itself, from its first word on; before it stand the words of unknown matches.
_BEGINS: Mapping[str, str] = {
    "REJECT": "reject-with ", "DNAT": "to:", "SNAT": "to:", "REDIRECT": "redir ports ", "MASQUERADE": "masq ports: ",
    "MARK": "MARK ", "TPROXY": "TPROXY redirect ", "NFQUEUE": "NFQUEUE ", "CT": "CT ", "CONNMARK": "CONNMARK ",
}  # fmt: skip


def _action(target: str, words: str) -> tuple[Action, str]:
    """The action of a target, and the words that are not its own."""
    kind = TARGETS.get(target)
    text = f"{target} {words}".strip()
    if kind is None:
        return Action(Effect.JUMP, target, chain=target), words
    if is_exact_alone(kind):
        return Action(kind, target), words
    if target in ("TTL", "HL"):
        hops = _HOPS.search(words)
        return Action(Effect.HOPS, text, hops=int(hops[1]) if hops else None), ""
    if kind in (Effect.UNKNOWN, Effect.LOG) or (kind is Effect.CONTINUE and target not in _BEGINS):
        return Action(kind, text), ""  # they print at length, and whether all of it is theirs changes nothing
    if target == "CT" and words.endswith("NOTRACK"):  # before 1.8.8
        return Action(Effect.NOTRACK, text), words.removesuffix("NOTRACK").strip()
    place = f" {words}".rfind(f" {_BEGINS[target]}") if target in _BEGINS else -1
    before, own = (words[:place].strip(), words[place:]) if place >= 0 else (words, "")
    action = _with_own_words(target, kind, own.strip())
    return (Action(Effect.UNKNOWN, text), before) if action is None else (replace(action, text=text), before)


def _with_own_words(target: str, kind: Effect, own: str) -> Action | None:
    match kind:
        case Effect.DNAT | Effect.SNAT:
            match = _TO.fullmatch(own)
            place = nat_place(match[1]) if match else None
            return None if place is None else Action(kind, "", "", *place)
        case Effect.REDIRECT | Effect.MASQUERADE:
            match = (_REDIR if kind is Effect.REDIRECT else _MASQ).fullmatch(own)
            ports = None if match is None else read_ports(match[1], "-") if match[1] else ()
            return None if ports is None else Action(kind, ports=ports[0] if ports else None)
        case Effect.MARK:
            match = _MARK.fullmatch(own)
            change = mark_change(match[1], match[2]) if match else None
            return None if change is None else Action(kind, mark=change)
        case Effect.TPROXY:
            match = _TPROXY.fullmatch(own)
            change = mark_change("xset", match[3]) if match else None
            return None if match is None or change is None else tproxy("", match[1], int(match[2][:6]), change)
        case Effect.CONTINUE if target == "CT" and "notrack" in own.split():
            return Action(Effect.NOTRACK)
        case Effect.CONTINUE if target == "CONNMARK":
            return _connmark(own)
    return Action(kind)


def _connmark(own: str) -> Action:
    """libxt_CONNMARK.c: connmark_tg_print()."""
    bits = (ALL_BITS, ALL_BITS) if own in _WHOLE_MARKS else None
    if "restore" in own.split():
        return Action(Effect.RESTORE_MARK, bits=bits)
    if "save" in own.split():
        return Action(Effect.SAVE_MARK, bits=bits)
    match = _MARK.fullmatch(own.removeprefix("CONN"))
    return Action(Effect.CT_MARK, mark=mark_change(match[1], match[2]) if match else None)
