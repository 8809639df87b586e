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
        if wide and node.planned and _on_loopback(node, address):
            there = list(prefix_hosts(node, address))
            if there or any(vip.ip == address.ip for vip in node.vips):
                yield _finding(node, address, FORETOLD, AS_FIRST, there, Severity.WARNING)
            continue
        somebody = client_in(address.network, node) if wide and _on_loopback(node, address) else None
        if somebody is None:
            continue
        way = route_lookup(node, somebody)
        lost = way.type == "unicast" and way.links == (address.link,)
        there = list(prefix_hosts(node, address))
        if not there or not (lost or way.onlink):
            continue
        text, clients = (LOST, NO_REPLY) if lost else (ORDER, LATER)
        yield _finding(node, address, text, clients, [*_cited(way), *there], None if lost else Severity.WARNING)


def _finding(
    node: Node, address: Address, text: str, clients: str, there: list[Citation], severity: Severity | None
) -> Finding:
    return Finding(
        text,
        clients=clients,
        about={"vip": address.ip, "link": address.link},
        prefix=address.network,
        address=address,
        severity=severity,
        evidence=[cite(address, "this prefix is a route over {link}", link=address.link), *there],
        fix=as_single_hosts(node, [address]),
    )


def _on_loopback(node: Node, address: Address) -> bool:
    link = node.link(address.link) if node.has("links") else None
    return address.link == "lo" if link is None else link.loopback


def _cited(lookup: Lookup) -> list[Citation]:
    return [cite(lookup.route, "the first route to the prefix")] if lookup.route is not None else []
