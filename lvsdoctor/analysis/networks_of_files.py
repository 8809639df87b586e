"""Do the files of the network tell all addresses of a host? For a warning, where nothing shows what runs."""

from collections.abc import Iterator

from lvsdoctor.model.address import Address
from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Role


def networks_of_files(node: Node) -> bool:
    """Of this host, and where it is a real server of its directors and their default route: what else there is in the
    scan are files as well, and those of the network name an address with its subnet on each interface in question."""
    standing = node.standing
    if not all(peer.planned for peer in standing.peers):
        return False
    hosts = [node]
    if Role.REAL_SERVER in node.roles:
        hosts += [listing.director for listing in standing.memberships or () if listing.director.name != node.name]
        if not any(route.dst.prefixlen == 0 and route.gateways for route in node.evidence.get("routes", ())):
            return False
    return all(_determined(host) for host in hosts)


def _determined(host: Node) -> bool:
    if host.planned is not Origin.CONFIGURED or any(
        partial is not None and not partial.of_plan for partial in (host.partial("addresses"), host.partial("routes"))
    ):
        return False
    wires = {link.name for link in host.evidence.get("links", ()) if link.arp and not link.loopback}
    dynamic = {link.name for link in host.evidence.get("links", ()) if "dhcp" in link.detail}
    of_network = {row.link for row in _of_the_network(host)}
    named = {row.link for row in host.evidence.get("addresses", ())} & wires
    return bool(named) and not dynamic & wires and named <= of_network


def _of_the_network(host: Node) -> Iterator[Address]:
    """The addresses that are there without VRRP, with a subnet."""
    by_vrrp = {vip.seen for instance in host.evidence.get("vrrp", ()) for vip in instance.brings_up}
    yield from (row for row in host.evidence.get("addresses", ()) if not row.host_only and row.seen not in by_vrrp)
