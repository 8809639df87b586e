"""The members of a tar, one after the other: POSIX ustar and pax, GNU and the format of Unix V7.

Python's own reader keeps a list of all members and reads headers of any size into memory; this one takes a stranger's.
Formats: pax(1), and tar's manual, "Basic Tar Format".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from lvsdoctor.collect.archives.errors import CutShort, Damaged
from lvsdoctor.collect.archives.limits import ReadingCost
from lvsdoctor.collect.archives.stream import Stream, StreamPart

BLOCK = 512
_ZEROS = bytes(BLOCK)
_LONGEST_NAME = 65_536
_LONGEST_HEADER = 1024 * 1024


class MemberKind(Enum):
    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    HARD_LINK = "hard-link"
    FIFO = "FIFO"
    DEVICE = "device"
    SPARSE = "sparse file"  # its holes are not stored: what is stored is no text of its own
    OTHER = "other"


_KINDS = {
    b"0": MemberKind.FILE, b"\0": MemberKind.FILE, b"7": MemberKind.FILE, b"1": MemberKind.HARD_LINK,
    b"2": MemberKind.LINK, b"3": MemberKind.DEVICE, b"4": MemberKind.DEVICE, b"5": MemberKind.DIRECTORY,
    b"6": MemberKind.FIFO, b"S": MemberKind.SPARSE,
}  # fmt: skip


@dataclass(slots=True)
class Member:
    """A member: its name and what a link says, as they are written; `content` is read before the next one, or never."""

    name: str
    kind: MemberKind
    size: int
    target: str
    content: StreamPart


@dataclass(slots=True)
class _Announced:
    """What headers say of the member behind them."""

    name: bytes | None = None
    target: bytes | None = None
    size: int | None = None
    sparse: bool = False


def is_tar(head: bytes) -> bool:
    """Do these first bytes begin a tar? One without any member has only zeros."""
    if len(head) < BLOCK:
        return False
    return head[:BLOCK] == _ZEROS or (b"\0" in head[:BLOCK] and _checksum_holds(head[:BLOCK]))


def members(stream: Stream, budget: ReadingCost) -> Iterator[Member]:
    """Every member in order. Raises ArchiveError."""
    announced = _Announced()
    for_all = _Announced()
    while True:
        block = stream.read(BLOCK)
        if not block or block == _ZEROS:
            return
        if len(block) < BLOCK:
            raise CutShort
        if not _checksum_holds(block):
            raise Damaged("is damaged: it has a header that is wrong")
        budget.count_member()
        typeflag = block[156:157]
        size = _number(block[124:136])
        if typeflag in b"LKxgX" and typeflag:
            _announce(typeflag, stream, size, for_all if typeflag == b"g" else announced)
            continue
        while typeflag == b"S" and block[482]:
            block = _extended(stream, block)
        yield from _member(stream, block, typeflag, size, announced, for_all)
        announced = _Announced()


def _member(
    stream: Stream, block: bytes, typeflag: bytes, size: int, announced: _Announced, for_all: _Announced
) -> Iterator[Member]:
    kind = _KINDS.get(typeflag, MemberKind.OTHER)
    name = announced.name or for_all.name or _name(block)
    if kind is MemberKind.FILE and name.endswith(b"/"):
        kind = MemberKind.DIRECTORY  # V7 has no other sign
    for stated in (announced.size, for_all.size):
        if stated is not None:
            size = stated
            break
    if announced.sparse and kind is MemberKind.FILE:
        kind = MemberKind.SPARSE
    if kind not in (MemberKind.FILE, MemberKind.SPARSE, MemberKind.OTHER):
        size = 0  # a hard link may state the size of its file, whose content does not follow
    content = stream.part(size)
    target = announced.target or for_all.target or _text(block[157:257])
    yield Member(_decoded(name), kind, size, _decoded(target), content)
    content.finish()
    stream.skip(-size % BLOCK)


def _announce(typeflag: bytes, stream: Stream, size: int, announced: _Announced) -> None:
    if size > (_LONGEST_NAME if typeflag in b"LK" else _LONGEST_HEADER):
        raise Damaged("is damaged: it has a header that is too large")
    data = stream.exactly(size)
    stream.skip(-size % BLOCK)
    if typeflag == b"L":
        announced.name = _text(data)
    elif typeflag == b"K":
        announced.target = _text(data)
    else:
        for key, value in _records(data):
            if key == b"path":
                announced.name = value.partition(b"\0")[0]
            elif key == b"linkpath":
                announced.target = value.partition(b"\0")[0]
            elif key == b"size" and value.isdigit() and len(value) < 20:
                announced.size = int(value)
            elif key.startswith(b"GNU.sparse."):
                announced.sparse = True


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The records of a pax header: "25 path=some/long/name\\n", with the length of all of it."""
    at = 0
    while at < len(data) and data[at]:
        digits = data[at : at + 20].partition(b" ")[0]
        length = int(digits) if digits.isdigit() else 0
        record = data[at + len(digits) + 1 : at + length - 1]
        key, equals, value = record.partition(b"=")
        if not equals or at + length > len(data):
            raise Damaged("is damaged: it has a header that is wrong")
        yield key, value
        at += length


def _extended(stream: Stream, _: bytes) -> bytes:
    """The next block of an old sparse file's map, its flag where the first block has it."""
    block = stream.exactly(BLOCK)
    return block[:482] + block[504:505] + block[483:]


def _name(block: bytes) -> bytes:
    name = _text(block[:100])
    if block[257:263] == b"ustar\0" and (prefix := _text(block[345:500])):
        return prefix + b"/" + name
    return name


def _checksum_holds(block: bytes) -> bool:
    """The sum of all bytes, those of the sum itself taken for blanks."""
    stored = block[148:156].strip(b" \0")
    if not stored or stored.translate(None, b"01234567"):
        return False
    return int(stored, 8) == sum(block) - sum(block[148:156]) + 8 * 32


def _number(field_: bytes) -> int:
    if field_[0] & 0x80:
        if field_[0] != 0x80 or any(field_[1:4]):
            raise Damaged("is damaged: it has a file without a size")
        return int.from_bytes(field_[1:], "big")
    digits = field_.partition(b"\0")[0].strip(b" ")
    if digits.translate(None, b"01234567"):
        raise Damaged("is damaged: it has a file without a size")
    return int(digits or b"0", 8)


def _text(data: bytes) -> bytes:
    return data.partition(b"\0")[0]


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
