"""How far an address is known, as the number the kernel compares."""

from collections.abc import Mapping
from types import MappingProxyType

from lvsdoctor.kernel.effective_sysctl import effective
from lvsdoctor.model.address import Address
from lvsdoctor.model.node import Node

# include/uapi/linux/rtnetlink.h: enum rt_scope_t
SCOPES: Mapping[str, int] = MappingProxyType({"global": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255})
LINK, HOST = SCOPES["link"], SCOPES["host"]


def scope_of(node: Node, address: Address) -> int:
    """The scope of an address, host at most; with route_localnet on its link, link at most.

    net/ipv4/devinet.c: confirm_addr_indev(), inet_select_addr(): localnet_scope.
    """
    scope = SCOPES.get(address.scope, 0)
    if scope <= LINK:
        return scope
    return LINK if effective(node, "route_localnet", address.link) else HOST
