"""A packet's way through a cluster, step by step: who decides what, how it is decided, and where it ends."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from lvsdoctor.language import filled
from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.ipvs import Forwarding


class Decision(StrEnum):
    """What a host decides about a packet, in the order of a connection: the request, then the reply."""

    ARP_REPLY = "arp-reply"  # the client's segment asks for the VIP: does this host answer, by ARP or NDP?
    SOURCE_VALIDATION = "source-validation"  # rp_filter, martian sources
    INPUT_FILTER = "input-filter"
    IPVS = "ipvs"  # does a virtual service take the packet?
    REAL_SERVER = "real-server"  # may this real server be chosen: weight, quota, sorry server, LocalNode?
    FORWARD_FILTER = "forward-filter"
    OUTPUT_FILTER = "output-filter"
    ROUTE = "route"  # the director's route to the real server
    NEIGHBOUR = "neighbour"  # does the real server answer the director's ARP or NDP request?
    MTU = "mtu"  # what an encapsulation leaves
    DECAPSULATION = "decapsulation"
    LOCAL_DELIVERY = "local-delivery"  # does the real server take the packet for its own?
    LISTENER = "listener"
    REPLY_ROUTE = "reply-route"
    ARP_SENDER = "arp-sender"  # whom it asks for with the VIP as sender, which moves the VIP in that neighbour's cache
    RETURN_PATH = "return-path"  # do the replies pass where they have to: NAT through the director, DR past it?
    REDIRECT = "redirect"  # who passes a reply on: does it leave the sender its way? The sender: does it keep to it?
    HEALTH_CHECK = "health-check"  # does the director's own request reach the real server and come back?


class Decided(StrEnum):
    """How a step is decided. unknown: what tells was not collected, or not understood."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that `node` decides about `subject` ("VIP 192.0.2.10 on eth0", "tcp 192.0.2.10:80")."""

    node: str
    decision: Decision
    subject: str


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """`yes` is what the packet needs: it goes on. `reason` is a template filled from `fields`; the first row of
    `because` is the one that decided. `settle`: of an unknown one, the command that would tell, and `lacking` the fact;
    of another, the one that shows what it takes for granted: the absence of machinery (a filter, a policy rule) that
    the scan does not show (`assumed`)."""

    step: Step
    decided: Decided
    reason: str
    because: tuple[Citation, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    settle: str = ""
    lacking: str = ""

    @property
    def why(self) -> str:
        return filled(self.reason, self.fields)

    @property
    def assumed(self) -> tuple[Citation, ...]:
        return tuple(line for line in self.because if line.assumed)


class ClientPlace(StrEnum):
    """Where a client is, as seen from the cluster."""

    ON_SEGMENT = "on the VIP's segment"
    BEYOND_ROUTER = "beyond a router"
    IN_PREFIX = "in a connected prefix"
    ON_DIRECTOR = "on the director"
    ON_REAL_SERVER = "on a real server"
    HEALTH_CHECK = "the director's health check"


@dataclass(frozen=True, slots=True)
class ClientClass:
    """Clients that the cluster treats alike, and an address that stands for them.

    `router` is the address of the router that they come by, `prefix` the network that they are in. `evidenced`: the
    scan shows such a client (`because` quotes where), or the user names it; else it is assumed that there are some.
    `connects`: it is shown that such a client connects: by a connection to this VIP, or a health check in a file.
    `scanned`: it is a host of the scan, or in a network that a router of the scan leads to.
    `part`: `prefix` is that part of a network which a packet filter tells from the rest.
    """

    place: ClientPlace
    address: IP
    prefix: Network | None = None
    router: IP | None = None
    evidenced: bool = False
    because: tuple[Citation, ...] = ()
    connects: bool = False
    scanned: bool = False
    part: bool = False


class Served(StrEnum):
    """How a walk ends. dies: at its last step; unknown: a step on the way was not collected, and none says no."""

    SERVED = "served"
    DIES = "dies"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Walk:
    """One possible way of a connection of `client` to a service, through one real server.

    `service` is written as ipvsadm writes it ("TCP 192.0.2.10:80", "FWM 1"); `answering` is the host that the client's
    segment takes for the VIP (one walk for each host that may be it); `real_server` is the node's name where the scan
    has it, else "". `share`: of the service's new connections, in 0..1: by weight among the enabled real servers.
    `drained`: the real server has weight 0, and no persistence keeps clients there. `standby`: the scheduler sends it
    connections only after those of larger weight failed.
    """

    client: ClientClass
    service: str
    vip: IP
    port: int
    protocol: Literal["tcp", "udp", "sctp"]
    answering: str
    rip: IP | None
    real_server: str
    forwarding: Forwarding | None
    share: float
    steps: tuple[StepVerdict, ...]
    drained: bool = False
    standby: bool = False

    @property
    def outcome(self) -> Served:
        """A no decides, whatever stands beside it; else the first unknown does."""
        decided = {verdict.decided for verdict in self.steps if verdict.step.decision not in HARMLESS}
        if Decided.NO in decided:
            return Served.DIES
        return Served.UNKNOWN if Decided.UNKNOWN in decided else Served.SERVED

    @property
    def deciding(self) -> StepVerdict | None:
        """The step at which it dies, or the first that is not known; None where it is served."""
        wanted = {Served.DIES: Decided.NO, Served.UNKNOWN: Decided.UNKNOWN}.get(self.outcome)
        return next((v for v in self.steps if v.decided is wanted and v.step.decision not in HARMLESS), None)

    @property
    def bypassing(self) -> StepVerdict | None:
        """The answer for the VIP by which this real server gets the connection itself, and no director does."""
        if self.forwarding is not None or not self.answering or self.answering != self.real_server or not self.steps:
            return None
        first = self.steps[0]
        return first if first.step.decision is Decision.ARP_REPLY and first.decided is Decided.YES else None


# Such a step does not end the walk: it harms others, or later connections (another real server's traffic moves here;
# replies take another way).
HARMLESS = frozenset({Decision.ARP_SENDER, Decision.REDIRECT})
