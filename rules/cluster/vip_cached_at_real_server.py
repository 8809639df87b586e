"""A host's neighbour cache has the VIP at the MAC of a real server, of the standby, or of nobody known."""

from collections.abc import Iterator, Mapping, Sequence

from lvsdoctor.rulekit import (
    IP,
    VRRP_MACS,
    Decision,
    Destination,
    Finding,
    Fix,
    Lookup,
    Neighbour,
    Node,
    RemoveNeighbour,
    Severity,
    announced_by,
    assume,
    cite,
    delivered,
    directed_vips,
    is_local,
    route_lookup,
    rule,
    spell,
)

_STANDBY = (
    "{node} sends what is for VIP {vip} to {mac} on {link}: that is director {standby}, which does not have the VIP, "
    "while {director} has it"
)
_STRANGER = (
    "{node} sends what is for VIP {vip} to {mac} on {link}, which no director of this scan has: "
    "a director gets it only if that is a router that answers for the VIP and passes it on"
)


@rule(
    name="vip-cached-at-real-server", code="CL001", severity=Severity.ERROR, explains=Decision.ARP_REPLY,
    needs={"neighbours", "memberships"}, helps={"ipvs", "links", "addresses", "routes", "local-routes", "policy-rules"},
    consequence=True,
)  # fmt: skip
def vip_cached_at_real_server(node: Node) -> Iterator[Finding]:
    directors = [other for other in (node, *node.peers_with("ipvs")) if other.has("ipvs") and other.services]
    vips = {vip for director in directors for vip in directed_vips(director)}
    for entry in node.neighbours:
        if entry.ip not in vips or not entry.mac or entry.mac.startswith(VRRP_MACS) or _unused(node, entry.ip):
            continue
        having = next((director for director in directors if director.links_with_mac(entry.mac)), None)
        if having and (not having.has("addresses") or delivered(having, entry.ip)):
            continue
        lacking = [fact for fact in ("addresses", "routes") if not node.has(fact)]
        used = [cite(entry, "every packet from {node} to the VIP goes there", node=node.name)]
        used += [assume(fact, "packets to the VIP need its neighbour entry") for fact in lacking]
        homes = {director.name: home for director in directors if (home := _home(director, entry.ip))}
        for holder in () if having else node.peers:
            links, destination = holder.links_with_mac(entry.mac), _listed(holder, directors)
            if links and destination:
                its = cite(links[0], "{mac} is its MAC", mac=entry.mac)
                real = cite(destination, "{holder} is a real server", holder=holder.name)
                yield Finding(
                    "{node} sends what is for VIP {vip} to real server {holder}, past the director: "
                    "its neighbour cache on {link} has the VIP at {mac}",
                    about={"vip": entry.ip, "link": entry.link},
                    evidence=[*used, its, real],
                    fix=_forget(entry, homes),
                    decided_at=holder.name,
                    holder=holder.name,
                    mac=entry.mac,
                )
                break
        else:
            if homes and all(director.has("links") for director in directors):
                yield Finding(
                    _STANDBY if having else _STRANGER,
                    about={"vip": entry.ip, "link": entry.link},
                    evidence=[*used, *(line for home in homes.values() for line in home.because)],
                    fix=_forget(entry, homes),
                    severity=Severity.WARNING,
                    mac=entry.mac,
                    decided_at=having.name if having else entry.mac,
                    standby=having.name if having else "",
                    director=", ".join(homes),
                )


def _home(node: Node, vip: IP) -> Lookup | None:
    """What makes the VIP this node's own, as far as is known."""
    return is_local(node, vip) if node.has("addresses") else None


def _unused(node: Node, vip: IP) -> bool:
    """The VIP is this node's own, or behind a gateway: then its packets ask no neighbour entry of the VIP's."""
    if _home(node, vip) is not None:
        return True
    return node.has("routes") and node.has("addresses") and bool(route_lookup(node, vip).gateways)


def _listed(node: Node, directors: Sequence[Node]) -> Destination | None:
    """As which real server a director lists the node."""
    own = {address.ip for address in node.addresses} if node.has("addresses") else set()
    listed = (d for director in directors for service in director.services for d in service.destinations)
    return next((destination for destination in listed if destination.ip in own), None)


def _forget(entry: Neighbour, homes: Mapping[str, Lookup]) -> Fix:
    fix = Fix(now=(spell(RemoveNeighbour(entry.ip, entry.link, learned=entry.state != "PERMANENT")),))
    return sum((announced_by(name, home.links, entry.ip) for name, home in homes.items()), fix)
