"""Fixes that move, give up and add addresses."""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_interface, ip_network

from lvsdoctor.analysis.directors import directed_vips
from lvsdoctor.fixes.commands.settings import ADDRESS_HOMES, set_sysctls
from lvsdoctor.fixes.commands.spelling import removing, spell
from lvsdoctor.kernel.effective_sysctl import effective
from lvsdoctor.kernel.ipv6_off import DISABLE_IPV6, ipv6_is_off, mtu_without_ipv6
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.finding import Fix
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import NextHop, Route
from lvsdoctor.model.sysctl import conf_key
from lvsdoctor.sanitize import command, word


def move_address(address: Address, link: str) -> Fix:
    """Take an address off its link and put it on another, or back, as a single host's."""
    from lvsdoctor.model.change import AddAddress

    new = AddAddress(address.ip, address.ip.max_prefixlen, link)
    return Fix(
        now=(spell(removing(address)), spell(new)),
        persist=(
            f"# in the network configuration of the host ({ADDRESS_HOMES}):",
            f"# {address} on {word(address.link)} becomes {new.ip}/{new.prefixlen} on {word(link)}",
        ),
    )


def move_vip_to_lo(node: Node, address: Address) -> Fix:
    """Take a VIP off its link and keep it on lo, as a single host's address.

    Deleting a primary address deletes its secondaries unless promote_secondaries is set (net/ipv4/devinet.c:
    __inet_del_ifa()), and the real server's own address may be one of them. Reads addresses and sysctl.
    """
    beside = [other for other in node.addresses_on(address.link) if other.ip.version == 4 and other is not address]
    behind = not address.secondary and any(other.secondary and other.network == address.network for other in beside)
    fix = Fix()
    if behind and not _promotes(node, address.link):
        fix += set_sysctls({conf_key(address.link, "promote_secondaries"): 1})
    fix += move_address(address, "lo")
    if any(other.link == "lo" for other in node.holding(address.ip)):
        fix = replace(fix, now=fix.now[:-1])  # it is on lo already
    if not beside:
        fix += Fix(warning="It is the only IPv4 address of its interface. The routes over this interface go with it.")
    return fix


def add_address(new: str, link: str, node: Node | None = None) -> Fix:
    """Put an address on a link, with its prefix length or as a single host's. Where the node's link is known to be
    down it is set up first: IPv6 has no address on such a link, nor on one where it is off. Reads links and, for IPv6,
    sysctl, where collected."""
    from lvsdoctor.model.change import AddAddress

    address = ip_interface(new)
    return _ready(node, address.ip, link) + Fix(
        now=(spell(AddAddress(address.ip, address.network.prefixlen, link)),),
        persist=(f"# in the network configuration of the host ({ADDRESS_HOMES}): {new} on {word(link)}",),
    )


def restore_ipv6(node: Node, links: Sequence[Link], ip: IP) -> Fix:
    """Give links IPv6 again. Reads addresses, links, sysctl where collected."""
    return sum((_ready(node, ip, link.name) for link in links), Fix())


def _ready(node: Node | None, ip: IP, name: str) -> Fix:
    """What a link needs before it takes an address. The IPv6 addresses that it lost do not come back with that."""
    if node is None:
        return Fix()
    link = node.link(name) if node.has("links") else None
    fix = (bring_up(link) if link is not None and not link.up else Fix()) + _ipv6_on(node, ip, name)
    lost = ip.version == 6 and link is not None and link.arp and node.has("addresses") and fix.now
    if lost and not any(row.ip.version == 6 for row in node.addresses_on(name)):
        fix += Fix(now=(f"# give {word(name)} its own IPv6 addresses again, and this host its routes",))
    return fix


def _ipv6_on(node: Node, ip: IP, name: str) -> Fix:
    """Nothing where the link takes IPv6 addresses."""
    if ipv6_is_off(node, ip, name):
        return set_sysctls({conf_key(name, DISABLE_IPV6, 6): 0})
    link = node.link(name) if ip.version == 6 and node.has("links") else None
    if link is None or not mtu_without_ipv6(link):
        return Fix()
    line = command("ip", "link", "set", "dev", name, "mtu", 65536 if link.loopback else 1500)
    return Fix(now=(line,), persist=(f"# in the network configuration of the host ({ADDRESS_HOMES}): that MTU",))


def add_service_address(ip: IP, link: str) -> Fix:
    """Put an address where kube-proxy keeps those of its services. It stays there as long as kube-proxy runs."""
    kept = "# kube-proxy keeps the addresses of its services there: see its log, and start it again"
    return Fix(now=add_address(f"{ip}/{ip.max_prefixlen}", link).now, persist=(kept,))


def add_vip6(vip: IP, link: str, node: Node | None = None) -> Fix:
    """Put an IPv6 VIP on a link as keepalived does: without a check for duplicates, and no source of own packets.
    On a link of the node that is down, or without IPv6, as add_address()."""
    from lvsdoctor.model.change import AddAddress, SetPreferred

    added = spell(AddAddress(vip, vip.max_prefixlen, link, flags=frozenset({"nodad"})))
    deprecated = spell(SetPreferred(vip, vip.max_prefixlen, link, preferred=False, nodad=True))
    kept = (
        f"# where keepalived moves it: virtual_ipaddress {{ {vip}/{vip.max_prefixlen} dev {word(link)} }}",
        f"# else in the network configuration of the host ({ADDRESS_HOMES}): {vip}/{vip.max_prefixlen} on {word(link)} "
        "with nodad, preferred_lft 0",
    )
    return _ready(node, vip, link) + Fix(now=(added, deprecated), persist=kept)


def give_up(node: Node, ip: IP, *, on: str | None = None) -> Fix:
    """Take an address off every link, or `on` one, or else away the route of type local that makes it the node's own.
    Secondaries of its subnet, which go with it (net/ipv4/devinet.c: __inet_del_ifa()), promote_secondaries keeps.

    Reads addresses, and sysctl and local-routes where collected.
    """
    from lvsdoctor.model.change import Command, RemoveRoute

    where = f" on {word(on)}" if on is not None else ""
    kept = (f"# in the network configuration of the host ({ADDRESS_HOMES}): no {ip}{where} any more",)
    fix = Fix()
    for address in (address for address in node.holding(ip) if on in (None, address.link)):
        link = address.link
        beside = [a for a in node.addresses_on(link) if a.ip.version == ip.version and a is not address]
        behind = not address.secondary and any(a.secondary and a.network == address.network for a in beside)
        if behind and ip.version == 4 and not _promotes(node, link):
            fix += set_sysctls({conf_key(link, "promote_secondaries"): 1})
        fix += Fix(now=(spell(removing(address)),), persist=kept)
        if not beside and not address.host_only:
            fix += Fix(warning="It is the only address of its interface. The routes over this interface go with it.")
    own = [] if fix.now or not node.has("local-routes") else [r for r in node.local_routes if r.dst == ip_network(ip)]
    for route in own:
        named = Route(
            route.dst, route.seen, "local", "local", tuple(NextHop(link) for link in route.links[:1]), scope=""
        )
        dev = ["dev", *route.links[:1]] if route.links else []
        line = Command(command("ip", "route", "del", "local", ip, *dev, "table", "local"), (RemoveRoute(named),))
        fix += Fix(now=(line,), persist=kept)
    return fix


def as_single_hosts(node: Node, addresses: Sequence[Address]) -> Fix:
    """Give addresses of one link and prefix the prefix length of a single host, each on its own link.

    Secondaries go first, for they would be deleted with their primary (net/ipv4/devinet.c: __inet_del_ifa()); those
    that stay are kept by promote_secondaries. Reads addresses, and sysctl where collected.
    """
    fix, link, network = Fix(), addresses[0].link, addresses[0].network
    beside = (address for address in node.seen_rows("addresses") if address.link == link and address.network == network)
    staying = [address for address in beside if address.secondary and address not in addresses]
    if staying and not _promotes(node, link):
        fix += set_sysctls({conf_key(link, "promote_secondaries"): 1})
    for address in sorted(addresses, key=lambda address: not address.secondary):
        fix += move_address(address, link)
    return fix


def free_from_vip(node: Node, link: str, vip: IP) -> Fix:
    """Let a director speak on `link` from an address of its own: its VIPs become single hosts there, behind the other
    addresses, and no route prefers this one as a source (which `ip addr del` would take along).

    Reads ipvs, addresses, and routes and sysctl where collected.
    """
    from lvsdoctor.model.change import PutRoute

    vips = directed_vips(node)
    held = [address for address in node.addresses_on(link) if address.ip == vip]
    wide = [a for a in node.addresses_on(link) if held and a.ip in vips and a.network == held[0].network]
    routes = node.known_rows("routes") if node.has("routes") else ()
    preferring = [r for r in routes if r.src == vip and r.protocol != "kernel"]
    fix = Fix()
    if all(address.ip in vips for address in node.addresses_on(link) if address.ip.version == 4):
        prefix = f"/{held[0].prefixlen}" if held and not held[0].host_only else ""
        on = word(link)
        first = (f"# first give the director an address of its own on {on}: ip addr add DIP{prefix} dev {on}",)
        fix += Fix(now=first, persist=first, warning="Without an address of its own the director is cut off.")
        fix += set_sysctls({conf_key(link, "promote_secondaries"): 1})
    if held and not (held[0].host_only and preferring):
        fix += as_single_hosts(node, wide)
    for route in preferring:
        plain = Route(
            route.dst, route.seen, table=route.table, nexthops=route.nexthops[:1], scope="", metric=route.metric
        )
        kept = f"# in the network configuration of the host ({ADDRESS_HOMES}): routes without src {vip}"
        fix += Fix(now=(spell(PutRoute(plain, replaces=True)),), persist=(kept,))
    return fix


def _promotes(node: Node, link: str) -> bool:
    """Do secondaries stay when their primary goes? Reads sysctl where collected."""
    return node.has("sysctl") and bool(effective(node.aside(), "promote_secondaries", link))


def bring_up(*links: Link) -> Fix:
    """Set links up that are down. One that is up and has no carrier needs somebody with hands."""
    from lvsdoctor.model.change import SetLink

    fix = Fix()
    for link in links:
        name = word(link.name)
        if link.up:
            fix += Fix(now=(f"# {name} has no carrier: see to its cable, its switch port, or the other end",))
            continue
        kept = f"# in the network configuration of the host ({ADDRESS_HOMES}): {name} comes up at boot"
        text = "Routes through gateways of this interface are gone and do not come back by themselves."
        fix += Fix(now=(spell(SetLink(link.name, up=True)),), persist=(kept,), warning=text)
    return fix


def deprecate(address: Address) -> Fix:
    """Let an IPv6 address stay, and be no source of the host's own packets (RFC 6724, 5, rule 3)."""
    from lvsdoctor.fixes.changes.lifetime import setting

    kept = (
        f"# keepalived deprecates a single address: virtual_ipaddress {{ {address.ip}/128 dev {word(address.link)} }}",
        f"# else in the network configuration of the host ({ADDRESS_HOMES}): {address} with preferred_lft 0",
    )
    return Fix(now=(spell(setting(address, preferred=False)),), persist=kept)


def put_again(address: Address) -> Fix:
    """Take an IPv6 address away and add it again, so that the kernel checks for duplicates once more."""
    from lvsdoctor.fixes.changes.lifetime import setting
    from lvsdoctor.model.change import AddAddress

    place = f"{address} on {word(address.link)}"
    lines = [
        f"# first take {address.ip} off the other host that answers for it",
        spell(removing(address)),
        spell(AddAddress(address.ip, address.prefixlen, address.link)),
    ]
    lines += [spell(setting(address, preferred=False))] if "deprecated" in address.flags else []
    kept = f"# in the network configuration of the host ({ADDRESS_HOMES}): {place} on one host alone"
    return Fix(now=tuple(lines), persist=(kept,))
