"""Real servers of one service that get its packets by different forwarding methods.

The method belongs to the real server, not to the service (net/netfilter/ipvs/ip_vs_ctl.c: __ip_vs_update_dest()), so
the kernel takes any mix.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from lvsdoctor.analysis.nat.translation import no_source_nat, passes
from lvsdoctor.kernel.answer import assume_without
from lvsdoctor.kernel.own_address import own_address
from lvsdoctor.kernel.routing import FAR_AWAY, is_local, route_lookup
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node

SENT = (Forwarding.DR, Forwarding.TUN, Forwarding.NAT)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The method that a real server is set up for, and the lines that show it."""

    method: Forwarding
    because: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class MixedMethods:
    """A service with its real servers of each method, its own host's left out. `usual` is the method of the most, `odd`
    are those of another; where no method has the most there are neither. `refuted` are the odd ones that are set up for
    the usual method by their own dumps: these are odd however many they are."""

    service: VirtualService
    sent: tuple[Destination, ...]
    usual: Forwarding | None
    odd: tuple[Destination, ...]
    refuted: tuple[Prepared, ...] = field(default=())


def mixed_methods(director: Node) -> Iterator[MixedMethods]:
    """The services whose real servers are reached by more than one method. What is local is delivered here whatever
    its row shows. Reads ipvs, and addresses, links, local-routes, policy-rules, routes, sysctl where collected, the
    real servers' too."""
    known = director.has("addresses") or director.has("local-routes")
    for service in tuple(director.services):
        rows = [real for real in service.destinations if real.forwarding in SENT]
        if len({real.forwarding for real in rows}) < 2:
            continue
        sent = tuple(
            real
            for real in rows
            if real.ip is None or not (real.ip.is_loopback or (known and own_address(director, real.ip)))
        )
        counts = Counter(real.forwarding for real in sent).most_common()
        if len(counts) > 1:
            usual = counts[0][0] if counts[0][1] > counts[1][1] else None
            by_number = MixedMethods(service, sent, usual, tuple(r for r in sent if usual and r.forwarding != usual))
            yield _refuted(director, service, sent) or by_number


def _refuted(director: Node, service: VirtualService, sent: Sequence[Destination]) -> MixedMethods | None:
    """The rows that the real servers' own dumps contradict, where all others have the method that these are set up
    for."""
    odd: dict[Destination, Prepared] = {}
    for real in sent:
        prepared = _prepared(director, service, real)
        if prepared is not None and prepared.method is not real.forwarding:
            odd[real] = prepared
    methods = {prepared.method for prepared in odd.values()}
    methods |= {real.forwarding for real in sent if real not in odd and real.forwarding is not None}
    if not odd or len(odd) == len(sent) or len(methods) > 1:
        return None
    return MixedMethods(service, tuple(sent), methods.pop(), tuple(odd), tuple(odd.values()))


def _prepared(director: Node, service: VirtualService, real: Destination) -> Prepared | None:
    """For NAT without the VIP, with the director as gateway; for DR and TUN with the VIP and another gateway. IPv4."""
    if service.vip is None or real.ip is None or {service.vip.version, real.ip.version} != {4}:
        return None
    peer = next(director.peers_holding(real.ip), None)
    if peer is None or not (peer.has("routes") and peer.has("links") and director.has("addresses")):
        return None
    home, back = is_local(peer, service.vip), route_lookup(peer, FAR_AWAY, src=real.ip)
    through = passes(peer, back, {address.ip for address in director.addresses})
    if home is None:
        if not through or real.forwarding is Forwarding.NAT:
            return None
        text = f"no REDIRECT or DNAT rule gives {service.vip} to {peer.name}"
        redirect = assume_without(
            "packets", text, "iptables-save -t nat", of=peer, note="not in the evidence of {node}"
        )
        return Prepared(Forwarding.NAT, (*back.because, redirect))
    if through or back.type != "unicast":
        return None
    lines = (*(cite(address, "{peer} holds the VIP", peer=peer.name) for address in peer.holding(service.vip)[:1]),)
    tunnels = {link.name for link in peer.links if link.type == "ipip" and link.up}
    on_tunnel = any(address.link in tunnels for address in peer.holding(service.vip))
    if tunnels and not on_tunnel:
        return None
    beside = director.has("routes") and route_lookup(director, real.ip).onlink
    if on_tunnel and beside and real.forwarding is Forwarding.DR:
        return None  # on its own segment it takes what direct routing sends as well
    kept = no_source_nat(director) if real.forwarding is Forwarding.NAT else None
    if real.forwarding is Forwarding.NAT and kept is None:
        return None
    return Prepared(
        Forwarding.TUN if on_tunnel else Forwarding.DR, (*lines, *back.because, *([kept] if kept is not None else ()))
    )
