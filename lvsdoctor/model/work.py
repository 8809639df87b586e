"""Work on many like things: who does it decides whether one process does it or several."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Apply(Protocol):
    """Calls `function` on all items and yields what it returns, in their order; `unit` says what is done with them.

    Another process may do it: only what the function returns comes back, and that must bear to be pickled.
    """

    def __call__(self, function: Callable[[Item], Result], items: Sequence[Item], unit: str, /) -> Iterator[Result]: ...


@dataclass(frozen=True, slots=True)
class Beside:
    """Work that another process may do beside that on the items: `keep` gets what `work_out` returned there. Where no
    other process did it, whoever needs it does it for himself."""

    work_out: Callable[[], Any]
    keep: Callable[[Any], None]


def in_turn(function: Callable[[Item], Result], items: Sequence[Item], unit: str, /) -> Iterator[Result]:
    """One after the other, in this process."""
    return map(function, items)
