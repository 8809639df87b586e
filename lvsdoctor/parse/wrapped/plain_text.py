"""The text in a document of another program, as somebody would see it there."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import cast

from lvsdoctor.parse.paste.patterns import pattern

_MAIL = pattern(r"(?:From |[A-Z][A-Za-z-]{1,40}:)")
_HEADER = 20_000  # characters


def plain_text(text: str) -> str | None:
    """None for a text that is what it seems, and for a document without any text."""
    begin = text[:_HEADER].lstrip("\ufeff \t\r\n")
    for kind in _may_be(begin):
        is_kind = cast(Callable[[str], bool], _of(kind, f"is_{kind}"))
        if is_kind(begin):
            inner = cast(Callable[[str], str], _of(kind, f"text_of_{kind}"))(text)
            return inner if inner.strip() else None
    return None


def _may_be(begin: str) -> Iterator[str]:
    """The modules of the kinds that begin so: few texts pay for one."""
    if begin.startswith("{\\"):
        yield "rtf"
    elif begin.startswith("{"):
        yield "asciicast"
    elif begin.startswith("<"):
        yield "office_xml"
    elif _MAIL.match(begin):
        yield "mime"


def _of(module: str, name: str) -> object:
    return getattr(import_module(f"lvsdoctor.parse.wrapped.{module}"), name)
