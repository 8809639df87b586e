"""Is the address that an instance of VRRP sends from (unicast_src_ip) one of its host?

keepalived finds it among the host's addresses or stays in FAULT state (vrrp.c: vrrp_complete_instance(), since 2.1.0),
and bind() to another address fails anyway.
"""

from dataclasses import dataclass

from lvsdoctor.kernel.answer import assume
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.vrrp import VrrpInstance


@dataclass(frozen=True, slots=True)
class ForeignSource:
    """What tells that an instance's source is no address of the host; `proved` by the host's addresses."""

    because: tuple[Citation, ...]
    proved: bool


def foreign_source(node: Node, instance: VrrpInstance) -> ForeignSource | None:
    """None where it is the host's, or nothing tells. Raises NotCollected where the addresses are known in part.

    Reads addresses, or else routes, where collected.
    """
    source = instance.source
    if source is None or source in instance.vips:
        return None
    if node.has("addresses"):
        beside = None
        for address in node.addresses:
            if address.ip == source:
                return None
            if address.link == instance.link and address.ip.version == source.version and beside is None:
                beside = address
        return None if beside is None else ForeignSource((cite(beside, "an address of the same interface"),), True)
    routes = node.seen_rows("routes") if node.has("routes") else ()
    if any(route.src == source for route in routes):
        return None
    for route in routes:
        # The kernel's own route of a subnet has the address as its source that made it (fib_add_ifaddr()).
        if route.protocol == "kernel" and instance.link in route.links and source in route.dst and route.src:
            text = f"{instance.link} has no other address of this subnet"
            return ForeignSource(
                (cite(route, "the address of the host is {src}", src=route.src), assume("addresses", text)), False
            )
    return None
