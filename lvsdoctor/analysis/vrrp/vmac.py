"""Interfaces with a virtual router's MAC (keepalived's use_vmac), and what they do to the interface below.

keepalived sets arp_ignore=1 and arp_filter=1 on the interface below (keepalived/vrrp/vrrp_if_config.c:
set_interface_parameters()). Then net/ipv4/arp.c: arp_filter() answers there only where the route back leads there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.kernel.arp import arp_reply, neighbours_of
from lvsdoctor.kernel.effective_sysctl import effective
from lvsdoctor.kernel.routing import route_lookup
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.link import VRRP_MACS, Link
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class SilentBelow:
    """The host does not answer ARP on `link` for its own `address`: its route to `asker` leads to `vmac`."""

    vmac: Link
    link: Link
    address: Address
    asker: IP
    because: tuple[Citation, ...]


def vmacs(node: Node) -> Iterator[Link]:
    """The interfaces that are up and have a virtual router's MAC. Reads links."""
    return (link for link in node.links if link.up and link.parent and link.mac.startswith(VRRP_MACS))


def silent_below(node: Node) -> Iterator[SilentBelow]:
    """Each address of a single interface below one with a virtual router's MAC, asked for by a neighbour.

    Reads links, addresses, sysctl, routes, and local-routes, policy-rules, arptables where collected.
    """
    for vmac in vmacs(node):
        link = node.link(vmac.parent or "")
        for address in node.addresses_on(link.name) if link is not None else ():
            asker = next(iter(neighbours_of(node, link, besides=address.ip)), None) if link is not None else None
            if link is None or asker is None or address.ip.version != 4 or asker not in address.network:
                continue
            reply = arp_reply(node, address.ip, arrived_on=link, sender=asker)
            back = route_lookup(node, asker, src=address.ip)
            if not reply and effective(node, "arp_filter", link.name) and back.links[:1] == (vmac.name,):
                yield SilentBelow(vmac, link, address, asker, reply.because)
