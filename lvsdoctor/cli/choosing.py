"""Which rules there are, ours and those of --rules, and which are run: what --select and --ignore leave."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from lvsdoctor.cli.errors import CliError, unknown

if TYPE_CHECKING:
    from lvsdoctor.engine.rule import Rule
    from lvsdoctor.engine.settings import Configuration
    from lvsdoctor.model.seen import Seen


def add_options(parser: ArgumentParser) -> None:
    """--select, --ignore and --rules."""
    add = parser.add_argument
    add("--select", action="append", default=[], metavar="RULE,...", help="only these: names, codes, families, globs")
    add("--ignore", action="append", default=[], metavar="RULE,...", help="not these rules (repeat)")
    add("--rules", action="append", default=[], type=Path, metavar="DIR", help="rules of your own, besides ours")


def left(rules: Sequence["Rule"], options: Namespace, settings: "Configuration | None" = None) -> Sequence["Rule"]:
    """Those of the rules that the options leave, or where these do not say the configuration file. Raises CliError."""
    selected, ignored = named(rules, options.select), named(rules, options.ignore)
    if settings is not None:
        selected = selected or named(rules, settings.select, settings.places.get("select"))
        ignored = ignored or named(rules, settings.ignore, settings.places.get("ignore"))
        named_here = {rule.name for rule in named(rules, [word for word in options.select if word != "*"])}
        off = {rule.name for table in settings.rule if table.off for rule in named(rules, [table.word], table.seen)}
        ignored += [rule for rule in rules if rule.name in off - named_here]
    return [rule for rule in (selected or rules) if rule not in ignored]


def unselected(
    rules: Sequence["Rule"], chosen: Sequence["Rule"], options: Namespace, settings: "Configuration | None" = None
) -> Sequence["Rule"]:
    """The rules that are not run for want of their names in --select, not those that somebody ignores."""
    everything = Namespace(**{**vars(options), "select": ["*"]})
    return [rule for rule in left(rules, everything, settings) if rule not in chosen]


def load(directories: Sequence[Path]) -> Sequence["Rule"]:
    """All rules, ours and those of other directories; one sentence where they cannot be loaded."""
    from lvsdoctor.engine.loader import CannotLoad, load_rules

    try:
        return load_rules(directories)
    except CannotLoad as error:
        raise CliError(str(error)) from None


def named(rules: Sequence["Rule"], lists: Sequence[str], place: "Seen | None" = None) -> list["Rule"]:
    """The rules that comma-separated lists mean, by name, code (ARP002, arp-002), family or glob.

    Raises CliError, which names the place where that stands if it is none of the command line.
    """
    found: dict[str, Rule] = {}
    for word in (word.strip() for text in lists for word in text.split(",")):
        if not word:
            continue
        meant = _meant(rules, word.lower())
        if not meant:
            known = [rule.code for rule in rules] if word[-1:].isdigit() else [rule.name for rule in rules]
            if (code := _three_digits(word)) in known:
                raise CliError(f"{f'{place}: ' if place else ''}unknown rule {word!r}; did you mean {code}?")
            families = dict.fromkeys(family for rule in rules for family in _families(rule))
            raise unknown("rule", word, [*known, *families], f"{place}: " if place else "")
        found |= {rule.name: rule for rule in meant}
    return list(found.values())


def _meant(rules: Sequence["Rule"], word: str) -> list["Rule"]:
    """One rule of this name or code, else all of this family, else what the glob matches."""
    codes = (word, word.replace("-", "", 1))
    if one := [rule for rule in rules if rule.name == word or rule.code.lower() in codes]:
        return one
    if family := [rule for rule in rules if word in _families(rule)]:
        return family
    return [rule for rule in rules if fnmatchcase(rule.name, word) or fnmatchcase(rule.code.lower(), word)]


def _three_digits(word: str) -> str:
    """`ARP002` for `arp02`."""
    letters = word.rstrip("0123456789")
    number = word[len(letters) :]
    return f"{letters.rstrip('-').upper()}{int(number):03}" if 0 < len(number) <= len("002") else ""


def _families(rule: "Rule") -> tuple[str, str]:
    """The rule's folder, as rule names are spelt and as it is: reverse-path, reverse_path."""
    return rule.family.replace("_", "-"), rule.family
