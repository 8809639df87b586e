"""An address that is added to a link or removed (ip-address(8)).

net/ipv4/devinet.c: __inet_insert_ifa(), __inet_del_ifa(); net/ipv6/addrconf.c: inet6_addr_add(), inet6_addr_del().
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import ip_network

from lvsdoctor.fixes.changes import lifetime
from lvsdoctor.fixes.changes.difference import lost_addresses, lost_routes, promoted
from lvsdoctor.fixes.changes.kind import Phase, Readers, run, spelled
from lvsdoctor.fixes.changes.line import Line, NotFollowed, link_name, only
from lvsdoctor.fixes.changes.rows import link_of, with_rows
from lvsdoctor.fixes.changes.subnet_routes import readdressed, without_link, without_source
from lvsdoctor.kernel.effective_sysctl import effective
from lvsdoctor.kernel.ipv6_off import ipv6_is_off
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.change import AddAddress, Command, RemoveAddress
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.node import Node
from lvsdoctor.parse.words import read_ip, read_network, read_number, split_options, word_set
from lvsdoctor.sanitize import word

NOUNS = (AddAddress, RemoveAddress)

# include/uapi/linux/rtnetlink.h: enum rt_scope_t; a number means no more than its order here.
_SCOPES = {"global": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}
_OPTIONS = word_set("dev peer brd broadcast scope label metric proto")
_FLAGS = word_set("noprefixroute nodad home mngtmpaddr autojoin")
# What nobody writes: the kernel sets the other flags itself.
_SETTABLE = word_set("noprefixroute home mngtmpaddr autojoin nodad")
_LOSES = "{link} loses the address {ip}/{length}"
_SECONDARIES = ", and with it the secondary {others}"
_PROMOTED = ", and {promoted} takes its place"
_LAST = "It is the only IPv{family} address of {link}, and every route over {link} goes with it"
_BREAK = "Connections to {ips} break until it is back"
_NO_ROUTE_LEFT = "; no route is left to {lost}"
_LEASED = "# {address} came by DHCP: its client puts it back (renew the lease)"
_CHECKED = "# the kernel then checks {address} for duplicates once more"
_IN_ORDER = "# the addresses of {link} stood in this order, which tells the source of packets: {addresses}"


def _named(line: Line) -> tuple[IP, int | None, dict[str, str], list[str]]:
    options, bare = split_options(line.words, _OPTIONS)
    if "" in options.values() or not bare:
        raise NotFollowed("it names no address")
    text, slash, length = bare.pop(0).partition("/")
    ip = read_ip(text)
    prefixlen = read_number(length, most=ip.max_prefixlen) if ip and slash else None
    if ip is None or (slash and prefixlen is None):
        raise NotFollowed("it names no address")
    return ip, prefixlen, options, bare


def _read_add(line: Line) -> tuple[AddAddress]:
    ip, prefixlen, options, bare = _named(line)
    only(bare, _FLAGS)
    peer = read_network(options["peer"]) if "peer" in options else None
    text, scope = options.get("brd", options.get("broadcast", "")), options.get("scope", "")
    broadcast = read_ip(text)
    if ("peer" in options and peer is None) or (text and broadcast is None) or (scope and scope not in _SCOPES):
        raise NotFollowed("one of its words is not known here")
    length = peer.prefixlen if peer else ip.max_prefixlen if prefixlen is None else prefixlen
    link, label = link_name(options.get("dev")), options.get("label", "")
    metric, flags = read_number(options.get("metric", "0")) or 0, frozenset(bare)
    flags -= {"nodad"} if ip.version == 4 else set()  # there is no check to leave out
    return (AddAddress(ip, length, link, scope, label, peer, broadcast, flags, metric),)


def _read_delete(line: Line) -> tuple[RemoveAddress]:
    ip, prefixlen, options, bare = _named(line)
    only(bare)
    link = link_name(options.get("dev"))
    peer = read_network(options["peer"]) if "peer" in options else None
    if peer is not None:
        return (RemoveAddress(ip, peer.prefixlen, link, peer),)
    if prefixlen is None:  # "Executing wildcard deletion": the first that has this address
        rows = line.node.holding(ip) if line.node.has("addresses") else ()
        prefixlen = next((address.prefixlen for address in rows if address.link == link), ip.max_prefixlen)
    return (RemoveAddress(ip, prefixlen, link),)


READERS: Readers = {("ip", "address", "add"): _read_add, ("ip", "address", "delete"): _read_delete}


def adding(row: Address, metric: int = 0) -> AddAddress:
    """The change that brings the address back as it was."""
    label = "" if row.label == row.link else row.label
    flags = row.flags & _SETTABLE
    return AddAddress(row.ip, row.prefixlen, row.link, row.scope, label, row.peer, row.broadcast, flags, metric)


def removing(row: Address) -> RemoveAddress:
    """The change that takes the address away."""
    return RemoveAddress(row.ip, row.prefixlen, row.link, row.peer)


def spell(change: AddAddress | RemoveAddress) -> Command:
    alone = change.peer is None
    place: list[object] = [f"{change.ip}/{change.prefixlen}"] if alone else [change.ip, "peer", change.peer]
    if isinstance(change, RemoveAddress):
        return spelled(change, "ip", "addr", "del", *place, "dev", change.link)
    place += ["brd", change.broadcast] if change.broadcast is not None else []
    place += ["dev", change.link]
    usual = "host" if change.ip.is_loopback else "global"
    place += ["scope", change.scope] if change.ip.version == 4 and change.scope not in ("", usual) else []
    place += ["label", change.label] if change.label else []
    place += ["metric", change.metric] if change.metric else []
    return spelled(change, "ip", "addr", "add", *place, *sorted(change.flags))


def phase(change: AddAddress | RemoveAddress) -> Phase:
    return Phase.ADDRESS


def apply(node: Node, change: AddAddress | RemoveAddress) -> Node:
    if isinstance(change, AddAddress):
        return _added(node, change)
    return _removed(node, change)


def _added(node: Node, change: AddAddress) -> Node:
    """The node with one more address, and the routes that it brings; unchanged where the kernel refuses it."""
    if (node.has("links") and link_of(node, change.link) is None) or ipv6_is_off(node, change.ip, change.link):
        return node
    before = _on(node, change)
    # iproute2 ip/ipaddress.c: default_scope(); the kernel's of an IPv6 address follows from the address.
    near = change.ip.version == 6 and change.ip.is_link_local
    usual = "host" if change.ip.is_loopback else "link" if near else "global"
    label = (change.label or change.link) if change.ip.version == 4 else ""
    new = Address(
        change.ip, change.prefixlen, change.link, change.seen, change.scope or usual, label, change.flags, change.peer,
        change.broadcast,
    )  # fmt: skip
    after = _inserted(before, new)
    if after == before:
        return node
    node = with_rows(node, "addresses", _placed(node, change.link, before, after))
    return readdressed(node, change.link, before, after, change.seen, change.metric)


def _removed(node: Node, change: RemoveAddress) -> Node:
    """The node without it: secondaries go with their primary unless one is promoted, routes go with their address."""
    collected = node.has("addresses")
    before = _on(node, change)
    if not collected:
        before = (Address(change.ip, change.prefixlen, change.link, change.seen, peer=change.peer),)
    gone = next((address for address in before if _is_meant(address, change)), None)
    if gone is None:
        return node
    after = _deleted(before, gone, promote=collected and _promotes(node, change.link))
    node = with_rows(node, "addresses", _placed(node, change.link, before, after))
    node = readdressed(node, change.link, before, after, change.seen, 0)
    left = {address.ip for address in (*after, *(node.addresses if collected else ()))}
    for address in before:
        node = node if address.ip in left else without_source(node, address.ip)
    if collected and not after and change.ip.version == 4:
        node = without_link(node, change.link, 4)  # fib_disable_ip(): the last address takes IP with it
    return node


def _on(node: Node, change: AddAddress | RemoveAddress) -> tuple[Address, ...]:
    rows = node.addresses_on(change.link) if node.has("addresses") else ()
    return tuple(address for address in rows if address.ip.version == change.ip.version)


def _is_meant(address: Address, change: RemoveAddress) -> bool:
    """inet_rtm_deladdr(): the far end's prefix tells point-to-point addresses apart."""
    same_prefix = address.ip == change.ip and address.prefixlen == change.prefixlen
    return same_prefix and (change.ip if change.peer is None else change.peer.network_address) in address.network


def _promotes(node: Node, link: str) -> bool:
    try:
        return bool(effective(node, "promote_secondaries", link))
    except NotCollected:
        return False


def _inserted(addresses: tuple[Address, ...], new: Address) -> tuple[Address, ...]:
    """__inet_insert_ifa(): secondaries at the end, a primary behind those primaries whose scope is not narrower."""
    width = _SCOPES.get(new.scope, 0)
    if new.ip.version == 6:  # ipv6_link_dev_addr(): wide scopes first, and of one scope the latest
        if any(a.ip == new.ip for a in addresses):
            return addresses
        place = next((at for at, a in enumerate(addresses) if width <= _SCOPES.get(a.scope, 0)), len(addresses))
        return (*addresses[:place], new, *addresses[place:])
    beside = [a for a in addresses if a.prefixlen == new.prefixlen and new.ip in a.network]
    if any(a.ip == new.ip or a.scope != new.scope for a in beside):
        return addresses  # EEXIST, EINVAL
    if beside:
        return (*addresses, replace(new, flags=new.flags | {"secondary"}))
    primaries = [at for at, a in enumerate(addresses) if not a.secondary and width <= _SCOPES.get(a.scope, 0)]
    place = primaries[-1] + 1 if primaries else 0
    return (*addresses[:place], new, *addresses[place:])


def _deleted(addresses: tuple[Address, ...], gone: Address, *, promote: bool) -> tuple[Address, ...]:
    """__inet_del_ifa(): a primary's secondaries go with it, or the first of them takes its place."""
    left = [address for address in addresses if address is not gone]
    behind = [a for a in left if a.secondary and a.network == gone.network and a.prefixlen == gone.prefixlen]
    if gone.secondary or not behind or gone.ip.version == 6:
        return tuple(left)
    if not promote:
        return tuple(address for address in left if address not in behind)
    first = behind[0]
    scope, at = _SCOPES.get(gone.scope, 0), addresses.index(gone)
    # Behind the last primary that follows the deleted one and is not wider, else in its place. Those that stand
    # behind the promoted one are not looked at.
    until = addresses.index(first)
    later = [a for a in addresses[at + 1 : until] if not a.secondary and scope <= _SCOPES.get(a.scope, 0)]
    left.remove(first)
    place = left.index(later[-1]) + 1 if later else at
    left.insert(place, replace(first, flags=first.flags - {"secondary"}))
    return tuple(left)


def _placed(node: Node, link: str, before: tuple[Address, ...], after: tuple[Address, ...]) -> tuple[Address, ...]:
    """All addresses in the order of a dump: link by link, and IPv4 before IPv6."""
    rows = node.addresses if node.has("addresses") else ()
    was = set(map(id, before))
    others = [address for address in rows if id(address) not in was]
    if before:
        first = next((at for at, address in enumerate(rows) if id(address) in was), 0)
        return (*rows[:first], *after, *others[first:])
    links = [known.name for known in node.links] if node.has("links") else []
    family = after[0].ip.version

    def follows(address: Address) -> bool:
        if address.link == link:
            return address.ip.version > family
        return link in links and address.link in links and links.index(address.link) > links.index(link)

    place = next((at for at, address in enumerate(others) if follows(address)), len(others))
    return (*others[:place], *after, *others[place:])


def describe(change: AddAddress | RemoveAddress, before: Node, after: Node) -> str:
    if isinstance(change, AddAddress):
        return f"{change.link} gets the address {change.ip}/{change.prefixlen}"
    text = _LOSES.format(link=change.link, ip=change.ip, length=change.prefixlen)
    others = [str(address) for address in lost_addresses(before, after) if address.ip != change.ip]
    text += _SECONDARIES.format(others=", ".join(others)) if others else ""
    first = promoted(before, after)
    return text + (_PROMOTED.format(promoted=first[0]) if first else "")


def impact(change: AddAddress | RemoveAddress, before: Node, after: Node) -> str:
    lost = () if isinstance(change, AddAddress) else lost_addresses(before, after)
    if not lost:
        return ""
    ips = {address.ip for address in lost}
    if _on(after, change) or change.link == "lo":
        text = _BREAK.format(ips=", ".join(sorted(map(str, ips))))
    else:
        text = _LAST.format(family=change.ip.version, link=change.link)
    own = {ip_network(ip) for ip in ips}
    routes = after.routes if after.has("routes") else ()
    kept = {(route.dst, route.table) for route in routes if route.type == "unicast"}
    gone = [row for row in lost_routes(before, after) if row.type == "unicast" and row.dst not in own]
    away = [str(row.dst) if row.dst.prefixlen else "default" for row in gone if (row.dst, row.table) not in kept]
    return text + (_NO_ROUTE_LEFT.format(lost=", ".join(dict.fromkeys(away))) if away else "")


def undo(change: AddAddress | RemoveAddress, before: Node, after: Node) -> Iterator[str]:
    if isinstance(change, AddAddress):
        yield spell(RemoveAddress(change.ip, change.prefixlen, change.link, change.peer))
        return
    had, lost = _on(before, change), lost_addresses(before, after)
    back = [_again(address, before) for address in lost]
    if lost and _roles(_on(run(back, after, apply), change)) != _roles(had):
        # One that was promoted stands in front now: those behind the lost one go and come, in their old order.
        behind = [a for a in had[had.index(lost[0]) :] if a not in lost and a.network == lost[0].network]
        back += [line for a in behind for line in (spell(removing(a)), _again(a, before))]
    yield from back
    yield from (lifetime.spell(lifetime.setting(a, preferred=False)) for a in lost if "deprecated" in a.flags)
    if list(map(str, _on(run(back, after, apply), change))) != list(map(str, had)):
        yield _IN_ORDER.format(link=word(change.link), addresses=", ".join(map(str, had)))
    yield from (_LEASED.format(address=address) for address in lost if "dynamic" in address.flags)
    yield from (_CHECKED.format(address=address) for address in lost if not address.usable)


def _again(address: Address, before: Node) -> Command:
    """The address with the metric that its subnet's route had (NetworkManager and systemd-networkd give it one)."""
    rows = before.routes if before.has("routes") and address.ip.version == 4 else ()
    own = (row for row in rows if row.dst == address.network and row.links == (address.link,) and not row.gateways)
    return spell(adding(address, next((row.metric for row in own if row.protocol == "kernel"), 0)))


def _roles(addresses: Iterable[Address]) -> set[tuple[str, bool]]:
    return {(str(address), address.secondary) for address in addresses}
