"""The routes that addresses bring with them, for evidence that shows addresses and no routes.

net/ipv4/fib_frontend.c: fib_add_ifaddr(); net/ipv6/addrconf.c: inet6_addr_add().
"""

from collections.abc import Iterator
from ipaddress import ip_network

from lvsdoctor.kernel.vrf import vrf_table
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import NextHop, Route


def local_routes_of(address: Address, node: Node) -> Iterator[Route]:
    """What an address brings to table local, or to that of its VRF: itself, on loopback its whole prefix, on others its
    broadcasts.

    An IPv6 address is local once its check for duplicates has passed (net/ipv6/addrconf.c: addrconf_dad_completed()).
    """
    if not address.usable:
        return
    hop, table = (NextHop(address.link),), vrf_table(node, address.link) or "local"
    yield Route(ip_network(address.ip), address.seen, "local", table, hop, "kernel", "host", address.ip)
    if address.ip.version == 4 and _prefix_route(address) and _loopback(address, node):
        # fib_add_ifaddr(): on a loopback device the prefix itself is a route of type local.
        yield Route(address.network, address.seen, "local", table, hop, "kernel", "host", address.ip)
    if _up(address, node):
        for ip in _broadcasts(address):
            yield Route(ip_network(ip), address.seen, "broadcast", table, hop, "kernel", "link", address.ip)


def connected_routes_of(address: Address, node: Node) -> Iterator[Route]:
    """What an address brings to table main, or to that of its VRF: the prefix of its link."""
    if _prefix_route(address) and not _loopback(address, node) and _up(address, node):
        hop, table = (NextHop(address.link),), vrf_table(node, address.link) or "main"
        yield Route(address.network, address.seen, "unicast", table, hop, "kernel", "link", address.ip)


def _prefix_route(address: Address) -> bool:
    return (
        not address.secondary and "noprefixroute" not in address.flags
        and (address.network.prefixlen < address.ip.max_prefixlen or address.peer is not None)
    )  # fmt: skip


def _broadcasts(address: Address) -> Iterator[IP]:
    if address.broadcast is not None:
        yield address.broadcast
    if address.ip.version == 4 and not address.secondary and address.network.prefixlen < 31:
        yield address.network.broadcast_address


def _up(address: Address, node: Node) -> bool:
    link = _link(node, address.link)
    return link is None or link.up


def _loopback(address: Address, node: Node) -> bool:
    link = _link(node, address.link)
    return link.loopback if link is not None else address.link == "lo"


def _link(node: Node, name: str) -> Link | None:
    return node.link(name) if node.has("links") else None
