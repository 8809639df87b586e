"""A connection that a client tries to open, and which hosts it concerns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lvsdoctor.analysis.filters.filter_paths import PROTOCOLS
from lvsdoctor.analysis.walk.subnets import services_by_key
from lvsdoctor.kernel.packet_matching import CLIENT_PORT, Packet
from lvsdoctor.model.address import IP
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import ClientClass


@dataclass(frozen=True, slots=True)
class ServicePlace:
    """Where clients find a service: one VIP and port of it. `directors` list it, `real_servers` are their nodes by
    RIP, as far as the scan has them. `bystanders` have the VIP as a real server has it, and no director lists them for
    this service: real servers of another port, or such as were taken out of the table."""

    service: VirtualService
    vip: IP
    port: int
    protocol: str
    directors: tuple[Node, ...] = ()
    real_servers: dict[IP, Node] = field(default_factory=dict)
    bystanders: tuple[Node, ...] = ()

    @property
    def name(self) -> str:
        """As ipvsadm writes it."""
        if self.service.fwmark is not None:
            return self.service.mark_name
        return f"{self.protocol.upper()} {self.place}"

    @property
    def place(self) -> str:
        host = f"[{self.vip}]" if self.vip.version == 6 else str(self.vip)
        return f"{host}:{self.port}" if self.port else host

    @property
    def subject(self) -> str:
        """As the subject of a step."""
        return f"{self.protocol} {self.place}"

    def listed_by(self, director: Node) -> VirtualService | None:
        """The row of this service in the table of a director."""
        return services_by_key(director).get(self.service.key)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A client's connection to a service, as it arrives on `link` of the director or real server that answers; where
    that is not known, on one of `links`."""

    client: ClientClass
    at: ServicePlace
    link: str | None
    links: tuple[str, ...] = ()

    @property
    def src(self) -> IP:
        return self.client.address

    @property
    def request(self) -> Packet:
        """The request as it comes in."""
        at = self.at
        return Packet(self.src, at.vip, PROTOCOLS.get(at.protocol), CLIENT_PORT, at.port or None, in_link=self.link)


# Schedulers that ask no weight but whether it is 0 (net/netfilter/ipvs/ip_vs_rr.c, ip_vs_lc.c, ip_vs_dh.c), and those
# that send all to the largest (ip_vs_fo.c, ip_vs_ovf.c).
_ALIKE = frozenset({"rr", "lc", "dh"})
_LARGEST = frozenset({"fo", "ovf"})


def shares(service: VirtualService, usable: Sequence[Destination]) -> Iterator[tuple[Destination, float]]:
    """What each real server of a service gets of its new connections. Where a weight is not known all count alike."""
    known = all(real.weight is not None for real in usable) and service.scheduler not in _ALIKE
    weights = {id(real): (real.weight or 0) if known else 1 for real in usable}
    if known and service.scheduler in _LARGEST and weights:
        largest = max(weights.values())
        weights = {key: int(weight == largest) for key, weight in weights.items()}
    total = sum(weights.values())
    for real in service.destinations:
        yield real, weights.get(id(real), 0) / total if total else 0.0
