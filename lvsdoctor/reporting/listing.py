"""Names one after another, of many the first few."""

from collections.abc import Iterable, Sequence

from lvsdoctor.language import translated

FEW = 3  # names listed of many


def listed(names: Iterable[str]) -> str:
    return translated(", ").join(names)


def conjoined(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(names) < 2:
        return "".join(names)
    return translated("{names} and {last}", names=listed(names[:-1]), last=names[-1])


def some(names: Iterable[str], *, all_of_them: bool = False) -> str:
    """The first few, and how many more there are."""
    every = list(names)
    # "and 1 more" would be no shorter than its name.
    if all_of_them or len(every) <= FEW + 1:
        return listed(every)
    return translated("{names} and {number} more", names=listed(every[:FEW]), number=len(every) - FEW)
