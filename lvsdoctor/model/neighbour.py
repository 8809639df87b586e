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
    def unresolved(self) -> bool:
        """Has nobody answered yet (INCOMPLETE), or in time (FAILED)?"""
        return self.state in ("INCOMPLETE", "FAILED")
