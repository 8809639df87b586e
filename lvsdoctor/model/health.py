"""What a health checker (keepalived, ldirectord) says of virtual services, beside the rows of the table it makes."""

from dataclasses import dataclass

from lvsdoctor.model.address import IP
from lvsdoctor.model.ipvs import Forwarding, VirtualService
from lvsdoctor.model.seen import Seen


@dataclass(frozen=True, slots=True)
class CheckInterval:
    """The seconds between two checks, and the line that says so."""

    seconds: float
    seen: Seen


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One check: its `kind` in the program's word (TCP_CHECK, negotiate), and where it goes if that is said, with the
    lines that say it."""

    kind: str
    seen: Seen
    connects_to: IP | None = None
    connect_port: int | None = None
    source: IP | None = None
    interval: CheckInterval | None = None
    address_line: Seen | None = None
    source_line: Seen | None = None


@dataclass(frozen=True, slots=True)
class CheckedServer:
    """A real server of such a service, or its sorry server: where its file has it, and how it is checked. `unread` is a
    line that may hold a check of it, where none was seen; `interval` is that of its most frequent check, None
    where it is not known or the check waits for an event. `ignored_check` is the line of a check that the program
    ignores, where it has no other."""

    ip: IP
    port: int
    seen: Seen
    forwarding: Forwarding | None = None
    checks: tuple[HealthCheck, ...] = ()
    unread: Seen | None = None
    interval: CheckInterval | None = None
    ignored_check: Seen | None = None


@dataclass(frozen=True, slots=True)
class CheckedService:
    """`program` makes these `services` (several of a group). `method` and `protocol` are the lines that say them (None:
    the program's default counts), `quiesces` is the one by which a failed real server stays, with weight 0, and
    `unchecked` the one by which no real server is checked, `ignored_method` a method that the program does not know."""

    program: str
    seen: Seen
    services: tuple[VirtualService, ...]
    servers: tuple[CheckedServer, ...] = ()
    sorry: CheckedServer | None = None
    method: Seen | None = None
    protocol: Seen | None = None
    quiesces: Seen | None = None
    unchecked: Seen | None = None
    ignored_method: Seen | None = None
