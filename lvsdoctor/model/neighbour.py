"""Neighbour (ARP, NDP) cache entries."""

from dataclasses import dataclass

from lvsdoctor.model.address import IP
from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One entry of `ip neigh`: `mac` is "" while unresolved; `state` is the kernel's word (REACHABLE, STALE, ...).

    `flags`: router, proxy, extern_learn, ...
    """

    ip: IP
    seen: Seen
    link: str = ""
    mac: str = ""
    state: str = ""
    flags: frozenset[str] = frozenset()

    @property
    def fixed(self) -> bool:
        """Set by hand: it is never asked for, and no answer changes it (net/core/neighbour.c: neigh_event_send(),
        __neigh_update()). What the kernel makes itself for a link without ARP has no MAC."""
        return self.state == "PERMANENT" or (self.state == "NOARP" and bool(self.mac.strip("0:.")))

    @property
    def unresolved(self) -> bool:
        """Has nobody answered yet (INCOMPLETE), or in time (FAILED)?"""
        return self.state in ("INCOMPLETE", "FAILED")
