"""What of a scanned directory or archive was not read, and why: one sentence for each kind."""

from collections.abc import Iterator
from enum import Enum


class Omitted(Enum):
    """A reason why an entry is not read, as one and as many say it of the directory `top`."""

    LEADS_OUT = (
        "1 symbolic link leads out of {top} and was not followed",
        "{n} symbolic links lead out of {top} and were not followed",
    )
    LEADS_NOWHERE = (
        "1 symbolic link of {top} leads to itself or nowhere",
        "{n} symbolic links of {top} lead to themselves or nowhere",
    )
    UNREADABLE = ("1 entry of {top} cannot be read", "{n} entries of {top} cannot be read")
    FIFO = ("1 FIFO of {top} was not opened", "{n} FIFOs of {top} were not opened")
    SOCKET = ("1 socket of {top} was not opened", "{n} sockets of {top} were not opened")
    DEVICE = ("1 device of {top} was not opened", "{n} devices of {top} were not opened")
    TOO_MANY = (
        "1 entry of {top} was left out, since at most {most} are read",
        "{n} entries of {top} were left out, since at most {most} are read",
    )
    NAMED_OUT = (
        "1 file of {top} has a name that leads out of it and was not read",
        "{n} files of {top} have names that lead out of it and were not read",
    )
    NO_PLACE = (
        "1 file of {top} was left out, since another one stands in its way",
        "{n} files of {top} were left out, since others stand in their way",
    )
    TOO_LARGE = (
        "1 file of {top} was left out, since it is too large",
        "{n} files of {top} were left out, since they are too large",
    )
    LARGE_AND_UNLIKELY = (
        "1 file of {top} was left out, since it is large and its name tells of no dump",
        "{n} files of {top} were left out, since they are large and their names tell of no dump",
    )
    MANY_UNLIKELY = (
        "1 file of {top} was left out, since too much was read before it whose names tell of no dump",
        "{n} files of {top} were left out, since too much was read before them whose names tell of no dump",
    )
    NESTED = (
        "1 archive in {top} was not opened, since it is nested too deep",
        "{n} archives in {top} were not opened, since they are nested too deep",
    )
    ENCRYPTED = ("1 file of {top} is encrypted", "{n} files of {top} are encrypted")
    DAMAGED = ("1 file of {top} is damaged", "{n} files of {top} are damaged")
    SPARSE = (
        "1 file of {top} is stored without its holes and was not read",
        "{n} files of {top} are stored without their holes and were not read",
    )
    NO_FILE = ("1 file of {top} is of an unknown kind", "{n} files of {top} are of an unknown kind")
    TOO_DEEP = (
        "1 directory of {top} was left out, since it lies too deep",
        "{n} directories of {top} were left out, since they lie too deep",
    )


class Omissions:
    """Counts what is not read, by kind and directory: what is listed again is not counted twice."""

    def __init__(self) -> None:
        self._by_kind: dict[Omitted, dict[str, tuple[str, int]]] = {}
        self._sentences: dict[str, None] = {}

    def say(self, sentence: str) -> None:
        """A sentence of its own, without a full stop."""
        self._sentences[sentence] = None

    def put(self, kind: Omitted, directory: str, first: str, count: int = 1) -> None:
        """`count` entries of the directory are omitted, of which `first` is to be named."""
        self._by_kind.setdefault(kind, {})[directory] = (first, count)

    def add(self, other: "Omissions") -> None:
        """All that is omitted there is omitted here, too."""
        self._sentences |= other._sentences
        for kind, by_directory in other._by_kind.items():
            self._by_kind.setdefault(kind, {}).update(by_directory)

    def sentences(self, top: str, most: int) -> Iterator[str]:
        """One for each kind that there was, without a full stop."""
        yield from self._sentences
        for kind in Omitted:
            omitted = tuple(self._by_kind.get(kind, {}).values())
            if not omitted:
                continue
            number = sum(count for _, count in omitted)
            singular, plural = kind.value
            name = omitted[0][0]
            yield (singular if number == 1 else plural).format(top=top, n=number, most=most) + (
                f" ({name})" if number == 1 else f" (first: {name})"
            )
