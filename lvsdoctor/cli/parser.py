"""The arguments: what every verb takes, and what --help says."""

import sys
from argparse import ArgumentError, ArgumentParser, HelpFormatter, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import NoReturn

from lvsdoctor import __version__
from lvsdoctor.cli.errors import CliError, nearest, unknown

VERBS = ("scan", "collect", "probe", "fix", "trace", "diff", "explain", "redact", "rules", "completion")
_OF_PROGRAM = ("-h", "--help", "--version")
_DESCRIPTION = """The doctor for Linux Virtual Server (IPVS) deployments.

Begin with one of these:

  lvsdoctor scan                           this host, as root
  lvsdoctor scan DIR                       dumps that you received
  lvsdoctor collect --ssh HOST ... -o DIR  dumps of your own hosts
"""
EXIT_CODES = """exit codes:
  0    nothing found at or above --fail-on
  1    findings
  2    wrong usage, unreadable input, output that cannot be written, internal error,
       evidence of a host that contradicts itself
  3    a node could not be judged, or a PATH holds no dump;
       with --require-complete: something could not be checked
  130  interrupted
  141  the reader of the output has closed the pipe
"""


class _Parser(ArgumentParser):
    # May options stand between the arguments (trace VIP --from ADDRESS PATH)? argparse gives what follows them to no
    # argument that may be left out.
    intermixed = False

    # argparse makes a formatter for every option that is added, only to try its placeholder, and the terminal would be
    # asked for its width each time.
    _columns = 78

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        if not self.intermixed:
            return super().parse_known_args(args, namespace)
        self.intermixed = False  # it asks this very function, twice
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self.intermixed = True

    def format_help(self) -> str:
        from shutil import get_terminal_size

        self._columns = get_terminal_size().columns - 2
        return super().format_help()

    def _get_formatter(self) -> HelpFormatter:
        return self.formatter_class(prog=self.prog, width=self._columns)  # type: ignore[call-arg]

    def error(self, message: str) -> NoReturn:
        for action in self._actions:
            named = "|" in str(action.metavar)  # as in list|try|new
            if action.choices and not named and message.endswith(f"required: {action.metavar}"):
                message = f"{message}, one of {', '.join(map(str, action.choices))}"
        raise CliError(f"{message} (see {self.prog} --help)")

    def _check_value(self, action, value):  # type: ignore[no-untyped-def]
        try:
            super()._check_value(action, value)
        except ArgumentError as error:
            if near := nearest(str(value), map(str, action.choices)):
                error.message = f"invalid choice: {str(value)!r}; did you mean {near}?"
            raise

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        sys.stdout.flush()  # --help ends here, and what it printed may not have been taken
        super().exit(status, message)


def parsed(arguments: Sequence[str]) -> Namespace:
    """The options; `run` among them does what they ask for. Raises CliError, and SystemExit for --help."""
    verb = next((word for word in arguments if not word.startswith("-")), "")
    if verb and verb not in VERBS:
        raise unknown("verb", verb, list(VERBS))
    parser = _parser_of([verb] if arguments and arguments[0] == verb else VERBS)
    if not verb:
        if own := [word for word in arguments if word in _OF_PROGRAM]:
            parser.parse_known_args(own)  # ends here
        raise _unrecognized(arguments, (), parser)
    options, left = parser.parse_known_args(arguments)
    if left:
        below = getattr(options, "action", "")  # of rules
        raise _unrecognized(left, (verb, below) if below else (verb,), parser)
    return options


def _unrecognized(words: Sequence[str], path: tuple[str, ...], parser: ArgumentParser) -> CliError:
    """What no option takes, the option that is nearest to it, and where all of them are listed."""
    from lvsdoctor.cli.verbs import every_verb, verb_of  # only a mistake pays for it

    mine = [known for own, known in every_verb(verb_of(parser)) if own == path]
    names = [name for known in mine for option in known.options for name in option.names]
    unknown_ones = (word.partition("=")[0] for word in words if word.startswith("-"))
    near = next(filter(None, (nearest(word, names, 0.6) for word in unknown_ones)), "")
    hint = f"; did you mean {near}?" if near else ""
    if near in words:
        hint = f"; write {near} behind the verb"
    return CliError(f"unrecognized arguments: {' '.join(words)}{hint} (see {' '.join(('lvsdoctor', *path))} --help)")


def whole_parser() -> ArgumentParser:
    """The parser with every verb: what --help, the completions and the manual page are made from."""
    return _parser_of(VERBS)


def _parser_of(asked: Iterable[str]) -> ArgumentParser:
    """The options of other verbs would take longer to make than to read all dumps of a node."""
    parser = _Parser(
        prog="lvsdoctor",
        description=_DESCRIPTION,
        epilog=EXIT_CODES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"lvsdoctor {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser, prog="lvsdoctor")
    for verb in asked:
        import_module(f"lvsdoctor.cli.{verb}").add_to(verbs)
    return parser
