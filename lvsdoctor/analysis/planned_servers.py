"""Real servers of which files alone tell: the files prepare a host for a VIP, and need not say which, nor where it is.

Whoever sets arp_ignore or arp_announce wants to hold a VIP without a word about it. Where the files do not configure
the VIP itself, it is taken to be on lo, as everywhere; a finding that rests on that is a warning.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import ASSUMED, Seen
from lvsdoctor.model.standing import Vip
from lvsdoctor.model.sysctl import Setting

_HIDING = (".arp_ignore", ".arp_announce")


def hiding_setting(node: Node) -> Setting | None:
    """The first setting by which the files of this host have it keep quiet about an address; None without any."""
    if not node.planned or not node.has("sysctl"):
        return None
    settings = (node.sysctl(key) for key in node.seen_rows("sysctl") if key.endswith(_HIDING))
    return next((setting for setting in settings if setting.is_number and setting.value), None)


def vips_on_wires(node: Node) -> tuple[Vip, ...]:
    """The addresses of a single host that the files of such a host give another interface than lo, beside its own: a
    VIP that it hides, where it does not help (eth0:0)."""
    if hiding_setting(node) is None or not node.has("addresses"):
        return ()
    alone = (address for address in node.seen_rows("addresses") if address.host_only and address.link != "lo")
    return tuple(Vip(address.ip, address.seen) for address in alone if address.ip.version == 4)


def vips_to_hide(services: Iterable[VirtualService]) -> tuple[Vip, ...]:
    """The VIPs that reach some real server of these services as destinations (DR, TUN)."""
    found: dict[IP, Vip] = {}
    for service in services:
        if any(real.forwarding and real.forwarding.keeps_destination for real in service.destinations):
            for vip, seen in service.vips:
                found.setdefault(vip, Vip(vip, seen))
    return tuple(found.values())


def with_vips_on_lo(node: Node, vips: Sequence[Vip]) -> Node:
    """The host with the VIPs that its files do not configure on lo, where a real server has them."""
    if not node.has("addresses"):
        return node
    held = {address.ip for address in node.seen_rows("addresses")}
    assumed = [
        Address(vip.ip, vip.ip.max_prefixlen, "lo", Seen(ASSUMED, None, f"{vip.ip}/{vip.ip.max_prefixlen} is on lo"))
        for vip in vips
        if vip.ip not in held
    ]
    if not assumed:
        return node
    return replace(node, evidence={**node.evidence, "addresses": (*node.seen_rows("addresses"), *assumed)})
