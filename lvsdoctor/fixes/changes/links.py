"""What becomes of a node when a link goes up or down, or comes with its module."""

from dataclasses import replace

from lvsdoctor.fixes.changes.addresses import link_of, routes_with, with_came
from lvsdoctor.fixes.changes.routes import revived, without_link
from lvsdoctor.fixes.changes.rows import with_rows
from lvsdoctor.fixes.changes.tunnels import TUNNEL_LINKS
from lvsdoctor.model.change import LoadModule, SetLink
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.sysctl import Setting, conf_key

_WITHOUT_CARRIER = frozenset({"lo", "dummy", "ipip", "gre", "sit", "ip6tnl", "tun", "wireguard"})


def set_link(node: Node, change: SetLink) -> Node:
    """The node with a link up or down, and what that does to routes; a VLAN follows its link (vlan_device_event())."""
    link = link_of(node, change.link)
    if link is None or link.up == change.up:
        return node
    node = _up(node, link, change) if change.up else _down(node, link, change)
    for vlan in node.links:
        if vlan.parent == link.name and vlan.kind == "vlan":
            node = set_link(node, replace(change, link=vlan.name))
    return node


def _up(node: Node, link: Link, change: SetLink) -> Node:
    """fib_inetaddr_event(), fib_netdev_event(): the routes of its addresses come; those through gateways do not.

    That the link has a carrier is taken for granted: no dump of a link that is down tells.
    """
    seen = Seen("fix", None, change.command)
    state = "UNKNOWN" if link.loopback or (link.kind or link.type) in _WITHOUT_CARRIER else "UP"
    now = replace(link, flags=link.flags | {"UP", "LOWER_UP"}, state=state if link.state else "", seen=seen)
    node = _with_link(node, now)
    addresses = node.addresses_on(link.name) if node.has("addresses") else ()
    came = [route for f in (4, 6) for route in routes_with([a for a in addresses if a.ip.version == f], now, seen)]
    return revived(with_came(node, came), link.name)


def _down(node: Node, link: Link, change: SetLink) -> Node:
    """fib_disable_ip(), addrconf_ifdown(), neigh_ifdown(): IPv4 keeps its addresses, IPv6 loses them."""
    flags = link.flags - {"UP", "LOWER_UP", "NO-CARRIER"}
    now = replace(link, flags=flags, state="DOWN" if link.state else "", seen=Seen("fix", None, change.command))
    node = _with_link(node, now)
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


def load_module(node: Node, change: LoadModule) -> Node:
    """The node with the module's own link, which is down and starts with conf/default's settings (inetdev_init())."""
    name, kind, type_ = TUNNEL_LINKS[change.module]
    link = link_of(node, name)
    seen = Seen("fix", None, change.command)
    if not change.loads and link is not None:
        node = set_link(node, _going_down(change, name))
        node = with_rows(node, "links", tuple(other for other in node.links if other.name != name))
        if node.has("addresses"):
            node = with_rows(node, "addresses", tuple(a for a in node.addresses if a.link != name))
        node = without_link(node, name, 4)
        return _without_settings(node, name)
    loaded = node.has("links") and any(kind in (other.kind, other.type) for other in node.links)
    if not change.loads or not node.has("links") or loaded:
        return node
    made = Link(name, seen, flags=frozenset({"NOARP"}), mtu=1480, state="DOWN", type=type_, kind=kind)
    node = with_rows(node, "links", (*node.links, made))
    return _with_settings(node, name, seen)


def _going_down(change: LoadModule, name: str) -> SetLink:
    return SetLink(change.command, name, up=False)


def _with_settings(node: Node, name: str, seen: Seen) -> Node:
    if not node.has("sysctl"):
        return node
    default = conf_key("default", "")
    settings: dict[str, Setting] = dict(node.evidence["sysctl"])
    for key, setting in list(settings.items()):
        if key.startswith(default):
            own = conf_key(name, key.removeprefix(default))
            settings.setdefault(own, Setting(own, setting.raw, seen))
    return with_rows(node, "sysctl", settings)


def _without_settings(node: Node, name: str) -> Node:
    if not node.has("sysctl"):
        return node
    settings: dict[str, Setting] = node.evidence["sysctl"]
    own = conf_key(name, "")
    return with_rows(node, "sysctl", {key: value for key, value in settings.items() if not key.startswith(own)})
