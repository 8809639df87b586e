"""Links by which no frame comes or goes: down, without carrier, or a bridge or bond without a port.

include/linux/netdevice.h: netif_oper_up(). iproute2 shows NO-CARRIER where a link is up and not running.
"""

from collections.abc import Iterator

from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.kernel.routing import Lookup
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.finding import cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node

_WITH_PORTS = frozenset({"bridge", "bond", "team"})


def is_cut(node: Node, link: Link) -> bool:
    """Has a link that is up no carrier, or is it a bridge or bond that is known to have no port? Reads links."""
    # With LOWER_UP it waits for an authentication (DORMANT), and its wire is well.
    if "NO-CARRIER" in link.flags and "LOWER_UP" not in link.flags:
        return True
    return link.kind in _WITH_PORTS and node.unseen("links") is None and not _ports(node, link)


def _ports(node: Node, link: Link) -> bool:
    return any(row.master == link.name for row in node.seen_rows("links"))


def no_frame(node: Node, link: Link) -> Answer:
    """Why no frame comes or goes by a link; a no where nothing is known of it. Reads links."""
    if not link.up:
        return yes("{link} is down", cite(link, "this interface is down"), link=link.name)
    if is_cut(node, link):
        text = "{link} has no carrier" if "NO-CARRIER" in link.flags else "{link} has no port"
        return yes(text, cite(link, "this interface has no carrier or no port"), link=link.name)
    return no("{link} is up", link=link.name)


def leaves_nowhere(node: Node, lookup: Lookup) -> Answer | None:
    """Why a packet that takes a route leaves by no wire: all its links are cut. None where that is not known.

    A route over such a link stays, and is used unless ignore_routes_with_linkdown is set, which shows it as dead
    (net/ipv4/fib_semantics.c: fib_nexthop_info()). Reads links where collected.
    """
    if lookup.type != "unicast" or not node.has("links") or not lookup.links:
        return None
    known = {link.name: link for link in node.seen_rows("links")}
    cut = [no_frame(node, known[name]) if name in known else None for name in lookup.links]
    return cut[0] if all(cut) else None


def links_down(node: Node) -> Iterator[tuple[Link, Address]]:
    """The wires that are down with an address that tells of a subnet: its routes went with them
    (net/ipv4/fib_frontend.c: fib_disable_ip()). Reads addresses and links where collected."""
    if not (node.has("links") and node.has("addresses")) or node.planned:
        return
    known = {link.name: link for link in node.seen_rows("links")}
    for row in node.seen_rows("addresses"):
        link = known.get(row.link)
        if link is not None and is_down_wire(node, link) and not row.host_only:
            yield link, row


def kept_while_down(node: Node, ip: IP) -> Address | None:
    """An IPv6 address that a link kept when it was set down (keep_addr_on_down): its local route is gone, so it is not
    local until the link is up again (net/ipv6/addrconf.c: addrconf_ifdown()). Reads addresses, and links where
    collected."""
    if ip.version == 4 or not node.has("links") or node.planned:
        return None
    known = {link.name: link for link in node.seen_rows("links")}
    rows = (row for row in node.holding(ip) if row.link in known)
    return next((row for row in rows if is_down_wire(node, known[row.link])), None)


def is_down_wire(node: Node, link: Link) -> bool:
    """Is it a link to other hosts, and set down? A port has no subnet of its own."""
    return not link.up and link.arp and link.kind != "dummy" and link.master is None and bool(link.state or link.flags)


def down_towards(node: Node, ip: IP) -> tuple[Link, Address] | None:
    """The link that is down and whose subnet holds an address. Reads as links_down()."""
    return next(((link, row) for link, row in links_down(node) if ip in row.network and row.ip != ip), None)
