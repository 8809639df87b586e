"""Connections to a real server that the table no longer has.

net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_hook() drops their packets, and does not start their timer anew; where
expire_nodest_conn is set the entry expires with the next packet.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.model.address import IP
from lvsdoctor.model.connection import Connection
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class Orphans:
    """The connections of a service to one real server that is not, or no longer, in the table."""

    service: VirtualService
    rip: IP
    connections: tuple[Connection, ...]

    @property
    def longest(self) -> int:
        """The seconds until the last of them ends by itself."""
        return max(row.expires for row in self.connections)


def orphans(director: Node) -> Iterator[Orphans]:
    """Reads connections and ipvs. Raises NotCollected where the table was not seen whole, and at the end where the list
    of connections was not."""
    services = {(row.protocol, row.vip, row.port): row for row in tuple(director.services) if row.vip is not None}
    listed = {real.ip for service in tuple(director.services) for real in tuple(service.destinations)}
    marks = any(service.fwmark is not None for service in director.services)
    by_real: dict[tuple[VirtualService, IP], list[Connection]] = {}
    for row in director.seen_rows("connections"):
        rip, virtual = row.destination.ip, row.virtual
        # The service of its port comes before that of all ports (ip_vs_ctl.c: ip_vs_service_find()).
        every = services.get((row.protocol, virtual.ip, 0))
        service = services.get((row.protocol, virtual.ip, virtual.port), every)
        if row.is_template or rip is None or service is None or None in listed:  # a name may be any address
            continue
        if marks and rip in listed:  # a mark comes before the address: it may be the mark's real server
            continue
        if not _lists(service, rip, row.destination.port):
            by_real.setdefault((service, rip), []).append(row)
    for (service, rip), rows in by_real.items():
        yield Orphans(service, rip, tuple(rows))
    if (absent := director.unseen("connections")) is not None:
        raise absent


def _lists(service: VirtualService, rip: IP, port: int | None) -> bool:
    """Is it still a real server of the service? Port 0 is any port, and one that is a name may be the same."""
    return any(real.ip == rip and (not real.port or port is None or real.port == port) for real in service.destinations)
