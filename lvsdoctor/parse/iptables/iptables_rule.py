"""A rule as iptables-save and `iptables -S` print it: `-A INPUT -d 192.0.2.10/32 -p tcp -m tcp --dport 80 -j DROP`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lvsdoctor.model.packet_filter import ALL_BITS, Action, Condition, Effect, FilterRule, Match, Range, TcpFlags, Value
from lvsdoctor.model.seen import Seen
from lvsdoctor.parse.iptables.iptables_target import action_of
from lvsdoctor.parse.iptables.iptables_values import LIMITS, over_limit, value_of
from lvsdoctor.parse.iptables.iptables_words import (
    TCP_FLAG_NAMES,
    unknown,
)
from lvsdoctor.parse.words import read_number

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|(\S+)')
_ESCAPED = re.compile(r"\\(.)")

# Options without a module, and what they are called in full.
_LONG = {
    "--source": "-s", "--src": "-s", "--destination": "-d", "--dst": "-d", "--in-interface": "-i",
    "--out-interface": "-o", "--protocol": "-p", "--proto": "-p", "--fragment": "-f", "--jump": "-j", "--goto": "-g",
    "--match": "-m", "--set-counters": "-c",
}  # fmt: skip
_BASE = {
    "-s": Match.SOURCE, "-d": Match.DESTINATION, "-i": Match.IN_LINK, "-o": Match.OUT_LINK, "-p": Match.PROTOCOL,
}  # fmt: skip
# Options that a module has, by its name; the protocols have theirs without a -m, too.
_PORTS = {
    "--sport": Match.SOURCE_PORT, "--source-port": Match.SOURCE_PORT,
    "--dport": Match.DESTINATION_PORT, "--destination-port": Match.DESTINATION_PORT,
}  # fmt: skip
_ICMP = {"--icmp-type": Match.ICMP_TYPE, "--icmpv6-type": Match.ICMP_TYPE}
_HOPS = {f"--{name}-{how}": Match.HOP_LIMIT for name in ("hl", "ttl") for how in ("eq", "lt", "gt")}
_OPTIONS = {
    "tcp": _PORTS, "udp": _PORTS, "sctp": _PORTS, "udplite": _PORTS, "dccp": _PORTS,
    "icmp": _ICMP, "icmp6": _ICMP, "icmpv6": _ICMP, "ipv6-icmp": _ICMP,
    "multiport": {
        "--sports": Match.SOURCE_PORT, "--source-ports": Match.SOURCE_PORT, "--dports": Match.DESTINATION_PORT,
        "--destination-ports": Match.DESTINATION_PORT, "--ports": Match.PORT,
    },
    "mark": {"--mark": Match.MARK},
    "connmark": {"--mark": Match.CT_MARK},
    "state": {"--state": Match.CT_STATE},
    "conntrack": {
        "--ctstate": Match.CT_STATE, "--ctorigdst": Match.CT_ORIGINAL_DESTINATION,
        "--ctorigdstport": Match.CT_ORIGINAL_PORT,
    },
    "addrtype": {"--src-type": Match.SOURCE_TYPE, "--dst-type": Match.DESTINATION_TYPE},
    "iprange": {"--src-range": Match.SOURCE, "--dst-range": Match.DESTINATION},
    "set": {"--match-set": Match.IN_SET},
    "ipvs": {"--ipvs": Match.IPVS, "--vaddr": Match.IPVS_VIP, "--vport": Match.IPVS_PORT},
    "hl": _HOPS, "ttl": _HOPS,
    "pkttype": {"--pkt-type": Match.PACKET_TYPE},
    "mac": {"--mac-source": Match.SOURCE_MAC},
    "owner": {f"--{whose}-owner": Match.OWNER for whose in ("uid", "gid")},
    "length": {"--length": Match.LENGTH},
    "comment": {}, **{module: {} for module in LIMITS},
}  # fmt: skip
# Their value may begin with a dash: xtables_save_string() puts quotes only around what has a blank in it.
_FREE_TEXT = frozenset(
    {"--comment", "--log-prefix", "--nflog-prefix", "--ulog-prefix", "--string", "--name", "--match-set", "-i", "-o"}
)


class Word(NamedTuple):
    text: str
    quoted: bool

    @property
    def shown(self) -> str:
        return f'"{self.text}"' if self.quoted else self.text


def words_of(text: str) -> list[Word]:
    """The words of a rule. A quoted word is never an option (libxtables/xtables.c: xtables_save_string())."""
    return [
        Word(match[3], False)
        if match[3] is not None
        else Word(_ESCAPED.sub(r"\1", match[1]) if match[1] is not None else match[2], True)
        for match in _WORD.finditer(text)
    ]


@dataclass(slots=True)
class _Option:
    """An option with its values, `! -s 192.0.2.0/24`, and the module of the -m before it."""

    module: str
    name: str
    values: list[Word]
    negated: bool

    @property
    def text(self) -> str:
        words = ["!"] * self.negated + [self.name] + [value.shown for value in self.values]
        return " ".join(words)


def rule_of(text: str, seen: Seen) -> FilterRule | None:
    """The rule that the words behind `-A CHAIN` spell; None where they are no options."""
    options = _options(words_of(text))
    if options is None:
        return None
    matches, target = _parted(options)
    statements: list[Condition | Action] = []
    comment = ""
    for option in matches:
        if option.module == "comment" and option.name == "--comment" and len(option.values) == 1:
            comment = option.values[0].text
        else:
            statements += _conditions(option)
    if target:
        statements.append(_action(target))
    return FilterRule(tuple(statements), seen, comment)


def _options(words: Sequence[Word]) -> list[_Option] | None:
    options: list[_Option] = []
    module, negated = "", False
    for word in words:
        if not word.quoted and word.text == "!":
            if negated:
                return None
            negated = True
            continue
        free = bool(options) and options[-1].name in _FREE_TEXT and not options[-1].values
        if not free and not word.quoted and re.match(r"--?[A-Za-z]", word.text):
            name = _LONG.get(word.text, word.text)
            own = name in _BASE or name in ("-m", "-j", "-g", "-f", "-c")
            options.append(_Option("" if own else module, name, [], negated))
            negated = False
            continue
        if not options:
            return None
        if negated and not options[-1].values:  # `-s ! 192.0.2.0/24`, the older spelling
            options[-1].negated = True
        elif negated:
            return None
        negated = False
        options[-1].values.append(word)
        if options[-1].name == "-m" or (options[-1].name == "-p" and not options[-1].negated):
            module = word.text
    return None if negated else options


def _parted(options: Sequence[_Option]) -> tuple[list[_Option], list[_Option]]:
    """What belongs to matches, and the target with its options, which come last."""
    at = next((number for number, option in enumerate(options) if option.name in ("-j", "-g")), len(options))
    # `-j DROP -s 192.0.2.1`: as somebody types it, and arptables prints it.
    own = [option for option in options[at + 1 :] if option.name in _BASE or option.name in ("-m", "-c", "-f")]
    if own:
        cut = options.index(own[0])
        return [*options[:at], *options[cut:]], list(options[at:cut])
    return list(options[:at]), list(options[at:])


# -- conditions -------------------------------------------------------------------------------------------------------


def _conditions(option: _Option) -> Iterator[Condition]:
    if option.name == "-c":
        return
    if option.name == "-m":
        # A module that we know says nothing by itself; another one may: `-m socket` asks for a socket.
        if len(option.values) != 1 or option.negated or option.values[0].text not in _OPTIONS:
            yield unknown(option.text)
        return
    if option.name == "-f":
        yield unknown(option.text) if option.values else Condition(Match.FRAGMENT, (), option.negated, option.text)
        return
    if option.name == "--syn" and option.module == "tcp" and not option.values:
        flags = TcpFlags(frozenset({"FIN", "SYN", "RST", "ACK"}), frozenset({"SYN"}))
        yield Condition(Match.TCP_FLAGS, (flags,), option.negated, option.text)
        return
    if option.name == "--tcp-flags" and option.module == "tcp":
        yield _tcp_flags(option)
        return
    if option.module in LIMITS and not option.negated:
        yield from over_limit(option.module, option.name, " ".join(value.text for value in option.values), option.text)
        return
    match = _BASE.get(option.name) if not option.module else _OPTIONS.get(option.module, {}).get(option.name)
    if match is None:
        yield unknown(option.text)
        return
    values = (
        _hops(option)
        if match is Match.HOP_LIMIT
        else _user(option)
        if match is Match.OWNER
        else _values(match, option.values)
    )
    if values is None:
        yield unknown(option.text)
    elif values or match is Match.IPVS:
        yield Condition(match, values, option.negated, option.text)
    elif option.negated:
        yield unknown(option.text)  # none of everything


def _values(match: Match, words: Sequence[Word]) -> tuple[Value, ...] | None:
    """What the condition asks for; () where that is anything, None where it was not understood."""
    if match is Match.IPVS:
        return None if words else ()
    if match is Match.IN_SET:
        return (words[0].text, words[1].text) if len(words) == 2 else None
    if len(words) != 1:
        return None
    return value_of(match, words[0].text)


def _hops(option: _Option) -> tuple[Value, ...] | None:
    """`--hl-eq 255`; `--hl-lt` and `--hl-gt` leave the number itself out (net/netfilter/xt_hl.c: ttl_mt())."""
    number = read_number(option.values[0].text, most=255) if len(option.values) == 1 else None
    if number is None:
        return None
    low, high = {"lt": (0, number - 1), "gt": (number + 1, 255)}.get(option.name[-2:], (number, number))
    return (Range(low, high),)


def _user(option: _Option) -> tuple[Value, ...] | None:
    """`--uid-owner 1000`, `--uid-owner 1000-1999`; of groups no dump tells whose a socket is."""
    text = " ".join(value.text for value in option.values)
    low, _, high = text.partition("-")
    first, last = read_number(low, most=ALL_BITS), read_number(high or low, most=ALL_BITS)
    if option.name != "--uid-owner" or first is None or last is None:
        return (text,)
    return (Range(first, last),)


def _tcp_flags(option: _Option) -> Condition:
    looked_at, are_set = (_flags(word.text) for word in option.values) if len(option.values) == 2 else (None, None)
    if looked_at is None or are_set is None:
        return unknown(option.text)
    return Condition(Match.TCP_FLAGS, (TcpFlags(looked_at, are_set),), option.negated, option.text)


def _flags(text: str) -> frozenset[str] | None:
    if text in ("ALL", "NONE"):
        return frozenset(TCP_FLAG_NAMES[:6] if text == "ALL" else ())
    names = frozenset(text.split(","))
    return names if names.issubset(TCP_FLAG_NAMES) else None


# -- the target -------------------------------------------------------------------------------------------------------


def _action(options: Sequence[_Option]) -> Action:
    first, more = options[0], {option.name: option for option in options[1:]}
    text = " ".join(option.text for option in options)
    if first.negated or len(first.values) != 1 or len(more) < len(options) - 1:
        return Action(Effect.UNKNOWN, text)
    name = first.values[0].text
    if first.name == "-g":
        return Action(Effect.UNKNOWN, text) if more else Action(Effect.GOTO, text, chain=name)
    return action_of(name, {key: " ".join(value.text for value in option.values) for key, option in more.items()}, text)
