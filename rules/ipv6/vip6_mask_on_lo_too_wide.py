"""An IPv6 address on lo has a prefix shorter than /128, and the route of that prefix leads to lo."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Address,
    Citation,
    Decision,
    Finding,
    Lookup,
    Node,
    Severity,
    as_single_hosts,
    cite,
    client_in,
    prefix_hosts,
    route_lookup,
    rule,
)

LOST = "{node} has {address} on {link} and sends packets for {prefix} to {link}"
ORDER = "{node} has two routes to {prefix}, and {address} on {link} makes the second of them"
NO_REPLY = "Hosts in {prefix} get no packets from {node}: clients no replies, health checks no answers."
FORETOLD = "{node} has {address} on {link}, which makes a route to {prefix} over {link}"
LATER = "If the order of the two routes changes, hosts in {prefix} get no packets from {node}."
AS_FIRST = "If this route is the first to {prefix}, hosts in {prefix} get no packets from {node}."


@rule(
    name="vip6-mask-on-lo-too-wide",
    code="V6001",
    severity=Severity.ERROR,
    explains=Decision.REPLY_ROUTE,
    needs={"addresses", "routes"},
    helps={"links", "local-routes", "policy-rules"},
    only_ipv6=True,
)
def vip6_mask_on_lo_too_wide(node: Node) -> Iterator[Finding]:
    for address in node.addresses:
        wide = address.ip.version == 6 and not address.host_only and not address.ip.is_link_local
        if not wide or not _on_loopback(node, address):
            continue
        if (found := _foretold(node, address) if node.planned else _running(node, address)) is None:
            continue
        lost, there = found
        yield Finding(
            FORETOLD if node.planned else LOST if lost else ORDER,
            clients=AS_FIRST if node.planned else NO_REPLY if lost else LATER,
            about={"vip": address.ip, "link": address.link},
            prefix=address.network,
            address=address,
            severity=None if lost else Severity.WARNING,
            evidence=[cite(address, "this prefix is a route over {link}", link=address.link), *there],
            fix=as_single_hosts(node, [address]),
        )


def _foretold(node: Node, address: Address) -> tuple[bool, list[Citation]] | None:
    """Files do not tell the order of the routes, nor who else is in the prefix of a VIP: its clients may be."""
    there = list(prefix_hosts(node, address))
    return (False, there) if there or any(vip.ip == address.ip for vip in node.vips) else None


def _running(node: Node, address: Address) -> tuple[bool, list[Citation]] | None:
    """Is the route over lo the first to hosts of the prefix? None where no other host is seen in it."""
    if (somebody := client_in(address.network, node)) is None:
        return None
    way = route_lookup(node, somebody)
    lost = way.type == "unicast" and way.links == (address.link,)
    there = list(prefix_hosts(node, address))
    return (lost, [*_cited(way), *there]) if there and (lost or way.onlink) else None


def _on_loopback(node: Node, address: Address) -> bool:
    link = node.link(address.link) if node.has("links") else None
    return address.link == "lo" if link is None else link.loopback


def _cited(lookup: Lookup) -> list[Citation]:
    return [cite(lookup.route, "the first route to the prefix")] if lookup.route is not None else []
