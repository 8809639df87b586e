"""Where reports go: one renderer for each -f, to a file or to standard output."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING

from lvsdoctor.cli import speaking
from lvsdoctor.cli.errors import CliError, unknown
from lvsdoctor.cli.output import output_of, standard_output
from lvsdoctor.cli.replacing import replacing
from lvsdoctor.cli.streams import not_written
from lvsdoctor.engine.paths import report_formats

if TYPE_CHECKING:
    from lvsdoctor.model.examination import Examination
    from lvsdoctor.reporting.console import Output


def add_options(parser: ArgumentParser) -> None:
    """-f, and how the terminal's report looks."""
    add = parser.add_argument
    formats = f"{', '.join(report_formats())} (repeat; default terminal)"
    add("-f", "--format", action="append", default=[], metavar="NAME[=FILE]", help=formats)
    add("--color", choices=("auto", "always", "never"), default="auto", metavar="WHEN", help="auto, always, never")
    add("--explain", action="store_true", help="what you see and why, from each rule's page (terminal)")
    speaking.add_option(parser, f" for {speaking.TRANSLATED[0]}, html and markdown")
    add("-q", "--quiet", action="store_true", help="only the findings and the summary")
    add("-v", "--verbose", action="count", default=0, help="also quiet rules, unread lines, tracebacks")


def writers(options: Namespace) -> list[Callable[["Examination"], None]]:
    """One function for each -f, all checked before anything is collected. Raises CliError."""
    formats = report_formats()
    speaking.wanted(options)  # before anything is collected
    wanted = []
    for text in options.format or ["terminal"]:
        name, _, file = text.partition("=")
        if name not in formats:
            raise unknown("format", name, list(formats))
        wanted.append((name, file))
    if sum(not file for _, file in wanted) > 1:
        raise CliError("only one format can go to standard output; give the others a file (-f NAME=FILE)")
    # Files first: whoever reads standard output is told if one of them cannot be written.
    wanted.sort(key=lambda each: not each[1])
    return [_writer(name, file, options) for name, file in wanted]


def _writer(name: str, file: str, options: Namespace) -> Callable[["Examination"], None]:
    from lvsdoctor.engine.loader import load_report
    from lvsdoctor.reporting.console import CannotRender

    render = load_report(name)

    def put(examination: "Examination", output: "Output") -> None:
        with speaking.for_people(options, output.stream) if name in speaking.TRANSLATED else nullcontext():
            render(examination, output)

    def write_file(examination: "Examination") -> None:
        try:
            with replacing(file) as stream:
                put(examination, output_of(options, stream))
        except OSError as error:
            raise not_written(file, error) from None

    def write(examination: "Examination") -> None:
        try:
            if file:
                write_file(examination)
            else:
                put(examination, standard_output(options))
        except CannotRender as error:
            raise CliError(str(error)) from None

    return write
