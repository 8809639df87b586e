"""What a recording says of predicted walks: where the two agree, and where they part."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lvsdoctor.language import filled
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.walk import Step


class Agreement(StrEnum):
    """parts: a frame shows what the walk says cannot be. open: the recording does not show enough, or it settles what
    the walk does not know."""

    AGREES = "agrees"
    PARTS = "parts"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class RecordedWalk:
    """A host that answered for the VIP, or recorded connections, held against the walks.

    `step` is the predicted step at which they part, or that the frame confirms; None where none is. `reason` is a
    template filled from `fields`; the first row of `because` is the frame that tells. `connections`: how many.
    """

    service: str
    agreement: Agreement
    reason: str
    fields: Mapping[str, str] = field(default_factory=dict)
    because: tuple[Citation, ...] = ()
    step: Step | None = None
    client: str = ""
    real_server: str = ""
    connections: int = 0

    @property
    def why(self) -> str:
        return filled(self.reason, self.fields)
