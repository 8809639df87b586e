"""The program: calls what the arguments ask for, turns trouble into one sentence and an exit code.

It imports next to nothing before it is ready for an interrupt and for streams that are closed.
"""

import gc
import sys

from lvsdoctor import __version__
from lvsdoctor.cli import streams
from lvsdoctor.cli.errors import ERROR, INTERRUPTED, OK, CliError, say


def run() -> None:
    """The program: exits with the documented codes."""
    code = INTERRUPTED
    try:
        streams.open_all()
        # Most of what a scan makes stays until its end: to look through it for garbage as often as Python does by
        # itself takes a sixth of the time.
        gc.set_threshold(100_000, 20, 50)
        code = main(sys.argv[1:])
        _ignore_interrupts()
    except KeyboardInterrupt:
        pass
    if code == INTERRUPTED:
        streams.discard()  # whoever reads us may have stopped reading, and writing would wait for ever
    raise SystemExit(code)


def main(arguments: list[str]) -> int:
    """The program as a function: the exit code, nothing raised but SystemExit of --help."""
    try:
        code = _code(arguments)
        sys.stdout.flush()
        return code
    except streams.OutputLost as lost:
        return streams.give_up(lost)
    except KeyboardInterrupt:
        return INTERRUPTED


def _code(arguments: list[str]) -> int:
    try:
        return _verb_s_code(arguments)
    except streams.OutputLost:
        raise
    except CliError as trouble:
        say(str(trouble))
    except Exception as error:
        if any(word.startswith("-v") or word == "--verbose" for word in arguments):
            _put_traceback()
        say(f"internal error: {type(error).__name__}: {error} (this is our bug; -v shows the traceback)")
    return ERROR


def _put_traceback() -> None:
    """On stderr; the error's own text may quote a dump."""
    from traceback import format_exc

    from lvsdoctor.sanitize import legible

    sys.stderr.write("".join(f"{legible(line)}\n" for line in format_exc().rstrip().split("\n")))


def _verb_s_code(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        print(f"lvsdoctor {__version__}")
        return OK
    from lvsdoctor.cli.parser import parsed, whole_parser

    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:2], "--help"]
    if not arguments:
        whole_parser().print_help()
        return OK
    options = parsed(arguments)
    code: int = options.run(options)
    return code


def _ignore_interrupts() -> None:
    """All is written: an interrupt in Python's own last moments could only add a traceback."""
    from signal import SIG_IGN, SIGINT, signal

    signal(SIGINT, SIG_IGN)
