"""What claims are made of: groups of things, of which a dump shows all or some, with the values that it tells."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class Item:
    """What is claimed of one thing: its `values` by their names, as far as the dump tells them, and the line."""

    seen: Seen
    values: Mapping[str, Hashable] = field(default_factory=dict)


@dataclass(slots=True)
class Group:
    """Things of which a dump shows all that there are (`closed`), or some; `reason` says how two of these differ."""

    reason: str
    fields: Mapping[str, str]
    closed: bool
    items: dict[Hashable, Item] = field(default_factory=dict)
    seen: Seen | None = None


Claims = dict[Hashable, Group]


@dataclass(frozen=True, slots=True)
class RowPart:
    """A part of a row: `row` is the row's key."""

    row: Hashable
    part: Hashable
