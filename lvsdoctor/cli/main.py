"""The command line: parses the arguments, calls a verb, turns trouble into one sentence and an exit code."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import NoReturn

from lvsdoctor import __version__
from lvsdoctor.cli.exits import TROUBLE, Trouble, say, unknown

VERBS = ("scan", "probe", "fix", "explain", "rules", "completion")
EXIT_CODES = """exit codes:
  0  nothing found at or above --fail-on
  1  findings
  2  wrong usage, unreadable input, internal error
  3  only with --require-complete: something could not be checked
"""


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Trouble(f"{message} (see {self.prog} --help)")


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """The program: exits with the documented codes."""
    raise SystemExit(main(sys.argv[1:] if arguments is None else arguments))


def main(arguments: Sequence[str]) -> int:
    """The program as a function: the exit code, nothing raised but SystemExit of --help."""
    try:
        code = _main(arguments)
        sys.stdout.flush()
        return code
    except Trouble as trouble:
        say(str(trouble))
        return TROUBLE
    except BrokenPipeError:
        # Whoever read our output has seen enough (`| head`); Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return TROUBLE
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if any(word.startswith("-v") or word == "--verbose" for word in arguments):
            raise
        say(f"internal error: {type(error).__name__}: {error} (this is our bug; -v shows the traceback)")
        return TROUBLE


def _main(arguments: Sequence[str]) -> int:
    if list(arguments) == ["--version"]:
        print(f"lvsdoctor {__version__}")
        return 0
    return _dispatch(arguments)


def _dispatch(arguments: Sequence[str]) -> int:
    asked = next((word for word in arguments if not word.startswith("-")), "")
    if asked and asked not in VERBS:
        raise unknown("verb", asked, list(VERBS))
    options = whole_parser().parse_args(arguments)
    code: int = options.run(options)
    return code


def whole_parser() -> ArgumentParser:
    """The parser with every verb: what --help, the completions and the manual page are made from."""
    from argparse import RawDescriptionHelpFormatter
    from importlib import import_module

    parser = _Parser(
        prog="lvsdoctor",
        description="The doctor for Linux Virtual Server (IPVS) deployments.",
        epilog=EXIT_CODES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"lvsdoctor {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
    for verb in VERBS:
        import_module(f"lvsdoctor.cli.{verb}").add_to(verbs)
    return parser
