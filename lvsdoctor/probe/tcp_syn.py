"""Which real servers can be tried for a VIP from a director, and what keeps the others from being tried."""

import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from lvsdoctor.kernel.routing import is_local
from lvsdoctor.model.address import IP
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.probe import Probe
from lvsdoctor.probe.targets import NOBODY, Unasked, plan

# Above net.ipv4.ip_local_port_range as it comes: the kernel gives none of these to a connection of its own.
_OUR_PORTS = range(61000, 65536)
_ANY_PORT = 80  # stands for all of them


@dataclass(frozen=True, slots=True)
class SynProbe:
    """A SYN to `port` of the VIP from `sender` and its port `sport`, in a frame from MAC `own_mac` to `mac`, the RIP's.

    `listens`: one of the `services` says that somebody listens there. `notes` are for the reader.
    """

    vip: IP
    port: int
    rip: IP
    mac: str
    link: str
    own_mac: str
    sender: IP
    sport: int
    seq: int
    services: tuple[VirtualService, ...]
    listens: bool
    notes: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The VIP and port, as in 192.0.2.10:80."""
        return f"[{self.vip}]:{self.port}" if self.vip.version == 6 else f"{self.vip}:{self.port}"


@dataclass(frozen=True, slots=True)
class _Path:
    """To a real server, without a VIP."""

    rip: IP
    mac: str
    link: str
    own_mac: str
    sender: IP
    notes: tuple[str, ...]


def syn_probes(
    node: Node, probes: Iterable[Probe], vips: Iterable[IP] = (), *, sport: int | None = None
) -> tuple[tuple[SynProbe, ...], tuple[Unasked, ...]]:
    """What can be tried from this director whose RIPs were asked for, and the RIPs that cannot be.

    Only `vips`, if any are named; a service by firewall mark tells no VIP, so it is tried with those of them that no
    other service has. Reads ipvs, links, addresses, routes, local-routes, policy-rules.
    """
    named, asked = tuple(dict.fromkeys(vips)), tuple(probes)
    told = {service.vip for service in node.services if service.vip is not None}
    never = told | set(named)
    port = sport if sport is not None else random.choice(_OUR_PORTS)
    found: dict[tuple[IP, int, IP, str], SynProbe] = {}
    unasked: dict[Unasked, None] = {}
    for service in node.services:
        marked = tuple(vip for vip in named if vip not in told and vip.version == service.family)
        wanted = marked if service.fwmark is not None else _wanted(service, named)
        for real in service.destinations if wanted is not None else ():
            why = _hindrance(node, service, real) or ("" if wanted else f"{service} tells no VIP: name those to try")
            if why or real.ip is None:
                unasked[Unasked(real.ip or service.vip or NOBODY, why)] = None
                continue
            for way in _paths(node, real.ip, asked, never):
                if isinstance(way, Unasked):
                    unasked[way] = None
                    continue
                for vip in wanted or ():
                    _add(found, _syn_probe(service, vip, real, way, port))
    # No two alike: an answer is told by the number that it acknowledges.
    numbers = random.sample(range(1 << 32), len(found))
    numbered = (replace(each, seq=number) for each, number in zip(found.values(), numbers, strict=True))
    return tuple(numbered), tuple(unasked)


def _wanted(service: VirtualService, named: Sequence[IP]) -> tuple[IP, ...] | None:
    """None where the service is not asked about."""
    if service.vip is None or (named and service.vip not in named):
        return None
    return (service.vip,)


def _hindrance(node: Node, service: VirtualService, real: Destination) -> str:
    """What makes it senseless to ask this real server for the VIP."""
    if real.ip is None:
        return f"the table says {real.shown!r} where the RIP should be"
    if real.forwarding is Forwarding.NAT:
        return f"{real.ip} gets packets for {service} by masquerading, with the RIP in place of the VIP: nothing to try"
    if real.forwarding is Forwarding.LOCAL or is_local(node, real.ip):
        return f"{real.ip} is this host itself"
    if real.forwarding is None or not real.forwarding.keeps_destination:
        return f"how {real.ip} gets packets for {service} is not told"
    if real.ip.version != service.family:
        return f"{real.ip} is IPv{real.ip.version} and the VIP of {service} IPv{service.family}: not in this version"
    return ""


def _paths(node: Node, rip: IP, probes: Sequence[Probe], never: Collection[IP]) -> list[_Path | Unasked]:
    """To its MAC, on each link where the RIP was answered for."""
    asked = [probe for probe in probes if probe.target == rip]
    if not asked:
        why = [each.why for each in plan(node, (rip,)).unasked] or [f"{rip} was not asked for its MAC"]
        return [Unasked(rip, why[0])]
    answered = [probe for probe in asked if probe.replies]
    if not answered:
        links = ", ".join(dict.fromkeys(probe.link for probe in asked))
        return [Unasked(rip, f"no host answers for {rip} on {links}, so its MAC is not known: is it down?")]
    return [_path(node, rip, probe, never) for probe in answered]


def _path(node: Node, rip: IP, probe: Probe, never: Collection[IP]) -> _Path | Unasked:
    if len(probe.macs) > 1:
        macs = " and ".join(probe.macs)
        return Unasked(rip, f"{macs} answer for {rip} on {probe.link}: which is the real server's is not known")
    link = node.link(probe.link)
    ours = {address.ip for address in node.addresses_on(probe.link)} - set(never)
    sender = next((ip for ip in probe.senders if ip in ours), None)
    if link is None or sender is None:
        return Unasked(rip, f"{probe.link} has no address of its own but VIPs, and a SYN is not sent in a VIP's name")
    near = any(rip in a.network for a in node.addresses_on(probe.link) if a.ip == sender)
    notes = () if near else (f"{sender} is in another subnet than {rip}: an answer comes through a router, if at all",)
    return _Path(rip, probe.macs[0], probe.link, link.mac, sender, notes)


def _syn_probe(service: VirtualService, vip: IP, real: Destination, path: _Path, sport: int) -> SynProbe:
    port = service.port or real.port  # net/netfilter/ipvs/ip_vs_xmit.c: ip_vs_dr_xmit() leaves it as the client sent it
    return SynProbe(
        vip, port or _ANY_PORT, path.rip, path.mac, path.link, path.own_mac, path.sender, sport,
        seq=0,
        services=(service,),
        listens=service.protocol == "tcp" and service.fwmark is None and bool(port),
        notes=(*path.notes, *_about(service, real, port)),
    )  # fmt: skip


def _about(service: VirtualService, real: Destination, port: int | None) -> Iterator[str]:
    if not port:
        yield f"{service} has all ports: {_ANY_PORT} is tried for them"
    if service.fwmark is None and service.protocol != "tcp":
        yield f"{service} is tried by TCP: where the VIP is, a RST tells so"
    if real.forwarding is Forwarding.TUN:
        yield f"{real.ip} is tried without its tunnel: this tells whether it has the VIP, not whether the tunnel works"


def _add(probes: dict[tuple[IP, int, IP, str], SynProbe], probe: SynProbe) -> None:
    """Two services of one VIP and port, TCP and UDP, are one question."""
    key = (probe.vip, probe.port, probe.rip, probe.link)
    if (before := probes.get(key)) is not None:
        probe = replace(
            before,
            services=before.services + probe.services,
            listens=before.listens or probe.listens,
            notes=tuple(dict.fromkeys(before.notes + probe.notes)),
        )
    probes[key] = probe
