"""The rows of a fact that is not whole: what is among them is there, what is not may be where nothing was seen."""

from collections.abc import Iterator, Sequence
from typing import TypeVar, overload

from lvsdoctor.model.facts import NotCollected

T = TypeVar("T")


class PartialRows(Sequence[T]):
    """Rows that can be walked, and after the last of which NotCollected is raised.

    So a rule that finds what it looks for speaks, and one that would conclude from "none of them is", or from "all of
    them are", is not checked, without a word about it in the rule.
    """

    __slots__ = ("_rows", "absent")

    def __init__(self, rows: Sequence[T], absent: NotCollected) -> None:
        self._rows, self.absent = rows, absent

    def __iter__(self) -> Iterator[T]:
        yield from self._rows
        raise self.absent.anew()

    def __bool__(self) -> bool:
        if not self._rows:
            raise self.absent.anew()
        return True

    def __contains__(self, row: object) -> bool:
        if row not in self._rows:
            raise self.absent.anew()
        return True

    def __len__(self) -> int:
        raise self.absent.anew()

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        """The first rows, in the order in which they were seen; the last is not known."""
        if not isinstance(at, int) or not 0 <= at < len(self._rows):
            raise self.absent.anew()
        return self._rows[at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PartialRows) and self._rows == other._rows

    def __hash__(self) -> int:
        return hash(tuple(self._rows))
