"""The command line as data, read off its parser: what the completions, the manual page and hints are made from."""

from argparse import SUPPRESS, Action, ArgumentParser, _SubParsersAction
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Option:
    """An option, or a positional argument if it has no `names`. `value` is its placeholder, "" if it takes none;
    `choices` are the only values, if there are only some."""

    names: tuple[str, ...]
    value: str
    choices: tuple[str, ...]
    help: str
    repeated: bool

    @property
    def shown(self) -> str:
        """`-f, --format NAME[=FILE]`."""
        return f"{', '.join(self.names)} {self.value}".strip()


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb with its options and arguments, or a verb that has verbs of its own (`rules list`)."""

    name: str
    help: str
    description: str
    epilog: str
    options: tuple[Option, ...]
    arguments: tuple[Option, ...]
    verbs: tuple["Verb", ...]

    @property
    def usage(self) -> str:
        """What stands behind its name, the options in short."""
        words = ["[OPTION ...]"] if self.options else []
        for argument in self.arguments:
            words.append(f"[{argument.value} ...]" if argument.repeated else argument.value)
        return " ".join(["VERB ..."] if self.verbs else words)


def verb_of(parser: ArgumentParser, name: str = "", help: str = "") -> Verb:
    """A parser as data."""
    actions = [action for action in parser._actions if not isinstance(action, _SubParsersAction)]
    shown = [_option(action) for action in actions if action.help is not SUPPRESS]
    return Verb(
        name or parser.prog,
        help,
        (parser.description or "").strip(),
        (parser.epilog or "").rstrip(),
        tuple(option for option in shown if option.names),
        tuple(option for option in shown if not option.names),
        tuple(_verbs(parser)),
    )


def every_verb(verb: Verb, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Verb]]:
    """The program itself under the path (), and every verb under its own (`("rules", "list")`)."""
    yield path, verb
    for below in verb.verbs:
        yield from every_verb(below, (*path, below.name))


def _verbs(parser: ArgumentParser) -> Iterator[Verb]:
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, verb in action.choices.items():
                yield verb_of(verb, name, helps.get(name, ""))


def _option(action: Action) -> Option:
    takes = action.nargs != 0
    value = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    return Option(
        tuple(action.option_strings),
        value if takes else "",
        tuple(map(str, action.choices or ())) if takes else (),
        (action.help or "").replace("%%", "%"),
        action.nargs in ("*", "+") or "repeat" in (action.help or ""),
    )
