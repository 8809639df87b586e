"""Is the address that an instance of VRRP sends from (unicast_src_ip) one of its host?

keepalived finds it among the host's addresses or stays in FAULT state (vrrp.c: vrrp_complete_instance(), since 2.1.0),
and bind() to another address fails anyway.
"""

from dataclasses import dataclass

from lvsdoctor.kernel.answer import assume
from lvsdoctor.model.address import IP
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
    if node.of_files("addresses") and node.has("addresses"):
        return _of_files(node, instance, source)
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


def _of_files(node: Node, instance: VrrpInstance, source: IP) -> ForeignSource | None:
    """keepalived.conf alone calls it an address of the host, and the network's files give the link another one."""
    line = instance.line("unicast_src_ip")
    others = [row for row in node.seen_rows("addresses") if row.seen != line]
    of_network = (row for row in others if row.link == instance.link and row.seen.where != line.where)
    beside = next((row for row in of_network if source in row.network and not row.host_only), None)
    if beside is None or any(row.ip == source for row in others):
        return None
    text = f"no other file gives {instance.link} the address {source}"
    return ForeignSource((cite(beside, "an address of the same interface"), assume("addresses", text)), False)
