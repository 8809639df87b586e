"""A VIP whose prefix makes a route over a wire that belongs to another subnet."""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.kernel.answer import assume_without
from lvsdoctor.kernel.routing import Lookup, route_lookup
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.node import Node
from lvsdoctor.sanitize import command


@dataclass(frozen=True, slots=True)
class PrefixAstray:
    """`vip` is held with a prefix on a wire whose subnet is that of `own`. `because`: who is in the prefix, elsewhere.
    `sure`: it is shown that these two subnets are on different segments."""

    vip: Address
    own: Address
    lookup: Lookup
    because: tuple[Citation, ...]
    sure: bool


def prefix_astray(node: Node, vip: IP) -> Iterator[PrefixAstray]:
    """Where packets for hosts of a VIP's prefix leave by a wire on which these hosts are not.

    Nothing where another address of the wire is in that prefix, or a neighbour there has answered. Reads addresses,
    links, routes, local-routes, policy-rules, neighbours, and the other nodes' addresses and routes.
    """
    wires = {link.name for link in node.links_hearing_arp}
    for wide in (row for row in node.holding(vip) if row.link in wires and not row.host_only):
        rows = [row for row in node.addresses_on(wide.link) if row.ip.version == vip.version and row.ip != vip]
        others = [row for row in rows if not row.host_only and not row.ip.is_link_local]
        if not others or any(row.network.overlaps(wide.network) for row in others) or _answered(node, wide):
            continue
        shown = [found for peer in node.peers for found in _hosts(node, peer, wide, others[0])]
        silent = _silent(node, wide)
        for way, lines, sure in sorted(shown, key=lambda found: not found[2])[:1]:
            host = lines[0].fields["host"]
            v6 = vip.version == 6
            settle = command("ndisc6", host, wide.link) if v6 else command("arping", "-I", wide.link, "-c", 3, host)
            text = f"{wide.network} and {others[0].network} are on different network segments"
            doubt = () if sure or silent else (assume_without("", text, settle),)
            yield PrefixAstray(wide, others[0], way, (*lines, *silent, *doubt), bool(sure or silent))


def _hosts(node: Node, peer: Node, wide: Address, own: Address) -> Iterator[tuple[Lookup, tuple[Citation, ...], bool]]:
    """The addresses of another host in the prefix, where that host has the wire's subnet on another link, or sends by
    a gateway to it."""
    rows = peer.seen_rows("addresses") if peer.has("addresses") else ()
    beside = next((row for row in rows if row.network == own.network and not row.host_only), None)
    for row in rows:
        inside = row.ip in wide.network and row.ip != wide.ip and row.link != "lo" and not row.host_only
        if not inside or node.holding(row.ip) or (beside is not None and beside.link == row.link):
            continue
        routed = beside is None and _by_gateway(peer, own.ip)
        # A client is answered from the VIP, a health check from the RIP.
        ways = (route_lookup(node, row.ip, src=source) for source in (wide.ip, None))
        way = next((way for way in ways if way.onlink and way.links == (wide.link,)), None)
        if way is not None and (beside is not None or routed):
            lines = [cite(row, "{host} is {peer}", host=row.ip, peer=peer.name)]
            if beside is not None:
                lines.append(cite(beside, "{peer} has the subnet of {link} elsewhere", peer=peer.name, link=wide.link))
            yield way, tuple(lines), beside is not None


def _by_gateway(peer: Node, ip: IP) -> bool:
    try:
        return peer.has("routes") and bool(route_lookup(peer, ip).gateways)
    except NotCollected:
        return False


def _answered(node: Node, wide: Address) -> bool:
    rows = node.neighbours if node.has("neighbours") else ()
    return any(row.ip in wide.network and row.link == wide.link and row.mac and not row.unresolved for row in rows)


def _silent(node: Node, wide: Address) -> tuple[Citation, ...]:
    """A host of the prefix that does not answer on the wire."""
    rows = node.neighbours if node.has("neighbours") else ()
    lines = (row for row in rows if row.ip in wide.network and row.link == wide.link and row.unresolved)
    return tuple(cite(row, "no answer on {link}", link=wide.link) for row in lines)[:1]
