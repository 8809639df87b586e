"""Which rules are run: ours and those of --rules, less what --select and --ignore leave out."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lvsdoctor.cli.exits import Trouble, unknown

if TYPE_CHECKING:
    from lvsdoctor.rulekit import Rule


def add_options(parser: ArgumentParser) -> None:
    """--select, --ignore and --rules."""
    add = parser.add_argument
    add("--select", action="append", default=[], metavar="RULE,...", help="only these rules (names or codes)")
    add("--ignore", action="append", default=[], metavar="RULE,...", help="not these rules")
    add("--rules", action="append", default=[], type=Path, metavar="DIR", help="rules of your own, besides ours")


def chosen(options: Namespace) -> Sequence["Rule"]:
    """The rules that the options leave. Raises Trouble."""
    rules = load(options.rules)
    selected = named(rules, options.select)
    ignored = named(rules, options.ignore)
    return [rule for rule in (selected or rules) if rule not in ignored]


def load(directories: Sequence[Path]) -> Sequence["Rule"]:
    """All rules, ours and those of other directories; one sentence where they cannot be loaded."""
    from lvsdoctor.loader import CannotLoad, load_rules

    try:
        return load_rules(directories)
    except CannotLoad as error:
        raise Trouble(str(error)) from None


def named(rules: Sequence["Rule"], lists: Sequence[str]) -> list["Rule"]:
    """The rules that comma-separated lists name, by name or code (ARP002, arp-002)."""
    known = {rule.name: rule for rule in rules} | {rule.code.lower(): rule for rule in rules}
    found = []
    for word in (word.strip() for text in lists for word in text.split(",")):
        if not word:
            continue
        rule = known.get(word.lower()) or known.get(word.lower().replace("-", "", 1))
        if rule is None:
            codes_too = word[-1:].isdigit()
            raise unknown("rule", word, [rule.code if codes_too else rule.name for rule in rules])
        found.append(rule)
    return found
