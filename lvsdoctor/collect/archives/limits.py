"""How much of an archive is read: a stranger made it, and a small one may unpack to any size."""

from dataclasses import dataclass, field

from lvsdoctor.collect.archives.errors import OverLimit

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes and numbers. A sosreport has some 30,000 members and unpacks to 5 to 40 times its size."""

    member: int = 64 * MEBIBYTE  # of a file that may be a dump
    unlikely: int = 8 * MEBIBYTE  # of a file whose name tells of no dump
    all_unlikely: int = 32 * MEBIBYTE
    kept: int = 256 * MEBIBYTE
    unpacked: int = 32 * 1024 * MEBIBYTE
    ratio: int = 250
    ratio_from: int = 64 * MEBIBYTE  # what is unpacked up to there costs nothing
    members: int = 1_000_000
    entries: int = 100_000  # files, directories and links that are kept
    depth: int = 8  # archives in archives
    components: int = 64  # of a member's path


LIMITS = Limits()


@dataclass(slots=True)
class ReadingCost:
    """What the reading of an archive, and of all archives in it, has cost so far. Its methods raise OverLimit."""

    limits: Limits = field(default_factory=lambda: LIMITS)
    raw: int = 0  # bytes of the outermost archive
    unpacked: int = 0
    kept: int = 0
    unlikely: int = 0
    members: int = 0
    entries: int = 0

    def read(self, size: int) -> None:
        self.raw += size

    def unpack(self, size: int) -> None:
        self.unpacked += size
        limits = self.limits
        if self.unpacked > limits.ratio_from and self.unpacked > self.raw * limits.ratio:
            raise OverLimit(f"unpacks to more than {limits.ratio} times its size")
        if self.unpacked > limits.unpacked:
            raise OverLimit(f"unpacks to more than {limits.unpacked // MEBIBYTE // 1024} GiB")

    def count_member(self) -> None:
        self.members += 1
        if self.members > self.limits.members:
            raise OverLimit(f"lists more than {self.limits.members:,} files")

    def count_entry(self) -> None:
        self.entries += 1
        if self.entries > self.limits.entries:
            raise OverLimit(f"has more than {self.limits.entries:,} names that may be those of dumps")

    def keep(self, size: int, *, likely: bool) -> None:
        self.kept += size
        self.unlikely += 0 if likely else size
        if self.kept > self.limits.kept:
            raise OverLimit(f"holds more than {self.limits.kept // MEBIBYTE} MiB of files that may be dumps")
