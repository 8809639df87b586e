"""Compressed bytes to plain ones, in pieces of bounded size: a bomb costs no more than what is looked at."""

import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from lvsdoctor.collect.archives.errors import CutShort, Damaged
from lvsdoctor.collect.archives.limits import MEBIBYTE
from lvsdoctor.collect.archives.zstandard import zstd

PIECE = MEBIBYTE
# xz -9 needs 65 MiB to be read; what needs more was made for that.
_MEMORY = 256 * MEBIBYTE
MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
ZIP = (b"PK\x03\x04", b"PK\x05\x06")


class _Decompressor(Protocol):
    """What bz2, lzma and zstd have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Gzip:
    """zlib's object with the manners of the others."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._inner.decompress(self._inner.unconsumed_tail + data, max_length)


def compression_of(head: bytes) -> str:
    """gzip, bzip2, xz or zstd by the first bytes, "" for none."""
    return next((name for magic, name in MAGIC.items() if head.startswith(magic)), "")


def decompressed(name: str, more: Callable[[], bytes]) -> Iterator[bytes]:
    """The plain bytes in pieces; `more` gives compressed ones, b"" at their end. Raises ArchiveError."""
    make, errors = _kind(name)
    data = more()
    while data:
        decompressor = make()
        while not decompressor.eof:
            if not data and decompressor.needs_input and not (data := more()):
                raise CutShort
            try:
                piece = decompressor.decompress(data, PIECE)
            except errors as error:
                raise Damaged(f"is damaged ({name}: {error})") from None
            data = b""
            if piece:
                yield piece
        # Files of one kind that are put behind each other are one; padding and what is no such file is not looked at.
        data = decompressor.unused_data.lstrip(b"\0")
        while not data and (data := more()):
            data = data.lstrip(b"\0")
        if compression_of(data.ljust(6, b"\0")) != name:
            return


def _kind(name: str) -> tuple[Callable[[], _Decompressor], tuple[type[Exception], ...]]:
    if name == "gzip":
        return _Gzip, (zlib.error,)
    if name == "bzip2":
        import bz2  # these cost a start what few scans need

        return bz2.BZ2Decompressor, (OSError, ValueError)
    if name == "xz":
        import lzma

        return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY), (lzma.LZMAError,)
    module: Any = zstd()
    return module.ZstdDecompressor, (module.ZstdError,)
