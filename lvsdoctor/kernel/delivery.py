"""What becomes of a packet on a node: delivered there, passed on, or dropped; and who draws packets to itself.

net/ipv4/route.c: ip_route_input_slow(), __mkroute_input(). IPVS sees a request only where it is delivered
(net/netfilter/ipvs/ip_vs_core.c: ip_vs_ops4 hooks LOCAL_IN).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lvsdoctor.kernel.answer import Answer, assume, no, yes
from lvsdoctor.kernel.arp import arp_reply
from lvsdoctor.kernel.effective_sysctl import forwards
from lvsdoctor.kernel.routing import FAR_AWAY, captured_by_mark, default_gateways, is_local, route_lookup
from lvsdoctor.kernel.rp_filter import source_ok
from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node


def delivered(node: Node, ip: IP) -> Answer:
    """Is a client's packet to `ip` delivered on this node, by an address, a local route or a policy rule?

    A rule on a mark counts, since it is there for nothing else. A no rests on what was not collected being usual.
    Reads local-routes or addresses, and policy-rules and routes where collected.
    """
    if found := is_local(node, ip):
        return yes("{ip} is local here", *found.because, ip=ip)
    if marked := captured_by_mark(node, ip):
        return yes("marked packets to {ip} are local here", marked, ip=ip)
    assumed: list[Citation] = []
    if not node.has("local-routes"):
        assumed.append(assume("local-routes", "no local route but those that the addresses make"))
    if not node.has("policy-rules"):
        assumed.append(assume("policy-rules", "no policy rule besides the default three"))
    elif node.has("routes") and ip.version == 4:
        for link in dict.fromkeys(address.link for address in node.addresses):
            way = route_lookup(node, ip, src=FAR_AWAY, arrived_on=link)
            if way.type == "local":
                return yes("{ip} is local to what arrives on {link}", *way.because, ip=ip, link=link)
    return no("{ip} is not local here", *assumed, ip=ip)


def passes_on(node: Node, *, src: IP, dst: IP, arrived_on: str) -> Answer:
    """Would this node forward a packet from `src` to `dst`, which is not its own, that arrived on a link?

    The packet filter aside. Reads sysctl, addresses, links, routes, local-routes, policy-rules.
    """
    forwarding = forwards(node, arrived_on)
    if not forwarding:
        return no("{link} does not forward", *forwarding.because, link=arrived_on)
    way = route_lookup(node, dst, src=src, arrived_on=arrived_on)
    if way.type != "unicast":
        return no("it has no route to {dst}", *way.because, dst=dst)
    accepted = source_ok(node, src, dst, arrived_on=arrived_on, oif=next(iter(way.links), None))
    return Answer(accepted.yes, accepted.reason, (*accepted.because, *forwarding.because), accepted.fields)


def answers_arp_or_ndp(node: Node, ip: IP) -> bool:
    """Do hosts on some segment find `ip` at this node? (An address on lo is drawn there too, unless arp_ignore.)

    Neighbour discovery answers only for what the link itself holds (net/ipv6/ndisc.c: ndisc_recv_ns()). Reads
    addresses, and what arp_reply() reads where links and sysctl were collected.
    """
    if ip.version == 4 and node.has("links") and node.has("sysctl"):
        return any(arp_reply(node, ip, arrived_on=link) for link in node.links_hearing_arp)
    held = {address.link for address in node.holding(ip)}
    if node.has("links"):
        return any(link.name in held for link in node.links_hearing_arp)
    return bool(held - {"lo"})


def home_link(node: Node, ip: IP) -> str | None:
    """The link where an address belongs: the one whose subnet holds it, else the one towards the default gateway."""
    for address in node.addresses:
        if ip in address.network and not address.host_only and address.link != "lo":
            return address.link
    if not node.has("routes"):
        return None
    return next((hop.link for _, hop in default_gateways(node, ip.version) if hop.link), None)


@dataclass(frozen=True, slots=True)
class Shadowed:
    """What a node would reach if it did not take it for its own: a host or a subnet, and the line that shows it.

    `partly`: nobody is known to be missed. Of the subnet only a part is taken, in which nobody is known to live, or the
    host is known by an address in a subnet that this node is not on.
    """

    what: IP | Network
    because: Citation
    partly: bool = False


def shadowed(node: Node, prefix: Network, *, on: str) -> Iterator[Shadowed]:
    """What lies in `prefix`, all of which is local on link `on`, and is reached through another link: gateways, hosts
    of this scan, then subnets. Addresses that this node holds itself, or as a real server should, are no loss.

    A subnet's own route is taken before that of a shorter prefix, local or not: tables local and main are looked up as
    one until somebody adds a policy rule (net/ipv4/fib_trie.c: fib_trie_unmerge()). So a /16 on lo leaves the /24 of
    the wire alone. Reads addresses, the other nodes' too, and local-routes, routes, policy-rules where collected.
    """
    own = {address.ip for address in node.addresses} | {vip.ip for vip in node.vips}

    def lost(ip: IP) -> bool:
        return ip in prefix and ip not in own and is_local(node, ip) is not None

    for route in node.routes if node.has("routes") else ():
        for hop in route.nexthops:
            if hop.gateway is not None and hop.link != on and lost(hop.gateway):
                yield Shadowed(hop.gateway, cite(route, "{gateway} is a gateway", gateway=hop.gateway))
    wires = [address.network for address in node.addresses if address.link != on and not address.host_only]
    afar = []
    for peer in node.peers:
        for address in peer.addresses if peer.has("addresses") else ():
            if address.host_only or address.link == "lo" or not lost(address.ip):
                continue
            is_peer = cite(address, "{host} is {peer}", host=address.ip, peer=peer.name)
            near = any(address.ip in wire for wire in wires) or _within(address.network, prefix)
            if near:
                yield Shadowed(address.ip, is_peer)
            else:
                afar.append(Shadowed(address.ip, is_peer, partly=True))
    for address in node.addresses:
        subnet = address.network
        taken = prefix if subnet.prefixlen < prefix.prefixlen else subnet
        if address.link == on or address.host_only or not subnet.overlaps(prefix):
            continue
        if any(lost(ip) for ip in islice(_hosts(taken), len(own) + 1)):
            behind = cite(address, "the hosts of {subnet} are behind {link}", subnet=subnet, link=address.link)
            yield Shadowed(subnet, behind, partly=subnet.prefixlen < prefix.prefixlen)
    yield from afar


def _hosts(network: Network) -> Iterator[IP]:
    yield from network.hosts()


def _within(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.network_address in outer and inner.broadcast_address in outer
