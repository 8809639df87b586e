"""Work on many like things: who does it decides whether one process does it or several."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Apply(Protocol):
    """Calls `function` on all items and yields what it returns, in their order; `unit` says what is done with them.

    Another process may do it: only what the function returns comes back, and that must bear to be pickled.
    """

    def __call__(self, function: Callable[[Item], Result], items: Sequence[Item], unit: str, /) -> Iterator[Result]: ...


def in_turn(function: Callable[[Item], Result], items: Sequence[Item], unit: str, /) -> Iterator[Result]:
    """One after the other, in this process."""
    return map(function, items)
