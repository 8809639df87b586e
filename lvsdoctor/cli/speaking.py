"""--lang, and the language of the reports that people read: terminal, HTML and Markdown. All others are English."""

from argparse import ArgumentParser, Namespace
from contextlib import AbstractContextManager
from typing import TextIO

from lvsdoctor.cli.errors import unknown
from lvsdoctor.language import ENGLISH, language_named, language_of_environment, languages, speaking

TRANSLATED = ("terminal", "html", "markdown")


def add_option(parser: ArgumentParser, of: str = "") -> None:
    """--lang; `of` says which reports it is about, where the verb has others too."""
    what = f"{', '.join(languages())}{of} (default: as LC_MESSAGES says)"
    parser.add_argument("--lang", default="", metavar="LANGUAGE", help=what)


def wanted(options: Namespace) -> str:
    """The language that the user names, else that of the environment. Raises CliError."""
    if not options.lang:
        from os import environ

        return language_of_environment(environ)
    language = language_named(options.lang)
    if not language:
        raise unknown("language", options.lang, list(languages()))
    return language


def for_people(options: Namespace, stream: TextIO) -> AbstractContextManager[None]:
    """Within it the language is in force. The environment's own is not, where the stream cannot write its letters."""
    language = wanted(options)
    return speaking(language if options.lang or _can_write(stream, language) else ENGLISH)


def _can_write(stream: TextIO, language: str) -> bool:
    if language == ENGLISH:
        return True
    try:
        "\u9519".encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeError, LookupError):
        return False
    return True
