"""Mails as programs save them: encoded texts, and files that are attached (RFC 2045, RFC 2046).

A mail that is sent as it is written, without an encoding, is a text as any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvsdoctor.parse.paste.patterns import pattern

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

_HEADER = pattern(r"(?:From \S.{0,200}\r?\n)?[A-Z][A-Za-z-]{1,40}: ?\S")
_ENCODED = pattern(
    r"(?im)^content-(?:type:\s*multipart/|transfer-encoding:\s*(?:quoted-printable|base64))",
)
_NEXT = pattern(r"(?m)^From \S+ .{0,60}\d{4}\r?$")
_MOST = 2000  # mails of a mailbox


def is_mime(begin: str) -> bool:
    if not (begin[:1].isupper() and "ontent-" in begin.lower() and _HEADER.match(begin)):
        return False
    header = begin.partition("\n\n")[0] if "\r\n\r\n" not in begin else begin.partition("\r\n\r\n")[0]
    return _ENCODED.search(header) is not None


def text_of_mime(text: str) -> str:
    """The texts of the mails, each attached file under its name."""
    from email import message_from_string

    starts = [found.start() for found in _NEXT.finditer(text)][:_MOST] if text.startswith("From ") else [0]
    ends = [*starts[1:], len(text)]
    return "\n".join(
        part
        for start, end in zip(starts, ends, strict=True)
        for part in _texts(message_from_string(text[start:end].partition("\n")[2] if len(starts) > 1 else text))
    )


def _texts(mail: Message) -> Iterator[str]:
    parts = [part for part in mail.walk() if not part.is_multipart()]
    plain = any(part.get_content_type() == "text/plain" for part in parts)
    for part in parts:
        name = part.get_filename("") or ""
        if part.get_content_type() == "text/html" and plain and not name:
            continue
        if (text := _text(part)) is None:
            continue
        name = " ".join(name.replace("/", "_").split())
        yield f"\n==> {name} <==\n{text}" if name else text


def _text(part: Message) -> str | None:
    """None for what is no text."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes) or b"\0" in payload[:65536]:
        return None
    if part.get_content_maintype() != "text" and not part.get_filename():
        return None
    try:
        return payload.decode(part.get_content_charset("utf-8"))
    except (UnicodeDecodeError, LookupError):
        return payload.decode("utf-8", "backslashreplace")
