"""NAT real servers that a director reaches through a router: does that router bring their replies back?

The reply of a real server is rewritten at FORWARD of the director and nowhere else (net/netfilter/ipvs/ip_vs_core.c:
ip_vs_out_hook()). A router sends it to the client by its own routes.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from lvsdoctor.analysis.directors import directors_of
from lvsdoctor.analysis.filters.director_filters import CONNTRACK, at_director
from lvsdoctor.analysis.kube.addresses import KUBE_LINK
from lvsdoctor.analysis.nat.translation import nat_pairs, passes, replies_pass
from lvsdoctor.kernel.answer import assume, assume_without
from lvsdoctor.kernel.delivery import passes_on
from lvsdoctor.kernel.far_away import far_away
from lvsdoctor.kernel.packet_filter import SENT
from lvsdoctor.kernel.routing import FAR_AWAY, Lookup, route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.sanitize import command

_PLAIN_KINDS = frozenset({"", "vlan", "bond", "bridge", "team", "veth", "macvlan", "macvtap", "ipvlan"})


@dataclass(frozen=True, slots=True)
class BehindRouter:
    """A NAT real server behind `gateway`, whose routes are `scanned` or not. `counted` is its row of the
    counters where requests went there, and no reply came."""

    service: VirtualService
    real: Destination
    rip: IP
    gateway: IP
    because: tuple[Citation, ...]
    scanned: bool
    counted: Destination | None = None


def behind_routers(director: Node) -> Iterator[BehindRouter]:
    """Not where the counters show replies, the director hides the clients' addresses, the way is a tunnel, or the
    router (if scanned) replies through the director. A real server whose own routes are known is judged by these.

    Reads ipvs, addresses, routes, and local-routes, policy-rules, links, sysctl, ipvs-stats, iptables where collected,
    addresses and routes of the others. Raises NotCollected where a filter that may hide the clients is not understood.
    """
    for service, real, rip in nat_pairs(director):
        lookup = route_lookup(director, rip)
        if real.weight == 0 or lookup.type != "unicast" or not lookup.gateways:
            continue
        own = _own(director, service)
        strangers = [gateway for gateway in lookup.gateways if gateway not in own]
        if not strangers or _judged_by_its_routes(director, rip) or replies_pass(director, real):
            continue
        tunnel = _tunnel(director, lookup)
        back = _routes_back(director, strangers[0], rip)
        if tunnel is None or any(passes(router, route, own) for router, route in back):
            continue
        lines = _shown_sources(director, service, real)
        if lines is not None:
            because = [*lookup.because, *tunnel, *lines, *(line for _, route in back[:1] for line in route.because)]
            yield BehindRouter(
                service, real, rip, strangers[0], tuple(because), bool(back), _counted(director, service, real)
            )


def _own(director: Node, service: VirtualService) -> set[IP]:
    hosts = [director, *(host for vip, _ in service.vips for host in directors_of(director, vip))]
    return {address.ip for host in hosts if host.has("addresses") for address in host.addresses}


def _judged_by_its_routes(director: Node, rip: IP) -> bool:
    return any(peer.has("routes") for peer in director.peers_holding(rip))


def _tunnel(director: Node, lookup: Lookup) -> list[Citation] | None:
    """What is taken for granted of the link; None where it may be a tunnel, through which replies may come back."""
    if not director.has("links"):
        return [assume("links", "the route to the real server is not through a tunnel")]
    links = [director.link(name) for name in lookup.links]
    plain = all(link is not None and link.arp and (link.kind or "") in _PLAIN_KINDS for link in links)
    return [] if plain else None


_MOST_HOPS = 8


def past_director(
    node: Node, lookup: Lookup, rip: IP, director: Node, own: Collection[IP]
) -> tuple[Citation, ...] | None:
    """The routes of scanned routers by which replies of a NAT real server go past the director, after its own; None
    where its own route, or theirs, leads to an address of the director.

    Reads what route_lookup() and passes_on() read, of the routers. A router of which that was not collected is assumed
    not to lead to the director. Where the director is a neighbour of the real server, a way through another host and
    back would be machinery; else it may be beyond that router.
    """
    because: tuple[Citation, ...] = ()
    router, client = node, far_away(rip.version)
    for _ in range(_MOST_HOPS):
        if passes(router, lookup, own):
            return None
        hop = next((gateway for gateway in lookup.gateways if gateway not in own), None)
        if hop is None:
            break
        found = next((peer for peer in node.peers_holding(hop) if peer.has("routes")), None)
        text, settle = f"{hop} does not send replies to the director", f"# scan {hop}"
        unseen = assume("routes", text, settle=settle, others=True)
        if found is None:
            return (*because, assume_without("", text, settle) if _beside(director, rip) else unseen)
        router, link = found, next(row.link for row in found.holding(hop))
        try:
            forwarded = passes_on(router, src=rip, dst=client, arrived_on=link)
        except NotCollected:
            return (*because, unseen)
        if not forwarded:
            return (*because, *forwarded.because)
        lookup = route_lookup(router, client, src=rip, arrived_on=link)
        because = (*because, *lookup.because)
    return because


def _beside(director: Node, rip: IP) -> bool:
    return not director.has("routes") or route_lookup(director, rip).onlink


def _routes_back(director: Node, gateway: IP, rip: IP) -> list[tuple[Node, Lookup]]:
    """The routes of the router, if it is scanned, for the real server's replies: by the link where these may arrive."""
    for router in director.peers_holding(gateway):
        if router.has("routes"):
            arrive = [link.name for link in router.links_hearing_arp] if router.has("links") else []
            lookups = [route_lookup(router, FAR_AWAY, src=rip, arrived_on=name) for name in arrive]
            return [(router, lookup) for lookup in lookups or [route_lookup(router, FAR_AWAY, src=rip)]]
    return []


def _shown_sources(director: Node, service: VirtualService, real: Destination) -> list[Citation] | None:
    """What tells that the real server sees the clients' own addresses; None where the director hides these."""
    if any(address.link == KUBE_LINK for address in director.addresses):
        return None
    known = director.has("sysctl") and director.knows_sysctl(CONNTRACK)
    setting = director.sysctl(CONNTRACK) if known else None
    if setting is not None and setting.value == 0:
        return [cite(setting, "SNAT rules do not see packets of IPVS")]
    text = "no iptables or nftables rule changes the source of what IPVS forwards"
    assumed = assume_without("packets", text, "iptables-save -t nat", of=director, note="not in the evidence of {node}")
    if not director.has("iptables"):
        return [assumed]
    lines = []
    for item in at_director(director, replace(service, destinations=(real,)), conntrack=True):
        if item.passage.hooks == SENT:
            if item.verdict.lacking is not None:
                raise item.verdict.lacking
            if item.verdict.packet.src != item.passage.packet.src or item.verdict.packet.changed:
                if setting is None:
                    raise NotCollected("sysctl", director.name, CONNTRACK, command("sysctl", CONNTRACK))
                return None
            lines += [line for line in item.verdict.because if line.assumed]
    return lines


def _counted(director: Node, service: VirtualService, real: Destination) -> Destination | None:
    """UDP may go one way alone, so its counters prove nothing."""
    if service.protocol not in ("tcp", "sctp") or not director.has("ipvs-stats"):
        return None
    for counted in director.virtual_services("ipvs-stats"):
        for row in counted.destinations if counted.key == service.key else ():
            if row.ip == real.ip and row.port == real.port and (counts := row.counters) is not None:
                return row if counts.connections and counts.packets_in and not counts.packets_out else None
    return None
