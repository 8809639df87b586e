"""Whose connections suffer from a finding, and how."""

from dataclasses import dataclass
from enum import StrEnum

from lvsdoctor.language import template, translated


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
        part = translated("All")
        if self.share <= 0.995:
            part = translated("{share}% of", share=max(1, round(100 * self.share)))
        clients = _listed(tuple(map(translated, self.clients)))
        clients = clients if self.evidenced else translated("{clients} (assumed)", clients=clients)
        return translated(_SENTENCES[self.sees], part=part, services=_listed(self.services), clients=clients)


_SENTENCES = {
    ClientSees.HANG: template("{part} new connections to {services} from {clients} hang."),
    ClientSees.REFUSED: template("{part} new connections to {services} from {clients} are refused."),
    ClientSees.BYPASSED: template("{part} connections to {services} from {clients} may bypass the director."),
    ClientSees.LATER: template("{part} connections to {services} from {clients} may move here."),
    ClientSees.REDIRECTED: template("{part} new connections to {services} from {clients} hang after an ICMP redirect."),
}
_SHOWN = 3


def _listed(words: tuple[str, ...]) -> str:
    rest = len(words) - _SHOWN + 1
    shown = words if rest < 2 else (*words[: _SHOWN - 1], translated("{number} more", number=rest))
    if len(shown) == 1:
        return shown[0]
    return translated("{names} and {last}", names=translated(", ").join(shown[:-1]), last=shown[-1])
