"""A real server of direct routing is behind a router, which sends the requests back to the VIP's holder."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    SAVE_TABLE,
    Citation,
    Decision,
    Destination,
    Finding,
    Fix,
    Forwarding,
    Lookup,
    Neighbour,
    Node,
    Severity,
    VirtualService,
    assume,
    change_real_server,
    cite,
    reach_directly,
    real_server,
    route_lookup,
    rule,
    tunnels_of,
)


@rule(
    name="real-server-behind-gateway", code="DR005", severity=Severity.ERROR, explains=Decision.ROUTE, role="director",
    needs={"ipvs", "addresses"}, helps={"routes", "local-routes", "policy-rules", "links", "neighbours"}, general=True,
)  # fmt: skip
def real_server_behind_gateway(node: Node) -> Iterator[Finding]:
    listed: dict[IP, list[tuple[VirtualService, Destination]]] = {}
    for service in node.services:
        for real in service.destinations:
            if real.forwarding is Forwarding.DR and real.ip is not None:
                listed.setdefault(real.ip, []).append((service, real))
    for rip, places in listed.items():
        way = route_lookup(node, rip)
        strangers = [hop for hop in way.gateways if not _same_host(node, hop, rip)]
        proxy = _proxy(node, rip) if way.onlink else None
        if way.type == "unicast" and (strangers or proxy):
            others = "" if len(places) == 1 else " and {others} more services"
            by = " through router {gateway}" if strangers else " at the MAC of router {gateway}"
            yield Finding(
                "{node} reaches real server {rip} of {service}" + others + by,
                clients="The router sends requests for {rip} back to the director. Clients get no reply.",
                about={"rip": rip},
                service=places[0][0],
                others=len(places) - 1,
                gateway=", ".join(map(str, strangers)) or (proxy.ip if proxy else ""),
                evidence=[
                    cite(places[0][1], "direct routing: only the MAC address is changed"),
                    *way.because,
                    *(_same_mac(node, rip, proxy) if proxy else _taken_for_a_router(way)),
                ],
                severity=Severity.WARNING if proxy and not _server_with_links(node, rip) else None,
                fix=reach_directly(node, rip) or sum((_tunnel_instead(node, *place) for place in places), Fix()),
            )


def _same_host(node: Node, gateway: IP, rip: IP) -> bool:
    """A host route may lead to a real server's loopback address through its own address on the wire."""
    server = real_server(node, rip)
    return gateway == rip or (server is not None and bool(server.holding(gateway)))


def _proxy(node: Node, rip: IP) -> Neighbour | None:
    """The gateway of this host that has the MAC at which it reaches a RIP, if that is not the real server's own."""
    entries = [entry for entry in node.neighbours if entry.mac] if node.has("neighbours") and node.has("routes") else []
    macs = {entry.mac for entry in entries if entry.ip == rip}
    gateways = {gateway for route in node.routes for gateway in route.gateways} if macs else set()
    server = _server_with_links(node, rip)
    own = {link.mac for link in server.links} if server else set()
    found = (entry for entry in entries if entry.ip in gateways and entry.mac in macs - own)
    return next((entry for entry in found if not _same_host(node, entry.ip, rip)), None)


def _same_mac(node: Node, rip: IP, proxy: Neighbour) -> list[Citation]:
    its = next(entry for entry in node.neighbours if entry.ip == rip and entry.mac == proxy.mac)
    lines = [
        cite(its, "{mac} answers for {rip}", mac=proxy.mac, rip=rip),
        cite(proxy, "a gateway of {node}", node=node.name),
    ]
    if not _server_with_links(node, rip):
        settle = "ip link show  # on the real server"
        lines.append(assume("links", "the gateway is not the real server itself", settle=settle))
    return lines


def _server_with_links(node: Node, rip: IP) -> Node | None:
    server = real_server(node, rip)
    return server if server is not None and server.has("links") else None


def _taken_for_a_router(lookup: Lookup) -> list[Citation]:
    if lookup.route is None or lookup.route.dst.prefixlen < lookup.route.dst.max_prefixlen:
        return []
    settle = "ip addr show  # on the real server"
    return [assume("addresses", "the gateway is not the real server itself", settle=settle)]


def _tunnel_instead(node: Node, service: VirtualService, real: Destination) -> Fix:
    first: tuple[str, ...] = ()
    if real.ip and {ip.version for ip in (real.ip, service.vip) if ip} == {4} and not _unpacks(node, real.ip):
        # A link without an address would fail even the loose check (net/ipv4/fib_frontend.c: last_resort).
        vip, loose = service.vip or "VIP", "sysctl -w net.ipv4.conf.tunl0.rp_filter=2"
        first = (f"# on {real.ip} first: modprobe ipip; ip link set tunl0 up; ip addr add {vip}/32 dev tunl0; {loose}",)
    return Fix(
        now=(*first, change_real_server("-e", service, real, how="-i")),
        persist=(f"{SAVE_TABLE} {real.ip} by tunnelling (-i, lvs_method TUN)",),
        warning="Tunnelling needs the real server's part as well: tunl0 up, rp_filter off or loose on it, and the VIP. "
        "Or give the director an interface in the real server's subnet, and keep direct routing.",
    )


def _unpacks(node: Node, rip: IP) -> bool:
    server = _server_with_links(node, rip)
    return server is not None and any(link.up for link in tunnels_of(server, "ipip"))
