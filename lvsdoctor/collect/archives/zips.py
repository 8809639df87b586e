"""The members of a zip, whose list stands at its end."""

import os
import stat
import zipfile
import zlib
from io import BytesIO
from lzma import LZMAError
from struct import error as StructError
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from lvsdoctor.collect.archives.errors import ArchiveError, CutShort, Damaged, OverLimit
from lvsdoctor.collect.archives.limits import MEBIBYTE
from lvsdoctor.collect.archives.stream import Stream, file_pieces
from lvsdoctor.collect.omitted import Omitted

if TYPE_CHECKING:
    from lvsdoctor.collect.archives.reading import ArchiveReading

_LONGEST_LINK = 4096
_MOST_OF_A_LIST = 16 * MEBIBYTE  # 100,000 members with long names
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, LZMAError, StructError, OSError, EOFError, ValueError, RuntimeError,
    NotImplementedError, IndexError, OverflowError,
)  # fmt: skip


def seekable(file: BinaryIO, stream: Stream, most: int) -> BinaryIO:
    """A zip's file from its beginning; one that comes through a pipe is read into memory. Raises OverLimit."""
    try:
        if file.seekable():
            file.seek(0)
            return file
    except OSError:
        pass
    return in_memory(stream, most)


def in_memory(stream: Stream, most: int) -> BinaryIO:
    """What is left of a stream as a file. Raises OverLimit."""
    data = stream.read(most + 1)
    if len(data) > most:
        raise OverLimit(f"is a zip of more than {most // MEBIBYTE} MiB that has no file of its own")
    return BytesIO(data)


def read_zip(file: BinaryIO, reading: "ArchiveReading", above: tuple[str, ...], depth: int) -> None:
    """Read what may be dumps. Raises ArchiveError."""
    size = file.seek(0, os.SEEK_END)
    if not above:
        reading.budget.raw = size
    try:
        archive = zipfile.ZipFile(cast(IO[bytes], _Bounded(file)))
    except _UNREADABLE as error:
        raise CutShort if "not a zip" in str(error) else Damaged(f"is damaged (zip: {error})") from None
    with archive:
        for info in archive.infolist():
            reading.budget.count_member()
            path = reading.path(above, info.filename.replace("\\", "/"))
            if path is None or len(path) == len(above):
                continue
            if info.filename.endswith(("/", "\\")):
                reading.directory(path)
            else:
                _member(archive, info, reading, path, depth)


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, reading: "ArchiveReading", path: tuple[str, ...], depth: int
) -> None:
    mode = info.external_attr >> 16
    link = stat.S_ISLNK(mode)
    if not reading.wants(path, link=link):
        return
    name = "/".join(path)
    if info.flag_bits & 1:
        reading.contents.omit(Omitted.ENCRYPTED, name)
    elif stat.S_IFMT(mode) and not link and not stat.S_ISREG(mode):
        reading.contents.omit(Omitted.FIFO if stat.S_ISFIFO(mode) else Omitted.DEVICE, name)
    else:
        try:
            with archive.open(info) as content:
                stream = Stream(file_pieces(content.read, MEBIBYTE, reading.budget.unpack))
                if link:
                    reading.link(path, stream.read(_LONGEST_LINK + 1).decode("utf-8", "surrogateescape"))
                else:
                    reading.file(stream, info.file_size, path, depth)
        except OverLimit:
            raise
        except (ArchiveError, *_UNREADABLE):
            reading.contents.omit(Omitted.DAMAGED, name)


class _Bounded:
    """A file that hands over no more at once than an honest list of members has."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(_MOST_OF_A_LIST + 1 if size < 0 else min(size, _MOST_OF_A_LIST + 1))
        if len(data) > _MOST_OF_A_LIST:
            raise OverLimit("lists files at greater length than any archive does")
        return data
