"""Whom a node can answer in the name of a VIP: the way of replies, which have the VIP as their source.

A reply is the node's own packet: policy rules and tables are asked with the VIP as source and no link of arrival
(net/ipv4/ip_output.c: ip_queue_xmit(), net/ipv4/route.c: ip_route_output_key_hash_rcu()).
"""

from collections.abc import Iterator, Sequence

from lvsdoctor.analysis.filters.filter_paths import arrival_links
from lvsdoctor.analysis.kube.addresses import KUBE_LINK
from lvsdoctor.analysis.nat.translation import client_in
from lvsdoctor.kernel.carrier import leaves_nowhere
from lvsdoctor.kernel.default_gateways import default_gateways
from lvsdoctor.kernel.far_away import far_away
from lvsdoctor.kernel.policy_rules import Flow
from lvsdoctor.kernel.route_families import shows_local_routes, shows_routes
from lvsdoctor.kernel.routing import Lookup, is_local, route_lookup
from lvsdoctor.kernel.vrf import vrf_table, vrf_tables
from lvsdoctor.model.address import IP, Network
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.route import FAILING_TYPES, PolicyRule
from lvsdoctor.model.seen import Seen
from lvsdoctor.sanitize import command

_ALWAYS_SHOWN = ("local", "main", "default", "")


def answering_for(node: Node) -> dict[IP, Seen]:
    """The VIPs from which this node answers clients itself, and what tells so: as a real server, or as a director that
    is a real server of its own. Reads ipvs, addresses, local-routes, policy-rules, routes.

    Who has no role may be such a director: without a table that cannot be told, and NotCollected is raised. So may one
    be a real server whose addresses were seen in part.
    """
    found = {vip.ip: vip.seen for vip in node.vips}
    for service in node.services if node.has("ipvs") or not node.roles else ():
        serves = any(real.ip is not None and is_local(node, real.ip) for real in service.destinations)
        for vip, seen in service.vips if serves else ():
            # What kube-proxy keeps is asked for by the host itself and its pods.
            if not any(held.link == KUBE_LINK for held in node.holding(vip)):
                found.setdefault(vip, seen)
    if not (found or node.roles) and (absent := node.unseen("addresses")) is not None:
        raise absent
    return dict(sorted(found.items(), key=lambda item: item[0].version))


def reply_path(
    node: Node, vip: IP, client: IP | None = None, mark: int = 0, flow: Flow | None = None
) -> Lookup:  # fmt: skip
    """The route of a reply from the VIP to a client, or to one far away, with this mark, and protocol and ports if
    `flow` tells them; a service of a VRF answers by the VRF's table.

    Raises NotCollected where a policy rule leads to a table of which nobody collected the routes. Reads routes, and
    addresses, local-routes, policy-rules, links where collected.
    """
    client = client or far_away(vip.version)
    ways = [route_lookup(node, client, src=vip, within=link, mark=mark, flow=flow) for link in _vrf_ports(node, vip)]
    found = next((way for way in ways if way.type != "unreachable"), ways[0])
    if found.type == "unreachable":
        all_tables_seen(node, vip, vip.version)
    return found


def reply_table(node: Node, vip: IP) -> str:
    """The table where a route of replies from the VIP belongs: main, or that of the VRF that requests arrive in."""
    return vrf_table(node, *_vrf_ports(node, vip)) or "main"


def _vrf_ports(node: Node, vip: IP) -> tuple[str | None, ...]:
    """Of each VRF that requests to the VIP may arrive in a port, None for what is in no VRF.

    A connection stays in the VRF that its SYN arrived in (include/net/inet_sock.h: inet_request_bound_dev_if()).
    """
    if not node.has("links") or not vrf_tables(node):
        return (None,)
    ports = {vrf_table(node, link): link for link in arrival_links(node, vip) if vrf_table(node, link)}
    outside = any(not vrf_table(node, link) for link in arrival_links(node, vip))
    return (*((None,) if outside else ()), *ports.values())


def reply_paths(node: Node, vip: IP) -> Iterator[tuple[IP, Lookup]]:
    """A client far away and one in each subnet beyond a gateway, with the way of replies to them; each route once.
    Reads as reply_path()."""
    seen = []
    routes = [route for route in node.known_rows("routes") if route.dst.version == vip.version]
    beyond = [route.dst for route in routes if route.dst.prefixlen and route.gateways]
    clients = [client for subnet in beyond if (client := client_in(subnet, node))]
    for client in (far_away(vip.version), *clients):
        way = reply_path(node, vip, client)
        if way.route is not None and way.route not in seen:
            seen.append(way.route)
            yield client, way


def all_tables_seen(node: Node, src: IP | None = None, family: int = 4) -> None:
    """Raises NotCollected where a policy rule sends the node's own packets from `src` to a table that nobody showed:
    `ip route show` shows table main alone, `ip route show table all` the local one too. Reads as reply_path()."""
    whole = shows_local_routes(node, family)
    if whole or not node.has("policy-rules"):
        return
    seen = {route.table for route in node.routes}
    for rule in node.policy_rules:
        asked = rule.family == family and rule.action == "lookup" and (rule.src is None or (src and src in rule.src))
        if asked and rule.table not in (*_ALWAYS_SHOWN, *seen):
            ask = command("ip", *(["-6"] if family == 6 else []), "route", "show", "table", rule.table)
            raise NotCollected("routes", node.name, f"table {rule.table}", ask)


def answered_neighbours(node: Node, vip: IP) -> dict[Network, Lookup]:
    """The subnets of this node's wires whose hosts are answered from the VIP. Reads what reply_path() reads."""
    wires = {link.name for link in node.links_hearing_arp} if node.has("links") else None
    found: dict[Network, Lookup] = {}
    for address in node.addresses:
        subnet, on_wire = address.network, address.link in wires if wires is not None else address.link != "lo"
        of_clients = subnet.version == vip.version and subnet.prefixlen < subnet.max_prefixlen - 1
        if not on_wire or not of_clients or subnet.is_link_local or subnet in found:
            continue
        client = client_in(subnet, node)
        way = reply_path(node, vip, client) if client is not None else None
        if way is not None and way.type == "unicast" and leaves_nowhere(node, way) is None:
            found[subnet] = way
    return found


def answered_by_gateway(node: Node, vip: IP) -> tuple[Network, Lookup] | None:
    """Some clients beyond a gateway that are answered from the VIP, though not all are. Reads as reply_path()."""
    for route in node.routes:
        if route.dst.version == vip.version and route.dst.prefixlen and route.gateways:
            client = client_in(route.dst, node)
            if client is not None and (way := reply_path(node, vip, client)).gateways:
                return route.dst, way
    return None


def clients_beyond(node: Node, vip: IP) -> list[Citation]:
    """What tells that the VIP has clients whom this real server does not answer: a host with a route to the VIP, or
    another host that holds the VIP and has a gateway. That the VIP is in none of the real server's subnets tells
    nothing: its clients may be in one of them. Who really comes, only the director's connections tell.

    Reads as reply_path(), and the other nodes' addresses and routes, where collected.
    """
    seen = [peer for peer in node.peers if peer.has("addresses") and peer.has("routes")]
    holders = [peer for peer in seen if is_local(peer, vip)]
    for peer in (peer for peer in seen if peer not in holders):
        asks = route_lookup(peer, vip)
        own = [a for link in asks.links for a in peer.addresses_on(link) if a.ip.version == vip.version]
        own = [address for address in own if not address.ip.is_link_local]
        if asks.route is None or asks.type != "unicast" or not asks.route.dst.prefixlen or not own:
            continue  # a default route leads everywhere, and tells of no wish to reach the VIP
        if all(reply_path(node, vip, address.ip).type == "unreachable" for address in own):
            return [cite(asks.route, "{peer} uses this route to {vip}", peer=peer.name, vip=vip)]
    ways = {peer.name: route_lookup(peer, far_away(vip.version), src=vip) for peer in holders}
    gateways = [cite(w.route, "{peer} has a gateway", peer=name) for name, w in ways.items() if w.route and w.gateways]
    return gateways[:1]


def rule_that_ends(node: Node, lookup: Lookup) -> PolicyRule | None:
    """The policy rule (unreachable, blackhole, prohibit) that ended a lookup, if one did. Reads policy-rules."""
    quoted = {line.seen for line in lookup.because}
    rules = node.policy_rules if lookup.route is None and node.has("policy-rules") else ()
    return next((rule for rule in rules if rule.action in FAILING_TYPES and rule.seen in quoted), None)


def routers_beside(node: Node, vip: IP, down: Sequence[Link] = ()) -> Iterator[IP]:
    """Routers that this node has for neighbours, as far as default routes of this scan name them: its own, then the
    others'; those too that are in a subnet of `down`, links that come up again. None that takes the VIP for its own,
    for it would drop the replies. Reads routes, and the other nodes' addresses and routes where collected.
    """
    later = [row.network for link in down for row in node.addresses_on(link.name)]
    for other in (node, *node.peers):
        for _, hop in default_gateways(other, vip.version) if shows_routes(other, vip.version) else ():
            gateway = hop.gateway
            if (
                gateway is not None
                and not gateway.is_link_local
                and (
                    any(route_lookup(node, gateway, within=link).onlink for link in _vrf_ports(node, vip))
                    or any(gateway in network for network in later)
                )
                and not _holds_both(node, gateway, vip)
            ):
                yield gateway


def _holds_both(node: Node, gateway: IP, vip: IP) -> bool:
    known = [peer for peer in node.peers if peer.has("addresses")]
    return any(peer.holding(gateway) and is_local(peer, vip) for peer in known)
