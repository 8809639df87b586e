"""What becomes of the connections to one virtual service, counted by real server."""

from dataclasses import dataclass
from enum import StrEnum

from lvsdoctor.model.walk import Step


class ServiceState(StrEnum):
    """suffers: some clients lose connections, or some real servers receive them directly; unknown: what tells was not
    collected, and nothing is known to be wrong; served: every real server that gets connections serves them."""

    SUFFERS = "suffers"
    UNKNOWN = "unknown"
    SERVED = "served"


@dataclass(frozen=True, slots=True)
class Lacking:
    """A command that was not run on these hosts, and would tell."""

    command: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ServiceOutcome:
    """Real servers by name (an address where the scan has no such host), in natural order.

    `service`: "tcp 192.0.2.10:80", "FWM 1 (tcp 192.0.2.10:80)". `direct` receive client traffic directly, not through
    the director. Each of `real_servers` is in one of the other four: `losing` loses connections of some clients, of
    `unknown` it is not known, `idle` gets no new connection (weight 0, or its upper threshold is reached), `serving`
    serves all. `without_server`: no real server gets new connections. `lost_at` are the steps at which connections are
    lost, `lacking` what would tell of the unknown ones. `clients` are those that suffer (whole phrases);
    `whole`: every connection to those of `losing` is lost.
    `evidenced`: the scan shows such clients; else it is assumed that there are some. `condition`: what has to happen
    first, where files or typed commands alone tell ("Once these files are deployed").
    """

    service: str
    real_servers: tuple[str, ...] = ()
    direct: tuple[str, ...] = ()
    losing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    serving: tuple[str, ...] = ()
    without_server: bool = False
    lost_at: tuple[Step, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    clients: tuple[str, ...] = ()
    whole: bool = False
    evidenced: bool = False
    condition: str = ""

    @property
    def state(self) -> ServiceState:
        if self.direct or self.losing or self.without_server:
            return ServiceState.SUFFERS
        return ServiceState.UNKNOWN if self.unknown or self.lacking or not self.serving else ServiceState.SERVED
