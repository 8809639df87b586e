"""Two answers that no host can give at one time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lvsdoctor.language import filled
from lvsdoctor.model.seen import Seen

_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two lines of a node's evidence that exclude each other, where nothing tells which of them is right.

    `reason` is a sentence's template, filled from `fields`. `readings` are the rows of the fact under each answer;
    none: the lines are of two hosts, and what else is there of either cannot be told.
    """

    fact: str
    reason: str
    first: Seen
    second: Seen
    fields: Mapping[str, str] = field(default_factory=dict)
    readings: tuple[Any, ...] = ()

    @property
    def claim(self) -> str:
        return filled(self.reason, self.fields)

    @property
    def says(self) -> str:
        return f"{self.claim}: {quoted(self.first)} and {quoted(self.second)}"


def quoted(seen: Seen) -> str:
    """`FILE:LINE | text`."""
    text = " ".join(seen.text.split())
    return f"{seen} | {text if len(text) <= _LONGEST else text[:_LONGEST] + ' ...'}" if text else str(seen)
