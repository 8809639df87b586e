"""What can stand for the value of an option or argument: told by its placeholder, for all shells alike."""

from enum import Enum
from functools import cache

from lvsdoctor.cli.verbs import Option, Verb, every_verb
from lvsdoctor.engine.paths import report_formats


class ValueKind(Enum):
    """A value that is not one of some words."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    NETNS = "netns"
    ANY = "any"


_KINDS = {"PATH": ValueKind.FILE, "FILE": ValueKind.FILE, "DIR": ValueKind.DIRECTORY, "LINK": ValueKind.LINK}


def kind_of(option: Option) -> ValueKind:
    """What kind of thing its value is, where `words_of` knows no words."""
    if "--netns" in option.names:
        return ValueKind.NETNS
    return _KINDS.get(option.value.rpartition("=")[2], ValueKind.ANY)


def words_of(option: Option) -> tuple[str, ...]:
    """The words that its value can be: its choices, the formats, the rules; () for any other."""
    if option.choices:
        return option.choices
    if option.value == "NAME[=FILE]":
        return tuple(report_formats())
    return _rules() if option.value.startswith("RULE") else ()


@cache
def _rules() -> tuple[str, ...]:
    from lvsdoctor.engine.loader import load_rules

    return tuple(rule.name for rule in load_rules())


def steps(program: Verb) -> list[str]:
    """What was typed before a verb and the verb itself, for every verb: " scan", "rules list"."""
    return [f"{' '.join(path[:-1])} {path[-1]}" for path, _ in every_verb(program) if path]
