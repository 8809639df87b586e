"""Bytes to text: UTF-8, what Windows saves as "Unicode" (UTF-16, with its mark or without), and GB 18030."""

import codecs

from lvsdoctor.parse.paste.patterns import pattern

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16's does
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What Chinese texts are made of, and Latin ones read as GB 18030 are not: the common ideographs and their punctuation.
_CHINESE = pattern(
    "[\\x00-\\x7f\u2010-\u2027\u2190-\u21ff\u2460-\u249b\u2500-\u257f\u3000-\u3017\u4e00-\u9fa5\uff01-\uff5e]*"
)
# What no terminal and no editor leaves in a text.
_CONTROL = pattern("[\x00-\x06\x0e-\x1a\x1c-\x1f\x80-\x84\x86-\x9f\ufffe\uffff]")
_SAMPLE = 65536


def decoded(data: bytes) -> str | None:
    """The text, or None for what is none. A byte that no encoding explains stays visible as an escape."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly_text(data[len(mark) :], encoding)
    if b"\0" in data[:_SAMPLE]:
        encoding = _without_mark(data[:_SAMPLE])
        text = _strictly_text(data, encoding) if encoding else None
        return None if text is None or _CONTROL.search(text[:_SAMPLE]) else text
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _chinese(data) or data.decode("utf-8", errors="lvsdoctor-visible")


def _strictly_text(data: bytes, encoding: str) -> str | None:
    text = data.decode(encoding, errors="backslashreplace")
    return None if "\0" in text[:_SAMPLE] else text


def _without_mark(sample: bytes) -> str:
    """UTF-16 without a mark, if it is that: of the two bytes of most characters one and the same is zero.

    The other is seldom, in signs such as the lines of a frame and the blank of Chinese.
    """
    high, low = sample[1::2], sample[::2]
    for encoding, zeros, others in (("utf-16-le", high, low), ("utf-16-be", low, high)):
        if len(zeros) > 1 and zeros.count(0) * 2 >= len(zeros) and others.count(0) * 3 <= zeros.count(0):
            return encoding
    return ""


def _chinese(data: bytes) -> str | None:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return None
    return text if _CHINESE.fullmatch(text) else None


def _visible(error: UnicodeError) -> tuple[str | bytes, int]:
    """As backslashreplace, but for the blank of Latin-1 and the quotes of Windows, which are what was copied."""
    assert isinstance(error, UnicodeDecodeError)
    byte = error.object[error.start]
    known = _WINDOWS.get(byte)
    if known is not None:
        return known, error.start + 1
    return codecs.backslashreplace_errors(error)


_WINDOWS = {0xA0: "\u00a0", 0x91: "\u2018", 0x92: "\u2019", 0x93: "“", 0x94: "”", 0x96: "\u2013", 0x97: "—"}
codecs.register_error("lvsdoctor-visible", _visible)
