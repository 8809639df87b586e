"""Which packets fit into a director's tunnel to a real server, and how large those are that clients send.

A client's largest segment follows from the MSS of the real server's SYN-ACK (net/ipv4/tcp_output.c:
tcp_advertise_mss()). What then does not fit the director drops, with an ICMP message that asks the client for smaller
packets, or fragments (net/netfilter/ipvs/ip_vs_xmit.c: ensure_mtu_is_adequate(), __ip_vs_get_out_rt()).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.filters.filter_paths import any_client, filter_fact, link_towards, locality, passed, undecided
from lvsdoctor.analysis.nat.translation import real_server
from lvsdoctor.analysis.reply_path import answered_neighbours, reply_path
from lvsdoctor.kernel.answer import assume_without
from lvsdoctor.kernel.packet_filter import SENT, FilterOutcome
from lvsdoctor.kernel.packet_matching import Packet
from lvsdoctor.kernel.routing import Lookup, route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.sanitize import command

PMTU_DISC = "net.ipv4.vs.pmtu_disc"
# Of the outer IPv4 or IPv6 header, and of GRE's or GUE's (net/netfilter/ipvs/ip_vs_xmit.c: ip_vs_tunnel_xmit()).
_HEADERS = {4: 20, 6: 40}
_INNER = {"ipip": 0, "gre": 4, "gue": 12}
_ICMP = {4: 1, 6: 58}
_TCP_HEADERS = {4: 40, 6: 60}
_SETS_MSS = ("TCPMSS", "maxseg")


@dataclass(frozen=True, slots=True)
class Size:
    """A number of bytes, and the lines that it follows from."""

    bytes: int
    because: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class TooLarge:
    """Clients of `service` send packets of up to `largest` bytes, of which those above `room` do not fit.

    `icmp_dropped` is what shows that the director's own filter drops the ICMP message that tells them so.
    """

    service: VirtualService
    real: Destination
    rip: IP
    server: Node
    room: Size
    largest: Size
    icmp_dropped: tuple[Citation, ...]


def tunnel_room(director: Node, real: Destination) -> Size | None:
    """The largest request that fits into the tunnel to a real server; None where no interface's MTU tells.
    Reads links, and as route_lookup()."""
    if real.ip is None:
        return None
    mtu = _mtu(director, route_lookup(director, real.ip))
    if mtu is None:
        return None
    return Size(mtu.bytes - _HEADERS[real.ip.version] - _INNER.get(real.tunnel_type, 0), mtu.because)


def too_large(director: Node) -> Iterator[TooLarge]:
    """At most one for each real server and type of tunnel. Raises NotCollected at the end for those whose real server
    or setting is not known. Reads ipvs, sysctl, addresses, links, routes, and the filters, local-routes, policy-rules
    where collected."""
    known: set[tuple[IP, str]] = set()
    lacking: NotCollected | None = None
    for service in director.services:
        for real in service.destinations:
            if real.forwarding is not Forwarding.TUN or real.ip is None or not real.weight or service.protocol == "udp":
                continue
            if (real.ip, real.tunnel_type) in known or director.holding(real.ip):
                continue
            known.add((real.ip, real.tunnel_type))
            try:
                case = _too_large(director, service, real, real.ip)
            except NotCollected as absent:
                lacking = lacking or absent.anew()
                continue
            if case is not None:
                yield case
    if lacking is not None:
        raise lacking


def _too_large(director: Node, service: VirtualService, real: Destination, rip: IP) -> TooLarge | None:
    version = service.version
    if version == 4 and _fragments(director):
        return None
    room = tunnel_room(director, real)
    if room is None:
        raise NotCollected("links", director.name, f"the MTU on the way to {rip}")
    server = real_server(director, rip)
    vip = next((vip for vip, _ in service.vips), None)
    largest = _largest(server, vip, version) if server is not None else None
    if server is None or largest is None:
        ask = command("ip", "-d", "link", "show") + f"  # on {rip}"
        raise NotCollected("links", director.name, f"the MTU of real server {rip}", ask)
    if largest.bytes <= room.bytes:
        return None
    return TooLarge(service, real, rip, server, room, largest, _icmp_dropped(director, vip, version))


def _fragments(director: Node) -> bool:
    """ensure_mtu_is_adequate(): without path MTU discovery the tunnel's packets go out in fragments, of IPv4 alone."""
    if not director.has("sysctl") or not director.knows_sysctl(PMTU_DISC):
        raise NotCollected("sysctl", director.name, PMTU_DISC, command("sysctl", PMTU_DISC))
    setting = director.sysctl(PMTU_DISC)
    return setting.is_number and setting.value == 0


def _mtu(node: Node, lookup: Lookup) -> Size | None:
    """net/ipv4/route.c: ipv4_mtu(): the route's own, else the link's."""
    link = node.link(lookup.links[0]) if lookup.links and node.has("links") else None
    if lookup.route is None or link is None or link.mtu is None:
        return None
    if 0 < lookup.route.mtu < link.mtu:
        return Size(lookup.route.mtu, (cite(lookup.route, "packets of at most {mtu} bytes", mtu=lookup.route.mtu),))
    return Size(link.mtu, (cite(link, "packets of at most {mtu} bytes", mtu=link.mtu),))


def _largest(server: Node, vip: IP | None, version: int) -> Size | None:
    """The largest of the sizes that a real server offers to clients far away, or to its neighbours."""
    if vip is None or not server.has("links") or not server.has("routes"):
        return None
    far = reply_path(server, vip)
    routes = [far] if far.type == "unicast" else list(answered_neighbours(server, vip).values())
    sizes = [size for lookup in routes if (size := _offered(server, lookup, version)) is not None]
    return max(sizes, key=lambda size: size.bytes, default=None)


def _offered(server: Node, lookup: Lookup, version: int) -> Size | None:
    """net/ipv4/route.c: ipv4_default_advmss(), and the advmss of the route in its place."""
    fact = filter_fact(version)
    tables = server.packet_filter(fact) if server.has(fact) else ()
    rules = (rule for table in tables for rule in table.rules)
    if any(word in action.text for rule in rules for action in rule.actions for word in _SETS_MSS):
        raise undecided(server, fact, "which MSS its clients get")
    size = _mtu(server, lookup)
    if size is None or lookup.route is None:
        return None
    if lookup.route.advmss:
        whole = min(lookup.route.advmss + _TCP_HEADERS[version], size.bytes)
        size = Size(whole, (cite(lookup.route, "packets of at most {size} bytes", size=whole),))
    if tables and server.partial(fact) is None and all(table.form in ("save", "nft") for table in tables):
        return size
    text, settle = f"no rule of {server.name} lowers the MSS (TCPMSS)", f"{fact}-save -t mangle"
    return Size(size.bytes, (*size.because, assume_without("packets", text, settle, of=server)))


def _icmp_dropped(director: Node, vip: IP | None, version: int) -> tuple[Citation, ...]:
    if vip is None or not director.has(filter_fact(version)):
        return ()
    client = any_client(director, version)
    out = link_towards(director, client) if client is not None else None
    packet = Packet(vip, client, _ICMP[version], out_link=out)
    verdict = passed(director, packet, SENT, locality(director, version))
    return verdict.because if verdict.outcome is FilterOutcome.DROPPED else ()
