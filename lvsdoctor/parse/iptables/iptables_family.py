"""What tells whose rules a dump of iptables shows: IPv4's or IPv6's, which table, those that run or those of a file."""

import re
from collections.abc import Iterable, Sequence

from lvsdoctor.model.filter_hooks import hook_of
from lvsdoctor.model.packet_filter import AddressRange, FilterRule, Match
from lvsdoctor.parse.iptables.iptables_words import ICMP, ICMP6

TABLES = ("filter", "nat", "mangle", "raw", "security")
# Files that are read at boot. What runs may be otherwise.
_CONFIGURED = re.compile(
    r"sysconfig/ip6?tables\b|rules\.v[46]\b|iptables\.up\.rules|(?:^|/)ip6?tables\.(?:rules|conf)\b|etc/iptables\b"
    r"|ufw/|iptables/empty\.rules"
)
_PATH = re.compile(r"(?<![A-Za-z0-9])(?P<six>ip6tables)|(?<![A-Za-z0-9])(?P<four>iptables)")
_TABLE_IN_PATH = re.compile(rf"(?<![A-Za-z0-9])-?t[ _-]({'|'.join(TABLES)})(?![A-Za-z0-9])")
_LISTING = re.compile(r"-[A-Za-z]*[LS][A-Za-z]*|--list(?:-rules)?")


def is_configured(path: str) -> bool:
    """Is this a file that is applied at boot?"""
    return _CONFIGURED.search(path) is not None


def family_of_path(path: str) -> str:
    """The family that a file's name tells: `lb1/ip6tables-S.txt`. "" where it tells none, or both."""
    names = {"ip6" if match["six"] else "ip" for match in _PATH.finditer(path)}
    return names.pop() if len(names) == 1 else ""


def table_of_path(path: str) -> str:
    """The table that a file's name tells, if it is called after the command: `iptables_-t_nat_-nvL`."""
    match = _TABLE_IN_PATH.search(path)
    return match[1] if match else ""


def family_in(rule: FilterRule, row: str = "") -> str:
    """The family that a rule tells: by an address, by a protocol that only one has, by the answer of REJECT."""
    for condition in rule.conditions:
        for value in condition.values:
            if isinstance(value, AddressRange):
                return "ip" if value.low.version == 4 else "ip6"
            if condition.match is Match.PROTOCOL and not condition.negated and value in (ICMP, ICMP6):
                return "ip" if value == ICMP else "ip6"
    words = row.split()
    if "0.0.0.0/0" in words or "::/0" in words:
        return "ip" if "0.0.0.0/0" in words else "ip6"
    answers = [word for action in rule.actions for word in action.text.split() if word.startswith("icmp")]
    return "" if not answers else "ip6" if answers[0].startswith("icmp6") else "ip"


def table_of(words: Sequence[str], *, saving: bool) -> tuple[str, str]:
    """The table and the chain that a command's options ask for; of iptables-save "" for all tables."""
    table, chain = "" if saving else "filter", ""
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else ""
        if word in ("-t", "--table"):
            table = following
        elif word.startswith("--table="):
            table = word.partition("=")[2]
        elif word.startswith("-t") and word[2:] in TABLES:
            table = word[2:]
        elif not saving and _LISTING.fullmatch(word) and following and not following.startswith(("-", "|")):
            number_of_rule = words[number + 2] if number + 2 < len(words) else ""
            chain = f"{following} {number_of_rule}" if number_of_rule.isdigit() else following
    return table if table in TABLES or not table else "", chain


def table_by_chains(chains: Iterable[str]) -> str:
    """The table that has exactly these built-in chains, "" for none."""
    return _BUILT_IN.get(frozenset(name for name in chains if hook_of(name) is not None), "")


_BUILT_IN = {
    frozenset({"INPUT", "FORWARD", "OUTPUT"}): "filter",
    frozenset({"PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"}): "nat",
    frozenset({"PREROUTING", "OUTPUT", "POSTROUTING"}): "nat",  # before Linux 2.6.36
    frozenset({"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}): "mangle",
    frozenset({"PREROUTING", "OUTPUT"}): "raw",
}
