"""What a node cannot reach because it takes it for its own: a netmask on lo that covers the hosts of the wire."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from lvsdoctor.kernel.routing import is_local
from lvsdoctor.model.address import IP, Address, Network
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import Route


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
    the wire alone, and where not all addresses were seen nothing is known to be missed. Reads addresses, the other
    nodes' too, and local-routes, routes, policy-rules where collected.
    """
    if node.unseen("addresses") is not None and not (node.planned or node.nearly("addresses")):
        return
    addresses: Sequence[Address] = node.known_rows("addresses")
    own = {address.ip for address in addresses} | {vip.ip for vip in node.vips}

    def lost(ip: IP) -> bool:
        return ip in prefix and ip not in own and is_local(node, ip) is not None

    for route in node.known_rows("routes") if node.has("routes") else ():
        for hop in route.nexthops:
            if hop.gateway is not None and hop.link != on and lost(hop.gateway):
                yield Shadowed(hop.gateway, cite(route, "{gateway} is a gateway", gateway=hop.gateway))
    wires = [address.network for address in addresses if address.link != on and not address.host_only]
    afar = []
    for peer in node.peers:
        for address in peer.known_rows("addresses") if peer.has("addresses") else ():
            if address.host_only or address.link == "lo" or not lost(address.ip):
                continue
            is_peer = cite(address, "{host} is {peer}", host=address.ip, peer=peer.name)
            near = any(address.ip in wire for wire in wires) or _within(address.network, prefix)
            if near:
                yield Shadowed(address.ip, is_peer)
            else:
                afar.append(Shadowed(address.ip, is_peer, partly=True))
    for address in addresses:
        subnet = address.network
        taken = prefix if subnet.prefixlen < prefix.prefixlen else subnet
        if address.link == on or address.host_only or not subnet.overlaps(prefix):
            continue
        if any(lost(ip) for ip in islice(_hosts(taken), len(own) + 1)):
            behind = cite(address, "the hosts of {subnet} are behind {link}", subnet=subnet, link=address.link)
            yield Shadowed(subnet, behind, partly=subnet.prefixlen < prefix.prefixlen)
    yield from afar


def makers_of(node: Node, route: Route) -> Sequence[Address]:
    """The addresses that make this local route of a whole prefix, of those that were seen."""
    if route.protocol != "kernel":
        return ()
    seen: Sequence[Address] = node.seen_rows("addresses")
    return [address for address in seen if address.network == route.dst and address.link in (route.links or ("lo",))]


def _hosts(network: Network) -> Iterator[IP]:
    yield from network.hosts()


def _within(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and inner.network_address in outer and inner.broadcast_address in outer
