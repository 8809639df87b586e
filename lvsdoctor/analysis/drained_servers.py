"""Real servers of weight 0: what they still get, and which of them have nothing left.

net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_hook() looks for an entry before it schedules, and a scheduler alone asks for
the weight. So each UDP packet of a client finds its entry, and starts its timer anew (ip_vs_proto_udp.c).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.model.connection import Connection
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.node import Node

_COUNTS = "ipvsadm -Ln"


@dataclass(frozen=True, slots=True)
class Drained:
    """A real server of weight 0 that still has `count` entries; `connections` are those of them that were seen."""

    service: VirtualService
    real: Destination
    count: int
    connections: tuple[Connection, ...]


def drained_udp(director: Node) -> Iterator[Drained]:
    """Of UDP services. Reads ipvs; connections where collected.

    Raises NotCollected at the end where the table does not tell how many entries a real server has.
    """
    rows: Sequence[Connection] = director.seen_rows("connections") if director.has("connections") else ()
    kept: dict[object, list[Connection]] = {}
    for row in rows:
        if row.protocol == "udp" and not row.is_template:
            kept.setdefault((row.virtual.ip, row.virtual.port, row.destination.ip), []).append(row)
    lacking: NotCollected | None = None
    for service in director.services:
        # With one-packet scheduling (-o) no entry outlives its packet.
        if service.protocol != "udp" or "ops" in service.flags:
            continue
        for real in service.destinations:
            if real.weight != 0:
                continue
            connections = kept.get((service.vip, service.port, real.ip), ())
            count = len(connections) or (real.inactive or 0) + (real.active or 0)
            if count:
                yield Drained(service, real, count, tuple(connections))
            elif real.inactive is None and not director.has("connections"):
                lacking = NotCollected("ipvs", director.name, "the number of connections", _COUNTS)
    if lacking is not None:
        raise lacking


def left_over(director: Node) -> Iterator[tuple[VirtualService, Destination]]:
    """The real servers of weight 0 without any entry, where another one of the service takes the clients. Reads ipvs.

    None where the table was not seen whole, or does not tell how many entries there are.
    """
    lacking: NotCollected | None = None
    for service in tuple(director.services):
        reals = tuple(service.destinations)
        if not any(real.weight for real in reals):
            continue
        for real in reals:
            if real.weight != 0:
                continue
            if real.active is None or real.inactive is None:
                lacking = NotCollected("ipvs", director.name, "the number of connections", _COUNTS)
            elif real.active + real.inactive == 0:
                yield service, real
    if lacking is not None:
        raise lacking
