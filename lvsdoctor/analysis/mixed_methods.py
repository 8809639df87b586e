"""Real servers of one service that get its packets by different forwarding methods.

The method belongs to the real server, not to the service (net/netfilter/ipvs/ip_vs_ctl.c: __ip_vs_update_dest()), so
the kernel takes any mix.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.kernel.routing import is_local
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node

SENT = (Forwarding.DR, Forwarding.TUN, Forwarding.NAT)


@dataclass(frozen=True, slots=True)
class MixedMethods:
    """A service with its real servers of each method, its own host's left out. `usual` is the method of the most, `odd`
    are those of another; where no method has the most there are neither."""

    service: VirtualService
    sent: tuple[Destination, ...]
    usual: Forwarding | None
    odd: tuple[Destination, ...]


def mixed_methods(director: Node) -> Iterator[MixedMethods]:
    """The services whose real servers are reached by more than one method. What is local is delivered here whatever
    its row shows. Reads ipvs, and addresses, links, local-routes, policy-rules, routes where collected."""
    known = director.has("addresses") or director.has("local-routes")
    for service in tuple(director.services):
        rows = [real for real in service.destinations if real.forwarding in SENT]
        if len({real.forwarding for real in rows}) < 2:
            continue
        sent = tuple(r for r in rows if r.ip is None or not (r.ip.is_loopback or (known and is_local(director, r.ip))))
        counts = Counter(real.forwarding for real in sent).most_common()
        if len(counts) > 1:
            usual = counts[0][0] if counts[0][1] > counts[1][1] else None
            yield MixedMethods(service, sent, usual, tuple(r for r in sent if usual and r.forwarding is not usual))
