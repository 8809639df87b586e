"""Real servers to which a director sends packets of its own from an IPv6 VIP that they hold: they answer themselves."""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.nat.translation import real_server
from lvsdoctor.kernel.answer import assume
from lvsdoctor.kernel.own_address import own_address
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.kernel.source_address import outer_source, own_source
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class VipSource:
    """The source of packets to `rip` is `vip`: of the tunnel's outer header (`tunnelled`), else of health checks."""

    service: VirtualService
    real: Destination
    vip: IP
    rip: IP
    tunnelled: bool
    because: tuple[Citation, ...]


def vip6_sources(director: Node) -> Iterator[VipSource]:
    """Each real server of an IPv6 service whose VIP is the source address, and holds it as far as is known.

    Reads ipvs, addresses, the real servers' too, and what own_source() reads where collected.
    """
    for service in director.services:
        for real in service.destinations:
            for vip in (vip for vip, _ in service.vips if vip.version == 6 and director.holding(vip)):
                if real.ip is not None and real.ip.version == 6:
                    yield from _as_source(director, service, real, vip, real.ip)


def _as_source(director: Node, service: VirtualService, real: Destination, vip: IP, rip: IP) -> Iterator[VipSource]:
    lines = _kept_by(director, rip, vip, real)
    if not lines:
        return
    tunnelled = real.forwarding is Forwarding.TUN and real.tunnel_type in ("ipip", "gre")
    sender = outer_source(director, rip) if tunnelled else own_source(director, rip)
    if sender is not None and sender.ip == vip:
        yield VipSource(service, real, vip, rip, tunnelled, (*sender.because, *lines))


def _kept_by(director: Node, rip: IP, vip: IP, real: Destination) -> tuple[Citation, ...]:
    """What tells that the real server holds the VIP, so that its answers to the VIP stay there; nothing if not."""
    server = real_server(director, rip)
    if server is not None:
        held = is_local(server, vip)
        return held.because if held else ()
    if real.forwarding is None or not real.forwarding.keeps_destination or own_address(director, rip):
        return ()
    return (assume("addresses", f"real server {rip} holds VIP {vip}", settle="ip addr show  # there", others=True),)
