"""Where IPv6 is off, an interface has no IPv6 address, and takes none (net/ipv6/addrconf.c: inet6_addr_add())."""

from lvsdoctor.model.address import IP
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import conf_key

DISABLE_IPV6 = "disable_ipv6"


def ipv6_is_off(node: Node, ip: IP, link: str) -> bool:
    """Is it known that the kernel refuses `ip`, as disable_ipv6 is 1 on the link? Its value of `all` was copied to each
    link when it was set, and decides nothing itself. Reads sysctl where collected."""
    key = conf_key(link, DISABLE_IPV6, 6)
    return ip.version == 6 and node.has("sysctl") and node.knows_sysctl(key) and bool(node.sysctl(key).value)
