"""What becomes of a packet on a node: delivered there, passed on, or dropped; and who draws packets to itself.

net/ipv4/route.c: ip_route_input_slow(), __mkroute_input(). IPVS sees a request only where it is delivered
(net/netfilter/ipvs/ip_vs_core.c: ip_vs_ops4 hooks LOCAL_IN).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lvsdoctor.kernel.answer import Answer, assume, no, yes
from lvsdoctor.kernel.arp import arp_reply
from lvsdoctor.kernel.carrier import down_towards, leaves_nowhere
from lvsdoctor.kernel.default_gateways import default_gateways
from lvsdoctor.kernel.effective_sysctl import forwards
from lvsdoctor.kernel.far_away import far_away
from lvsdoctor.kernel.ipv6_off import wires_without
from lvsdoctor.kernel.route_families import shows_local_routes, shows_routes
from lvsdoctor.kernel.routing import Lookup, captured_by_mark, is_local, route_lookup
from lvsdoctor.kernel.rp_filter import source_ok
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node


def delivered(node: Node, ip: IP, mark: int | None = None) -> Answer:
    """Is a client's packet to `ip` delivered on this node, by an address, a local route or a policy rule?

    A rule on a mark counts, since it is there for nothing else; with `mark` only a rule on that one. A no rests on what
    was not collected being usual.
    Reads local-routes or addresses, and policy-rules and routes where collected.
    """
    if found := is_local(node, ip):
        return yes("{ip} is local here", *found.because, ip=ip)
    if marked := captured_by_mark(node, ip, mark):
        return yes("marked packets to {ip} are local here", marked, ip=ip)
    assumed: list[Citation] = []
    if not shows_local_routes(node, ip.version):
        assumed.append(assume("local-routes", "no local route but those that the addresses make"))
    if not node.has("policy-rules"):
        assumed.append(assume("policy-rules", "no policy rule besides the default three"))
    elif shows_routes(node, ip.version):
        for link in dict.fromkeys(address.link for address in node.addresses):
            way = route_lookup(node, ip, src=far_away(ip.version), arrived_on=link)
            if way.type == "local":
                return yes("{ip} is local to what arrives on {link}", *way.because, ip=ip, link=link)
    return no("{ip} is not local here", *assumed, ip=ip)


def passes_on(node: Node, *, src: IP, dst: IP, arrived_on: str) -> Answer:
    """Would this node forward a packet from `src` to `dst`, which is not its own, that arrived on a link?

    The packet filter aside. IPv6 checks no source (net/ipv6/ip6_output.c: ip6_forward()).
    Reads sysctl, addresses, links, routes, local-routes, policy-rules.
    """
    forwarding = forwards(node, arrived_on, dst.version)
    if not forwarding:
        return no("{link} does not forward", *forwarding.because, link=arrived_on)
    way = route_lookup(node, dst, src=src, arrived_on=arrived_on)
    if way.type != "unicast":
        lost = down_towards(node, dst)
        why = (cite(lost[0], "{dst} is in the subnet of this interface, which is down", dst=dst),) if lost else ()
        return no("no route to {dst}", *why, *way.because, dst=dst)
    if (dead := dead_end(node, way)) is not None:
        return no("the route leads to {link}, where no other host is", *way.because, dead, link=way.links[0])
    if (cut := leaves_nowhere(node, way)) is not None:
        return no("the route leads to {link}: {why}", *cut.because, *way.because, link=way.links[0], why=cut.why)
    if dst.version == 6:
        return yes("IPv6 is forwarded", *forwarding.because)
    accepted = source_ok(node, src, dst, arrived_on=arrived_on, oif=next(iter(way.links), None))
    return Answer(accepted.yes, accepted.reason, (*accepted.because, *forwarding.because), accepted.fields)


def dead_end(node: Node, lookup: Lookup) -> Citation | None:
    """The interface of a route by which no packet gets to another host: lo, a dummy one, and for a connected route a
    tunnel that has no other end: it would send packets to the destination, unasked for.

    IPv4 takes one of the host's own addresses as a gateway, and the route then leads to lo (net/ipv4/fib_semantics.c:
    fib_check_nh_v4_gw()). Reads links where collected.
    """
    if lookup.type != "unicast" or not node.has("links"):
        return None
    for link in filter(None, map(node.link, lookup.links)):
        dummy = link.kind == "dummy" or (link.kind is None and link.name.startswith("dummy"))
        open_tunnel = link.type in ("ipip", "gre", "tunnel6", "gre6") and link.detail.get("remote") in ("any", "::")
        if link.loopback or dummy or (open_tunnel and not lookup.gateways):
            return cite(link)
    return None


def answers_arp_or_ndp(node: Node, ip: IP) -> bool:
    """Do hosts on some segment find `ip` at this node? (An address on lo is drawn there too, unless arp_ignore.)

    Neighbour discovery answers only for what the link itself holds (net/ipv6/ndisc.c: ndisc_recv_ns()). Reads
    addresses, and what arp_reply() reads where links and sysctl were collected.
    """
    if ip.version == 4 and node.has("links") and node.has("sysctl"):
        return any(arp_reply(node, ip, arrived_on=link) for link in _with_carrier(node))
    held = {address.link for address in node.holding(ip)}
    if node.has("links"):
        return any(link.name in held for link in node.links_hearing_arp)
    return bool(held - {"lo"})


def _with_carrier(node: Node) -> Sequence[Link]:
    """The links that receive ARP requests. Where one of them has carrier, none comes by those that have not, such as a
    bridge without a port."""
    links = node.links_hearing_arp
    return [link for link in links if "NO-CARRIER" not in link.flags and not _is_empty(node, link)] or links


def _is_empty(node: Node, link: Link) -> bool:
    """A bridge that no link is a port of: a new one shows a carrier all the same."""
    return link.kind == "bridge" and not any(port.master == link.name for port in node.seen_rows("links"))


def home_link(node: Node, ip: IP) -> str | None:
    """The link where an address belongs: the one whose subnet holds it, else the one towards the default gateway."""
    for address in node.addresses:
        if ip in address.network and not address.host_only and address.link != "lo":
            return address.link
    if not node.has("routes"):
        return None
    return next((hop.link for _, hop in default_gateways(node, ip.version) if hop.link), None)


@dataclass(frozen=True, slots=True)
class FormerHome:
    """Where an address that is missing belongs, if that is known, and what took IPv6 from there."""

    link: str | None
    because: tuple[Citation, ...] = ()


def former_home(node: Node, ip: IP) -> FormerHome:
    """home_link(), or else the only link to other hosts that lost its IPv6 addresses. Reads as home_link(), and links,
    sysctl where collected."""
    if (home := home_link(node, ip)) is not None:
        return FormerHome(home)
    wires = list(wires_without(node, ip))
    return FormerHome(wires[0][0].name if len(wires) == 1 else None, tuple(line for _, line in wires))
