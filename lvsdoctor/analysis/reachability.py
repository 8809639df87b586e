"""Does a director reach a real server at all: a route, and a link that is up under it?

net/netfilter/ipvs/ip_vs_xmit.c: __ip_vs_get_out_rt() asks for a route to the RIP; without one the client is told that
the host is unreachable. A route over a link goes when the link goes down (net/ipv4/fib_frontend.c: fib_disable_ip()).
"""

from collections.abc import Collection
from dataclasses import dataclass

from lvsdoctor.analysis.reply_path import all_tables_seen
from lvsdoctor.kernel.answer import Answer, assume, no, yes
from lvsdoctor.kernel.routing import Lookup, route_lookup
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.sanitize import command


@dataclass(frozen=True, slots=True)
class Reachability:
    """Whether a director is cut off from a RIP (`cut`, with the reason), the `lookup` of a route there, the address of
    its own in the RIP's subnet (`home`), if it has one, and the `links` that are down or have no carrier. It is
    `unsure` where a gateway of another link may lead there all the same."""

    cut: Answer
    lookup: Lookup
    home: Address | None = None
    links: tuple[Link, ...] = ()
    unsure: bool = False

    @property
    def decided_by(self) -> Link | Citation | None:
        """The row that cuts it off: the link, or else the route that leads elsewhere."""
        if self.links:
            return self.links[0]
        return next((line for line in reversed(self.cut.because) if not line.assumed), None)


def reachability(director: Node, rip: IP, how: Collection[Forwarding | None]) -> Reachability:
    """Where a RIP's own subnet is on a link that is down, or has no route, a way through a gateway is none for direct
    routing, none to rely on for masquerading (the replies come by that link), and one for tunnelling.

    An IPv6 address is taken for reached where no IPv6 route was shown, for `ip route` shows none. Raises NotCollected
    for a table that nobody showed. Reads addresses, routes, and local-routes, policy-rules, links where collected.
    """
    if rip.version == 6 and not any(route.dst.version == 6 for route in director.routes):
        return Reachability(no("no IPv6 routes are known"), Lookup(None))
    way = route_lookup(director, rip)
    subnets = [a for a in director.addresses if rip in a.network and not a.host_only and a.ip != rip]
    home = subnets[0] if subnets else None
    link = _link(director, home.link) if home else None
    detour = bool(way.gateways) and Forwarding.DR not in how
    lost = way.type == "unreachable" or (bool(way.gateways) and not {Forwarding.DR, Forwarding.NAT}.isdisjoint(how))
    if home is not None and lost:
        told = [cite(home, "{rip} is in the subnet of {link}", rip=rip, link=home.link)]
        dead_end = assume("routes", "that gateway does not lead to the real server", settle=command("ping", rip))
        if link is not None and not link.up:
            told += [cite(link), *((*way.because, dead_end) if detour else ())]
            return Reachability(yes("{link} is down", *told, link=link.name), way, home, (link,))
        wider = way.route is not None and way.route.dst.prefixlen < home.network.prefixlen
        # A host route, or a table that a policy rule chooses, that leads out by another interface.
        away = detour and home.link not in way.links
        if way.gateways and (wider or away) and (link is None or link.kind_of_port != "vrf"):
            told += [*way.because, *([dead_end] if detour else [])]
            text = "no route leads to {subnet} on {link}" if wider else "the route leaves {link}, where {subnet} is"
            return Reachability(yes(text, *told, subnet=home.network, link=home.link), way, home, unsure=detour)
    if way.type == "unreachable":
        all_tables_seen(director, None, rip.version)
        return Reachability(yes("no route to this address", *way.because), way, home)
    under = [_link(director, name) for name in way.links] if way.type == "unicast" else []
    dead = [found for found in under if found and (not found.up or "NO-CARRIER" in found.flags)]
    if under and len(dead) == len(under):
        names = ", ".join(found.name for found in dead)
        return Reachability(
            yes("{link} has no carrier", *way.because, *map(cite, dead), link=names), way, home, tuple(dead)
        )
    if not director.has("links"):
        director.assuming(NotCollected("links", director.name))  # a route may stand although its link is down
    return Reachability(no("a route leads to this address", *way.because), way, home)


def _link(node: Node, name: str) -> Link | None:
    return node.link(name) if node.has("links") else None


def has_permanent_entry(node: Node, rip: IP) -> bool:
    """Has every director a permanent neighbour entry for the real server, so that none ever asks?

    Reads memberships, and the directors' neighbours, where collected.
    """
    listings = node.memberships if node.has("memberships") else ()
    directors = [listing.director for listing in listings if listing.destination.ip == rip]
    return bool(directors) and all(
        director.has("neighbours") and any(n.ip == rip and n.fixed for n in director.neighbours)
        for director in directors
    )


def taken_for_asked(node: Node, ip: IP) -> list[Citation]:
    """What is taken for granted of the directors whose neighbour entries the scan does not show. Reads as
    has_permanent_entry()."""
    directors = [listing.director for listing in node.memberships] if node.has("memberships") else []
    if directors and all(director.has("neighbours") for director in directors):
        return []
    return [
        assume(
            "neighbours",
            f"other hosts send ARP requests for {ip}",
            settle="ip neigh show  # on the director",
            others=True,
        )
    ]
