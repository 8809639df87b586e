"""Where IPv6 is off, an interface has no IPv6 address, and takes none (net/ipv6/addrconf.c: inet6_addr_add()).

Measured: disable_ipv6=1 takes all IPv6 addresses of the interface, an MTU below 1280 takes IPv6 itself from it
(addrconf_notify(): NETDEV_CHANGEMTU), and one that is set down loses its addresses unless keep_addr_on_down is set
(addrconf_ifdown()). None of them comes back by itself. conf/lo/disable_ipv6 takes what is on lo, and nothing else.
"""

from collections.abc import Iterator
from ipaddress import IPv6Address

from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.kernel.carrier import is_down_wire
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import CONTAINER_LINKS, Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import conf_key

DISABLE_IPV6 = "disable_ipv6"
MIN_MTU = 1280  # include/uapi/linux/ipv6.h: IPV6_MIN_MTU


def ipv6_is_off(node: Node, ip: IP, link: str) -> bool:
    """Is it known that the kernel refuses `ip`, as disable_ipv6 is 1 on the link? Its value of `all` was copied to each
    link when it was set, and decides nothing itself. Reads sysctl where collected."""
    key = conf_key(link, DISABLE_IPV6, 6)
    return ip.version == 6 and node.has("sysctl") and node.knows_sysctl(key) and bool(node.sysctl(key).value)


def mtu_without_ipv6(link: Link | None) -> bool:
    """Is the MTU of a link too small for IPv6?"""
    return link is not None and link.mtu is not None and link.mtu < MIN_MTU


def refuses_ipv6(node: Node, ip: IP, name: str) -> tuple[Citation, ...]:
    """What takes IPv6 from a link; nothing where it has it. Reads sysctl, links where collected."""
    if ipv6_is_off(node, ip, name):
        return (cite(node.sysctl(conf_key(name, DISABLE_IPV6, 6)), "{link} takes no IPv6 address", link=name),)
    link = node.link(name) if ip.version == 6 and node.has("links") else None
    if link is not None and mtu_without_ipv6(link):
        return (cite(link, "{link} takes no IPv6 address, as its MTU is below 1280", link=name),)
    return ()


def drops_ipv6(node: Node, name: str) -> Answer:
    """Does a link drop the IPv6 packets that come in by it (net/ipv6/ip6_input.c: ip6_rcv_core())? A tunnel needs no
    address of its own, and may stay up. Reads sysctl, links where collected."""
    for line in refuses_ipv6(node, IPv6Address("::"), name):
        return yes("{link} drops IPv6 packets", Citation(line.seen, "IPv6 is off on this interface"), link=name)
    return no("{link} takes IPv6 packets", link=name)


def wires_without(node: Node, ip: IP) -> Iterator[tuple[Link, Citation]]:
    """The links to other hosts that an IPv6 address may have been on, and that can have none: IPv6 is off there, or
    they were set down and have none left. Reads links, addresses, sysctl where collected."""
    if ip.version != 6 or not (node.has("links") and node.has("addresses")) or node.planned:
        return
    held = {row.link for row in node.seen_rows("addresses") if row.ip.version == 6}
    for link in node.seen_rows("links"):
        if not link.arp or link.kind == "dummy" or link.master or link.name.startswith(CONTAINER_LINKS):
            continue
        if off := refuses_ipv6(node, ip, link.name):
            yield link, off[0]
        elif is_down_wire(node, link) and link.name not in held:
            yield link, cite(link, "an interface that is set down loses its IPv6 addresses")
