"""Where the columns of the picture stand: four to six on a page, two on a phone."""

from dataclasses import dataclass

# The width of a box by the number of columns, so that all of them fill a page.
_BOX = {2: 198, 4: 250, 5: 198, 6: 184}
_EDGE, _NARROW_GAP, _GAP = 22, 20, 22


@dataclass(frozen=True, slots=True)
class Grid:
    """So many columns; lengths in units of the picture, from its left edge."""

    columns: int

    @property
    def box(self) -> int:
        """The width of a box."""
        return _BOX[self.columns]

    @property
    def gap(self) -> int:
        """What is free between two columns: lines run there."""
        return _NARROW_GAP if self.columns == 2 else _GAP

    @property
    def edge(self) -> int:
        """What is free on the left and the right."""
        return _EDGE

    @property
    def width(self) -> int:
        return 2 * _EDGE + self.columns * self.box + (self.columns - 1) * self.gap

    @property
    def middle(self) -> float:
        return self.width / 2

    @property
    def spine(self) -> float:
        """Where a line runs down between the boxes: left of this column, and no other line does."""
        return self.slot(self.columns // 2) - self.gap / 2

    def slot(self, column: float) -> float:
        return _EDGE + column * (self.box + self.gap)

    def slots(self, count: int, *, centred: bool) -> list[float]:
        """The left sides of the boxes of a floor. A floor of several rows begins on the left."""
        first = max(0, self.columns - count) / 2
        number = min(count, self.columns)
        return [self.slot((first if centred else int(first)) + place) for place in range(number)]


def grid_for(most: int) -> Grid:
    """Columns for at most so many boxes on a floor."""
    return Grid(4 if most <= 4 or most in (7, 8) else 5 if most in (5, 9, 10) else 6)


NARROW = Grid(2)
