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
    route_lookup,
    rule,
)

LOST = "{node} has {address} on {link} and sends packets for {prefix} to {link}"
ORDER = "{node} has two routes to {prefix}, and {address} on {link} makes the second of them"
NO_REPLY = "Hosts in {prefix} get no packets from {node}: clients no replies, health checks no answers."
LATER = "If the order of the two routes changes, hosts in {prefix} get no packets from {node}."


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
        somebody = client_in(address.network, node) if wide and _on_loopback(node, address) else None
        if somebody is None:
            continue
        way = route_lookup(node, somebody)
        lost = way.type == "unicast" and way.links == (address.link,)
        there = list(_there(node, address))
        if not there or not (lost or way.onlink):
            continue
        yield Finding(
            LOST if lost else ORDER,
            clients=NO_REPLY if lost else LATER,
            about={"vip": address.ip, "link": address.link},
            prefix=address.network,
            address=address,
            severity=None if lost else Severity.WARNING,
            evidence=[cite(address, "this prefix is a route over {link}", link=address.link), *_cited(way), *there],
            fix=as_single_hosts(node, [address]),
        )


def _on_loopback(node: Node, address: Address) -> bool:
    link = node.link(address.link) if node.has("links") else None
    return address.link == "lo" if link is None else link.loopback


def _cited(lookup: Lookup) -> list[Citation]:
    return [cite(lookup.route, "the first route to the prefix")] if lookup.route is not None else []


def _there(node: Node, wide: Address) -> Iterator[Citation]:
    """What tells that hosts live in the prefix: a subnet of another interface, a gateway, another host of the scan."""
    for own in node.addresses:
        if own.link != wide.link and not own.host_only and own.network.overlaps(wide.network):
            yield cite(own, "hosts of {subnet} are on {wire}", subnet=own.network, wire=own.link)
            return
    for peer in node.peers_with("addresses"):
        for address in peer.addresses:
            if address.link != "lo" and not address.host_only and address.ip in wide.network:
                yield cite(address, "{host} is {peer}", host=address.ip, peer=peer.name)
                return
