"""Would this node answer an ARP request?

net/ipv4/arp.c: arp_rcv(), arp_process(), arp_ignore(), arp_filter(); net/ipv4/devinet.c: confirm_addr_indev().
"""

from collections.abc import Iterable
from ipaddress import IPv4Address
from itertools import islice

from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.kernel.arp_filter import REPLY, REQUEST, arp_filtered
from lvsdoctor.kernel.effective_sysctl import effective, forwards, is_known
from lvsdoctor.kernel.routing import Lookup, is_local, known_route, route_lookup
from lvsdoctor.kernel.rp_filter import source_ok
from lvsdoctor.kernel.scope import LINK, scope_of
from lvsdoctor.model.address import IP, Address, Network
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.neighbour import Neighbour
from lvsdoctor.model.node import Node

NOBODY = IPv4Address("0.0.0.0")
EVERYBODY = IPv4Address("255.255.255.255")


def arp_reply(
    node: Node, target: IP, *, arrived_on: Link, sender: IP | None = None, proxied: tuple[Neighbour, ...] = ()
) -> Answer:
    """Would this node answer "who has `target`", asked by `sender` and heard on a link?

    Without a sender it is a host of the link's own subnet that asks; 0.0.0.0 is an address probe (RFC 5227).
    `proxied` are the entries of `ip neigh show proxy`. Nobody answers ARP for an IPv6 address.
    Reads sysctl, addresses, links, local-routes, policy-rules, routes, arptables.
    """
    link = arrived_on.name
    if target.version != 4:
        return no("IPv6 knows no ARP")
    if not arrived_on.arp or not arrived_on.up or node.enslaved(arrived_on):
        return no("{link} receives no ARP requests", cite(arrived_on), link=link)
    sender = sender if sender is not None else _some_neighbour(node, arrived_on, target)
    filtered = arp_filtered(node, "INPUT", sender=sender, target=target, operation=REQUEST, link=link)
    if filtered.dropped:
        return no("arptables drops the request", *filtered.because)
    # Only for 127/8 is IN_DEV_ROUTE_LOCALNET asked; what is broadcast is local to nobody (ip_route_input_slow()).
    unlocal = target.is_loopback and not effective(node, "route_localnet", link)
    if unlocal or target.is_multicast or target in (NOBODY, EVERYBODY):
        return no("no host answers for such an address")
    if sender == target:
        drop = effective(node, "drop_gratuitous_arp", link)
        if drop:
            return no("drop_gratuitous_arp", *drop.because)
    if sender == NOBODY:
        found = is_local(node, target)
        if found is None:
            return no("{target} is not local here", target=target)
        ignored = arp_ignored(node, target, arrived_on, sender)
        return _answered(node, target, sender, link, found, ignored, filtered.because)
    return _routed(node, target, sender, arrived_on, filtered.because, proxied)


def _routed(
    node: Node, target: IP, sender: IP, arrived_on: Link, because: tuple[Citation, ...], proxied: tuple[Neighbour, ...]
) -> Answer:
    """arp_process() asks ip_route_input_noref() what the target is to a packet from the sender."""
    link = arrived_on.name
    if sender.is_multicast or sender == EVERYBODY:
        return no("such a sender is never answered")
    if sender.is_loopback and not effective(node, "route_localnet", link):
        return no("such a sender is never answered")
    found = route_lookup(node, target, src=sender, arrived_on=link)
    if found.type == "local":
        # The kernel validates the source first. Where arp_ignore is silent anyway, no route back has to be known.
        ignored = arp_ignored(node, target, arrived_on, sender)
        if not ignored:
            accepted = source_ok(node, sender, target, arrived_on=link)
            if not accepted:
                return Answer(False, accepted.reason, accepted.because, accepted.fields)
            filtered = _arp_filter(node, target, sender, link)
            if filtered is not None:
                return filtered
        return _answered(node, target, sender, link, found, ignored, because)
    if found.type != "unicast":
        return no("{target} is not local here", *found.because, target=target)
    return _proxied(node, target, sender, link, found, proxied)


def _answered(
    node: Node, target: IP, sender: IP, link: str, lookup: Lookup, ignored: Answer, because: tuple[Citation, ...]
) -> Answer:
    """The reply, unless arp_ignore holds it back or arptables OUTPUT drops or rewrites it."""
    if ignored:
        return no(ignored.reason, *ignored.because, **ignored.fields)
    reply = arp_filtered(node, "OUTPUT", sender=target, target=sender, operation=REPLY, link=link)
    if reply.dropped or reply.sender != target:
        return no("arptables keeps the reply from naming {target}", *reply.because, target=target)
    return yes(
        "{target} is local and nothing keeps {link} from answering",
        *lookup.because, *ignored.because, *because, *reply.because, target=target, link=link,
    )  # fmt: skip


def arp_ignored(node: Node, target: IP, link: Link, sender: IP) -> Answer:
    """Does arp_ignore keep this node silent about its own address `target` on a link? net/ipv4/arp.c: arp_ignore()."""
    level = effective(node, "arp_ignore", link.name)
    where, why = {"link": link.name, "level": str(level.value)}, level.because
    if level.value in (1, 2):
        on_link = [address for address in node.addresses_on(link.name) if address.ip.version == 4]
        held = [address for address in on_link if address.ip == target]
        if not held:
            if not node.planned and (absent := node.unseen("addresses")) is not None:
                raise absent  # it may be there, beside those that were seen
            return yes("arp_ignore={level}: not configured on {link}", *why, **where)
        if not _in_a_prefix(target, on_link):
            far = cite(held[0], "the prefix is the far end's")
            return yes("arp_ignore={level}: {target} is in no subnet of {link}", *why, far, target=target, **where)
        if level.value == 2 and sender != NOBODY and not any(
            target in address.network and sender in address.network for address in on_link
        ):  # fmt: skip
            return yes("arp_ignore=2: the sender is in no subnet of {link}", *why, **where)
        held_here = cite(held[0], "configured on {link} itself: arp_ignore={level} does not hide this address", **where)
        return no("configured on {link}", *why, held_here, **where)
    if level.value == 3:
        answering = [
            address for address in node.holding(target)
            if scope_of(node, address) <= LINK and _in_a_prefix(target, node.addresses_on(address.link))
        ]  # fmt: skip
        if not answering:
            return yes("arp_ignore=3: no address {target} wider than scope host", *why, target=target)
        if not answering[0].scope:
            raise node.unseen("addresses") or NotCollected("addresses", node.name)
        wide = cite(
            answering[0], "scope {scope}, and arp_ignore=3 keeps only scope host quiet", scope=answering[0].scope
        )
        return no("scope {scope}", *why, wide, scope=answering[0].scope)
    if level.value == 8:
        return yes("arp_ignore=8: answers for no address at all", *why)
    # 0, and 4 to 7 which are reserved: arp_ignore() returns 0 for them and for anything it does not know.
    return no("arp_ignore={level} answers for every local address", *why, level=level.value)


def _in_a_prefix(target: IP, addresses: Iterable[Address]) -> bool:
    """confirm_addr_indev() wants one: a point-to-point address is in none, for there the prefix is the far end's."""
    return any(target in address.network for address in addresses)


def _arp_filter(node: Node, target: IP, sender: IP, link: str) -> Answer | None:
    """arp_filter(): silent where this node's own packet from the target to the sender would leave by another link."""
    if not is_known(node, "arp_filter", link):
        known = known_route(node, sender, src=target, within=link)
        if known is not None and _leaves_by(node, known, target, link):
            return None  # whatever arp_filter is
    setting = effective(node, "arp_filter", link)
    if not setting:
        return None
    back = route_lookup(node, sender, src=target, within=link)
    if _leaves_by(node, back, target, link):
        return None
    return no(
        "arp_filter: the way back to {sender} is not {link}", *setting.because, *back.because, sender=sender, link=link
    )


def _leaves_by(node: Node, back: Lookup, target: IP, link: str) -> bool:
    # What is local only by a policy rule is no source: __ip_dev_find() knows table local alone.
    return back.type in ("unicast", "broadcast") and back.links[:1] == (link,) and bool(is_local(node, target))


def _proxied(node: Node, target: IP, sender: IP, link: str, lookup: Lookup, proxied: tuple[Neighbour, ...]) -> Answer:
    """Proxy ARP: answering for somebody else's address (arp_fwd_proxy(), arp_fwd_pvlan(), `ip neigh add proxy`)."""
    forwarding = forwards(node, link)
    if not forwarding:
        return no("{target} is not local here", target=target)
    out = lookup.links[0] if lookup.links else ""
    accepted = source_ok(node, sender, target, arrived_on=link, oif=out)
    if not accepted:
        return Answer(False, accepted.reason, accepted.because, accepted.fields)
    pvlan = effective(node, "proxy_arp_pvlan", link)
    proxy = effective(node, "proxy_arp", link)
    if out == link:
        if pvlan and sender != target:
            return yes("proxy_arp_pvlan answers for {target}", *pvlan.because, *lookup.because, target=target)
        return no("{target} is not local here", target=target)
    if proxy and _other_medium(node, link, out):
        return yes("proxy_arp answers for {target}", *proxy.because, *lookup.because, target=target)
    for entry in proxied:
        if entry.ip == target and entry.link == link and "proxy" in entry.flags:
            return yes("a proxy entry answers for {target}", cite(entry), target=target)
    return no("{target} is not local here", target=target)


def _other_medium(node: Node, link: str, out: str) -> bool:
    """arp_fwd_proxy(): medium_id 0 proxies everywhere, -1 nowhere, else only to another medium."""
    inside = effective(node, "medium_id", link).value
    if inside in (0, -1):
        return inside == 0
    return effective(node, "medium_id", out).value not in (inside, -1)


_ON_PARENTS_SEGMENT = frozenset({"macvlan", "macvtap", "ipvlan"})


def _some_neighbour(node: Node, link: Link, target: IP) -> IP:
    """A host that could ask: of a subnet of the link (the target's own first), not this node, not the target."""
    asking = neighbours_of(node, link, besides=target)
    if not asking and link.kind in _ON_PARENTS_SEGMENT and link.parent and (parent := node.link(link.parent)):
        asking = neighbours_of(node, parent, besides=target)
    return next(iter(asking), NOBODY)


def neighbours_of(node: Node, link: Link, *, besides: IP) -> list[IP]:
    """Of each subnet of `link` one address that is neither this node's nor `besides`; the subnet of `besides` first."""
    free = node.derived(("free addresses", link.name), lambda host: _free_addresses(host, link))
    hosts = [(subnet, next((ip for ip in ips if ip != besides), None)) for subnet, ips in free]
    return [ip for _, ip in sorted(hosts, key=lambda host: besides not in host[0]) if ip is not None]


def _free_addresses(node: Node, link: Link) -> list[tuple[Network, list[IPv4Address]]]:
    """Of each subnet of `link` the first two addresses that are not this node's."""
    own = node.derived("own IPv4 addresses", _own_numbers)
    subnets = {a.network for a in node.addresses_on(link.name) if a.ip.version == 4 and a.network.prefixlen < 31}
    free = []
    for subnet in sorted(subnets, key=lambda net: (int(net.network_address), net.prefixlen)):
        first = int(subnet.network_address) + 1
        numbers = range(first, min(first + len(own) + 2, 2**32))
        free.append((subnet, [IPv4Address(n) for n in islice((n for n in numbers if n not in own), 2)]))
    return free


def _own_numbers(node: Node) -> frozenset[int]:
    return frozenset(int(address.ip) for address in node.known_rows("addresses") if address.ip.version == 4)
