"""Why an archive is not read, or not read further: each is a sentence without its subject and its full stop."""


class ArchiveError(Exception):
    """What keeps the rest of an archive from being read."""


class Damaged(ArchiveError):
    """It is not what its first bytes promise."""


class CutShort(Damaged):
    """It ends in the middle."""

    def __init__(self) -> None:
        super().__init__("ends in the middle")


class OverLimit(ArchiveError):
    """It asks for more than a scan gives to an archive."""


class NotInstalled(ArchiveError):
    """A module for this kind of compression is missing."""
