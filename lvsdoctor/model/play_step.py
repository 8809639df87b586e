"""What a play does to a host, one step after the other."""

from dataclasses import dataclass

from lvsdoctor.model.address import Address
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl_d import ConfiguredLine


@dataclass(frozen=True, slots=True)
class PlayStep:
    """An address that a play adds, or a setting that it makes, at once and for the next boot. Steps of one `play` have
    the same number; which of two plays runs first is not known."""

    row: Address | ConfiguredLine
    play: int

    @property
    def seen(self) -> Seen:
        return self.row.seen
