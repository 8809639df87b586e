"""Whose connections suffer from a finding, and how."""

from dataclasses import dataclass
from enum import StrEnum


class ClientSees(StrEnum):
    """What a client notices. bypassed: it is served, or not, past the director; later: it is served until a cache is
    overwritten; redirected: it is served until a real server takes an ICMP redirect."""

    HANG = "hang"
    REFUSED = "refused"
    BYPASSED = "bypassed"
    LATER = "later"
    REDIRECTED = "redirected"


@dataclass(frozen=True, slots=True)
class Impact:
    """Of `services` as ipvsadm writes them, connections of `clients` (whole phrases) suffer.

    `share` is the largest part of one service's new connections from such clients, in 0..1. `evidenced`: the scan shows
    such a client, or the user names it.
    """

    services: tuple[str, ...]
    clients: tuple[str, ...]
    share: float
    sees: ClientSees
    evidenced: bool

    @property
    def says(self) -> str:
        """In one sentence, to follow what clients suffer."""
        part = "All" if self.share > 0.995 else f"{max(1, round(100 * self.share))}% of"
        some = _listed(self.clients) + ("" if self.evidenced else " (assumed)")
        return _SENTENCES[self.sees].format(part=part, services=_listed(self.services), clients=some)


_SENTENCES = {
    ClientSees.HANG: "{part} new connections to {services} from {clients} hang.",
    ClientSees.REFUSED: "{part} new connections to {services} from {clients} are refused.",
    ClientSees.BYPASSED: "{part} connections to {services} from {clients} may bypass the director.",
    ClientSees.LATER: "{part} connections to {services} from {clients} may move here.",
    ClientSees.REDIRECTED: "{part} new connections to {services} from {clients} hang after an ICMP redirect.",
}
_SHOWN = 3


def _listed(words: tuple[str, ...]) -> str:
    shown = words if len(words) <= _SHOWN else (*words[: _SHOWN - 1], f"{len(words) - _SHOWN + 1} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
