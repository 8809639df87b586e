"""A link that goes up or down (ip-link(8)), and what that does to its routes."""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.fixes.changes import address as addresses
from lvsdoctor.fixes.changes.difference import lost_addresses
from lvsdoctor.fixes.changes.kind import Phase, Readers
from lvsdoctor.fixes.changes.line import Line, NotFollowed, link_name
from lvsdoctor.fixes.changes.rows import link_of, with_rows
from lvsdoctor.fixes.changes.subnet_routes import brought, revived, with_brought, without_link
from lvsdoctor.model.change import Command, SetLink
from lvsdoctor.model.link import Link, set_link
from lvsdoctor.model.node import Node

NOUNS = (SetLink,)

_WITHOUT_CARRIER = frozenset({"lo", "dummy", "ipip", "gre", "sit", "ip6tnl", "tun", "wireguard"})


def _read(line: Line) -> tuple[SetLink]:
    words = [word for word in line.words if word != "dev"]
    if len(words) != 2 or words[1] not in ("up", "down"):
        raise NotFollowed("of ip link set only up and down are followed here")
    return (SetLink(link_name(words[0]), words[1] == "up"),)


READERS: Readers = {("ip", "link", "set"): _read}


def spell(change: SetLink) -> Command:
    return Command(set_link(change.link, "up" if change.up else "down"), (change,))


def phase(change: SetLink) -> Phase:
    return Phase.LINK


def apply(node: Node, change: SetLink) -> Node:
    """A VLAN follows its link (vlan_device_event())."""
    link = link_of(node, change.link)
    if link is None or link.up == change.up:
        return node
    node = _up(node, link, change) if change.up else _down(node, link, change)
    for vlan in node.links:
        if vlan.parent == link.name and vlan.kind == "vlan":
            node = apply(node, replace(change, link=vlan.name))
    return node


def _up(node: Node, link: Link, change: SetLink) -> Node:
    """fib_inetaddr_event(), fib_netdev_event(): the routes of its addresses come; those through gateways do not.

    That the link has a carrier is taken for granted: no dump of a link that is down tells.
    """
    state = "UNKNOWN" if link.loopback or (link.kind or link.type) in _WITHOUT_CARRIER else "UP"
    now = replace(link, flags=link.flags | {"UP", "LOWER_UP"}, state=state if link.state else "", seen=change.seen)
    node = _with_link(node, now)
    rows = node.addresses_on(link.name) if node.has("addresses") else ()
    came = [route for f in (4, 6) for route in brought([a for a in rows if a.ip.version == f], now, change.seen)]
    return revived(with_brought(node, came), link.name)


def _down(node: Node, link: Link, change: SetLink) -> Node:
    """fib_disable_ip(), addrconf_ifdown(), neigh_ifdown(): IPv4 keeps its addresses, IPv6 loses them."""
    flags = link.flags - {"UP", "LOWER_UP", "NO-CARRIER"}
    node = _with_link(node, replace(link, flags=flags, state="DOWN" if link.state else "", seen=change.seen))
    node = without_link(node, link.name, 4, local_too=False)
    node = without_link(node, link.name, 6)
    if node.has("addresses"):
        left = (a for a in node.addresses if a.link != link.name or a.ip.version == 4)
        node = with_rows(node, "addresses", tuple(left))
    if node.has("neighbours"):
        node = with_rows(node, "neighbours", tuple(n for n in node.neighbours if n.link != link.name))
    return node


def _with_link(node: Node, link: Link) -> Node:
    return with_rows(node, "links", tuple(link if old.name == link.name else old for old in node.links))


def describe(change: SetLink, before: Node, after: Node) -> str:
    return f"{change.link} {'comes up' if change.up else 'goes down'}"


def impact(change: SetLink, before: Node, after: Node) -> str:
    return "" if change.up else f"Everything over {change.link} stops"


def undo(change: SetLink, before: Node, after: Node) -> Iterator[Command]:
    yield spell(SetLink(change.link, not change.up))
    yield from (addresses.spell(addresses.adding(row)) for row in lost_addresses(before, after))
