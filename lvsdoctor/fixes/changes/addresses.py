"""What becomes of a link's addresses, and of the routes that came with them.

net/ipv4/devinet.c: __inet_insert_ifa(), __inet_del_ifa(); net/ipv4/fib_frontend.c: fib_add_ifaddr(), fib_del_ifaddr();
net/ipv6/addrconf.c: inet6_addr_add(), inet6_addr_del().
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_network

from lvsdoctor.fixes.changes.routes import without_link, without_source
from lvsdoctor.fixes.changes.rows import routes_in, with_routes, with_rows, without
from lvsdoctor.kernel.effective_sysctl import effective
from lvsdoctor.model.address import Address
from lvsdoctor.model.change import AddAddress, RemoveAddress
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import NextHop, Route
from lvsdoctor.model.seen import Seen

# include/uapi/linux/rtnetlink.h: enum rt_scope_t; a number means no more than its order here.
_SCOPES = {"global": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}


def add_address(node: Node, change: AddAddress) -> Node:
    """The node with one more address, and the routes that it brings; unchanged where the kernel refuses it."""
    link = link_of(node, change.link)
    if node.has("links") and link is None:
        return node
    before = _of_link(node, change.link, change.ip.version)
    new = Address(
        ip=change.ip,
        prefixlen=change.prefixlen,
        link=change.link,
        seen=Seen("fix", None, change.command),
        scope=change.scope or _usual_scope(change),
        label=(change.label or change.link) if change.ip.version == 4 else "",
        flags=change.flags,
        peer=change.peer,
        broadcast=change.broadcast,
    )
    after = _inserted(before, new)
    if after == before:
        return node
    return _with_addresses(node, change.link, before, after, change.command, metric=change.metric)


def remove_address(node: Node, change: RemoveAddress) -> Node:
    """The node without it: secondaries go with their primary unless one is promoted, routes go with their address."""
    collected = node.has("addresses")
    before = _of_link(node, change.link, change.ip.version)
    if not collected:
        seen = Seen("fix", None, change.command)
        before = (Address(change.ip, change.prefixlen, change.link, seen, peer=change.peer),)
    held = next((address for address in before if _named(address, change)), None)
    if held is None:
        return node
    after = _deleted(before, held, promote=collected and _promotes(node, change.link))
    node = _with_addresses(node, change.link, before, after, change.command)
    for gone in (address for address in before if address.ip not in {left.ip for left in after}):
        if not any(address.ip == gone.ip for address in (node.addresses if collected else ())):
            node = without_source(node, gone.ip)
    if collected and not after and change.ip.version == 4:
        node = without_link(node, change.link, 4)  # fib_disable_ip(): the last address takes IP with it
    return node


def routes_with(addresses: Sequence[Address], link: Link | None, seen: Seen | None = None) -> Iterator[Route]:
    """The routes that these addresses of one link bring, in the kernel's order; `link` None: one that is up."""
    loopback = link.loopback if link is not None else addresses[:1] and addresses[0].link == "lo"
    up = link is None or link.up
    for address in addresses:
        row = seen or address.seen
        if address.ip.version == 6:
            yield from _routes_of_ipv6(address, row, up=up)
            continue
        # A secondary's routes have its primary for their source (fib_add_ifaddr(): prim).
        primaries = (a for a in addresses if not a.secondary and a.network == address.network)
        prim = next(primaries, address) if address.secondary else address
        yield from _routes_of(address, prim, row, up=up, loopback=bool(loopback))


def _routes_of(address: Address, prim: Address, seen: Seen, *, up: bool, loopback: bool) -> Iterator[Route]:
    hop, src, network = (NextHop(address.link),), prim.ip, address.network
    yield Route(ip_network(address.ip), seen, "local", "local", hop, "kernel", "host", src)
    if not up:
        return
    if address.broadcast is not None:
        yield Route(ip_network(address.broadcast), seen, "broadcast", "local", hop, "kernel", "link", src)
    alone = address.peer is None and network.prefixlen == address.ip.max_prefixlen
    if address.secondary or alone or int(network.network_address) == 0:
        return
    if "noprefixroute" not in address.flags:
        if loopback:
            yield Route(network, seen, "local", "local", hop, "kernel", "host", src)
        else:
            yield Route(network, seen, "unicast", "main", hop, "kernel", "link", src)
    if network.prefixlen < 31:
        last = ip_network(network.broadcast_address)
        yield Route(last, seen, "broadcast", "local", hop, "kernel", "link", src)


def _routes_of_ipv6(address: Address, seen: Seen, *, up: bool) -> Iterator[Route]:
    hop = (NextHop(address.link),)
    if up:
        yield Route(ip_network(address.ip), seen, "local", "local", hop, "kernel", "global")
        if "noprefixroute" not in address.flags:
            yield Route(address.network, seen, "unicast", "main", hop, "kernel", "global", metric=256)


# -- the list of one link's addresses ---------------------------------------------------------------------------------


def _inserted(addresses: tuple[Address, ...], new: Address) -> tuple[Address, ...]:
    """__inet_insert_ifa(): secondaries at the end, a primary behind those primaries whose scope is not narrower."""
    if new.ip.version == 6:
        return addresses if any(a.ip == new.ip for a in addresses) else _inserted_ipv6(addresses, new)
    beside = [a for a in addresses if a.prefixlen == new.prefixlen and new.ip in a.network]
    if any(a.ip == new.ip or a.scope != new.scope for a in beside):
        return addresses  # EEXIST, EINVAL
    if beside:
        return (*addresses, replace(new, flags=new.flags | {"secondary"}))
    scope = _SCOPES.get(new.scope, 0)
    primaries = [at for at, a in enumerate(addresses) if not a.secondary and scope <= _SCOPES.get(a.scope, 0)]
    place = primaries[-1] + 1 if primaries else 0
    return (*addresses[:place], new, *addresses[place:])


def _inserted_ipv6(addresses: tuple[Address, ...], new: Address) -> tuple[Address, ...]:
    """ipv6_link_dev_addr(): wide scopes first, and of one scope the latest."""
    width = _SCOPES.get(new.scope, 0)
    place = next((at for at, a in enumerate(addresses) if width <= _SCOPES.get(a.scope, 0)), len(addresses))
    return (*addresses[:place], new, *addresses[place:])


def _deleted(addresses: tuple[Address, ...], held: Address, *, promote: bool) -> tuple[Address, ...]:
    """__inet_del_ifa(): a primary's secondaries go with it, or the first of them takes its place."""
    left = [address for address in addresses if address is not held]
    behind = [a for a in left if a.secondary and a.network == held.network and a.prefixlen == held.prefixlen]
    if held.secondary or not behind or held.ip.version == 6:
        return tuple(left)
    if not promote:
        return tuple(address for address in left if address not in behind)
    promoted = behind[0]
    scope, at = _SCOPES.get(held.scope, 0), addresses.index(held)
    # Behind the last primary that follows the deleted one and is not wider, else in its place. Those that stand
    # behind the promoted one are not looked at.
    until = addresses.index(promoted)
    later = [a for a in addresses[at + 1 : until] if not a.secondary and scope <= _SCOPES.get(a.scope, 0)]
    left.remove(promoted)
    place = left.index(later[-1]) + 1 if later else at
    left.insert(place, replace(promoted, flags=promoted.flags - {"secondary"}))
    return tuple(left)


def _promotes(node: Node, link: str) -> bool:
    try:
        return bool(effective(node, "promote_secondaries", link))
    except NotCollected:
        return False


def _named(address: Address, change: RemoveAddress) -> bool:
    """inet_rtm_deladdr(): the far end's prefix tells point-to-point addresses apart."""
    same_prefix = address.ip == change.ip and address.prefixlen == change.prefixlen
    return same_prefix and (change.ip if change.peer is None else change.peer.network_address) in address.network


def _usual_scope(change: AddAddress) -> str:
    """iproute2 ip/ipaddress.c: default_scope(); the kernel's of an IPv6 address follows from the address."""
    if change.ip.is_loopback:
        return "host"
    return "link" if change.ip.version == 6 and change.ip.is_link_local else "global"


# -- the node around it -----------------------------------------------------------------------------------------------


def link_of(node: Node, name: str) -> Link | None:
    return node.link(name) if node.has("links") else None


def _of_link(node: Node, link: str, family: int) -> tuple[Address, ...]:
    if not node.has("addresses"):
        return ()
    return tuple(address for address in node.addresses_on(link) if address.ip.version == family)


def _with_addresses(
    node: Node, link: str, before: tuple[Address, ...], after: tuple[Address, ...], command: str, metric: int = 0
) -> Node:
    """The node with the addresses of `link` replaced, and with the routes that differ for it. `metric` is that of a new
    address; one that takes another's place keeps the one of its subnet."""
    if node.has("addresses"):
        node = with_rows(node, "addresses", _placed(node, link, before, after))
    at, seen = link_of(node, link), Seen("fix", None, command)
    near_before, near_after = _around_the_change(before, after)
    had, has = tuple(routes_with(near_before, at)), tuple(routes_with(near_after, at, seen))
    gone = without(had, has)
    # Up to Linux 5.13 a subnet's first address was a broadcast, too.
    gone += [_first(route) for route in gone if route.type == "unicast" and route.dst.version == 4]
    came = without(has, had)
    rows = routes_in(node, "routes")
    metrics = {row.dst: row.metric for row in rows if any(_made_by(row, route) for route in gone)}
    node = with_routes(node, lambda row: None if any(_made_by(row, route) for route in gone) else row)
    return with_came(node, [_with_metric(route, metrics.get(route.dst, metric)) for route in came])


def _with_metric(route: Route, metric: int) -> Route:
    subnet = route.type == "unicast" and route.dst.version == 4
    return replace(route, metric=metric) if subnet and metric else route


def _around_the_change(before: Sequence[Address], after: Sequence[Address]) -> tuple[list[Address], list[Address]]:
    """Those of both whose routes may differ: of an address or a subnet that changes. (A link may hold hundreds.)"""
    same = set(map(id, before)) & set(map(id, after))
    changed = [address for address in (*before, *after) if id(address) not in same]
    ips = {address.ip for address in changed}
    # A whole subnet, for the routes of its secondaries are told by their primary.
    networks = {address.network for address in (*before, *after) if address.ip in ips}

    def near(address: Address) -> bool:
        return address.network in networks

    return list(filter(near, before)), list(filter(near, after))


def _first(route: Route) -> Route:
    return replace(route, dst=ip_network(route.dst.network_address), type="broadcast", table="local")


def with_came(node: Node, came: Iterable[Route]) -> Node:
    """The node with these routes of its addresses, but for those that are there (fib_magic(): NLM_F_APPEND)."""
    for route in came:
        fact = "local-routes" if route.table == "local" else "routes"
        if node.has(fact) and not any(_made_by(row, route) for row in routes_in(node, fact)):
            node = with_rows(node, fact, (*routes_in(node, fact), route))
    return node


def _made_by(row: Route, route: Route) -> bool:
    """Is the row this route, as the kernel made it? (`route -n` shows neither source nor protocol.)"""
    return (
        row.dst == route.dst and row.type == route.type and row.table == route.table and row.links == route.links
        and not row.gateways and row.protocol in ("kernel", "") and (row.src in (None, route.src) or route.src is None)
    )  # fmt: skip


def _placed(node: Node, link: str, before: tuple[Address, ...], after: tuple[Address, ...]) -> tuple[Address, ...]:
    """All addresses in the order of a dump: link by link, and IPv4 before IPv6."""
    rows = node.addresses
    was = set(map(id, before))
    others = [address for address in rows if id(address) not in was]
    if before:
        first = next(at for at, address in enumerate(rows) if id(address) in was)
        return (*rows[:first], *after, *others[first:])
    links = [known.name for known in node.links] if node.has("links") else []
    family = after[0].ip.version

    def follows(address: Address) -> bool:
        if address.link == link:
            return address.ip.version > family
        return link in links and address.link in links and links.index(address.link) > links.index(link)

    place = next((at for at, address in enumerate(others) if follows(address)), len(others))
    return (*others[:place], *after, *others[place:])
