"""Clients in the subnet of a real server behind NAT get its replies directly, and drop them."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    Citation,
    Decision,
    Finding,
    Network,
    Node,
    Severity,
    assume,
    cite,
    client_in,
    command,
    hide_clients,
    nat_pairs,
    no_source_nat,
    passes,
    real_server,
    route_lookup,
    rule,
    track_connections,
    waits_for_tracking,
)


@rule(
    name="nat-client-in-real-servers-subnet",
    code="NAT002",
    severity=Severity.WARNING,
    explains=Decision.RETURN_PATH,
    general=True,
    role="director",
    needs={"ipvs", "addresses"},
    helps={"routes", "policy-rules", "local-routes", "links", "sysctl", "iptables"},
    only_ipv4=True,
)
def nat_client_in_real_servers_subnet(node: Node) -> Iterator[Finding]:
    pairs = {(vip, rip): (service, real) for service, real, rip in nat_pairs(node) for vip, _ in service.vips}
    for (vip, rip), (service, destination) in pairs.items():
        shared = next((a for a in node.addresses if not a.host_only and vip in a.network and rip in a.network), None)
        straight = _answers_straight(node, rip, shared.network) if shared else ()
        client = client_in(shared.network, node) if shared and straight else None
        kept = no_source_nat(node, service, destination, client) if client is not None else None
        if kept is None or shared is None:
            continue
        waiting = client is not None and waits_for_tracking(node, service, destination, client)
        yield Finding(
            "{rip} replies directly to clients of VIP {vip} in {subnet}, not through director {node}",
            clients="Clients in {subnet} receive replies from {rip}, not from {vip}, and drop these replies.",
            about={"vip": vip, "rip": rip},
            decided_at=str(rip),
            subnet=shared.network,
            evidence=[
                cite(destination, "behind NAT"),
                cite(shared, "the subnet of {vip} and {rip} both", vip=vip, rip=rip),
                *straight,
                kept,
            ],
            fix=track_connections() if waiting else hide_clients(str(shared.network), rip),
        )


def _answers_straight(node: Node, rip: IP, subnet: Network) -> tuple[Citation, ...]:
    """What tells that the real server reaches clients of the subnet without a gateway; nothing if it does not."""
    peer = real_server(node, rip)
    if peer is None or peer.planned:
        settle = command("ip", "route", "get", client_in(subnet, node), "from", rip)
        return (assume("routes", f"{rip} has no route to {subnet} but the subnet's own", "on the real server", settle),)
    ours = {address.ip for address in node.seen_rows("addresses")}
    for route in peer.routes if peer.has("routes") else ():
        if route.dst.version == 4 and route.dst.prefixlen > subnet.prefixlen and ours & {*route.gateways}:
            return ()  # somebody routes these clients one by one
    client = client_in(subnet, node, peer)
    way = route_lookup(peer, client, src=rip) if client else None
    return way.because if way is not None and way.onlink and not passes(peer, way, ours) else ()
