"""A VIP on a link without a wire (dummy0, tunl0) has a prefix, and that prefix's route leads replies into nowhere."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
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
    holding_seen,
    route_lookup,
    rule,
)

LOST = "Clients in {prefix} get no reply from {node}."
PERHAPS = "If clients are in {prefix}, these clients get no reply from {node}."


@rule(
    name="vip-mask-on-silent-link-too-wide",
    code="ADDR007",
    severity=Severity.ERROR,
    explains=Decision.REPLY_ROUTE,
    role="real-server",
    needs={"addresses", "links"},
    helps={"routes", "local-routes", "policy-rules"},
)
def vip_mask_on_silent_link_too_wide(node: Node) -> Iterator[Finding]:
    silent = {link.name for link in node.links if link.up and not link.loopback and not link.arp}
    for vip in node.vips:
        for held in (held for held in holding_seen(node, vip.ip) if held.link in silent and not held.host_only):
            known = next(_lost(node, vip.ip, held), None)
            somebody = None if known else client_in(held.network, node)
            way = known[0] if known else _astray(node, held, somebody, vip.ip) if somebody else None
            if way is None:
                continue
            yield Finding(
                "{node} sends packets for {prefix} to {link}, which leads to no host ({address} is on {link})",
                clients=LOST if known else PERHAPS,
                about={"vip": vip.ip, "link": held.link},
                prefix=held.network,
                address=held,
                severity=None if known else Severity.WARNING,
                evidence=[
                    cite(held, "this prefix becomes a route over {link}", link=held.link),
                    *(line for line in way.because if line.seen != held.seen),
                    *([known[1]] if known else []),
                ],
                fix=as_single_hosts(node, [a for a in node.addresses_on(held.link) if a.network == held.network]),
            )


def _astray(node: Node, vip_address: Address, host: IP, source: IP | None) -> Lookup | None:
    """The way to a host, if it is the link on which the VIP is held."""
    way = route_lookup(node, host, src=source)
    return way if way.onlink and way.links == (vip_address.link,) else None


def _lost(node: Node, vip: IP, vip_address: Address) -> Iterator[tuple[Lookup, Citation]]:
    """Who lives in the VIP's prefix and gets no reply: hosts of this scan, then subnets of this node's own links."""
    for peer in node.peers:
        for address in peer.known_rows("addresses") if peer.has("addresses") else ():
            beside = not address.host_only and address.link != "lo" and not node.holding(address.ip)
            # A client is answered from the VIP, a health check from the RIP.
            for source in (vip, None) if beside and address.ip in vip_address.network else ():
                if way := _astray(node, vip_address, address.ip, source):
                    yield way, cite(address, "{host} is {peer}", host=address.ip, peer=peer.name)
    for own in node.known_rows("addresses"):
        client = None if own.link == vip_address.link or own.host_only else client_in(own.network, node)
        if client is not None and client in vip_address.network and (way := _astray(node, vip_address, client, vip)):
            yield way, cite(own, "the hosts of {subnet} are behind {wire}", subnet=own.network, wire=own.link)
