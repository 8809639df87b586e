"""A host's neighbour cache has the VIP at the MAC of a real server, a backup director or an unknown host."""

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

_BACKUP = "{node} sends packets for VIP {vip} to director {standby} ({mac} on {link}), which does not have the VIP"
_DROPPED = "{standby} drops requests of {node} and of clients behind {node}. {director} has the VIP."
_STRANGER = "{node} sends packets for VIP {vip} to {mac} on {link}, which no scanned director has"
_UNSEEN = "Requests of {node}, and of clients behind {node}, reach a director only if {mac} forwards these."


@rule(
    name="vip-cached-at-real-server", code="CL001", severity=Severity.ERROR, explains=Decision.ARP_REPLY,
    needs={"neighbours", "memberships"}, helps={"ipvs", "links", "addresses", "routes", "local-routes", "policy-rules"},
    consequence=True,
)  # fmt: skip
def vip_cached_at_real_server(node: Node) -> Iterator[Finding]:
    directors = [other for other in (node, *node.peers_with("ipvs")) if other.has("ipvs") and other.services]
    vips = {vip for director in directors for vip in directed_vips(director)}
    for entry in node.neighbours:
        if entry.ip not in vips or not entry.mac or entry.mac.startswith(VRRP_MACS) or _unused(node, entry):
            continue
        having = next((director for director in directors if director.links_with_mac(entry.mac)), None)
        if having and (not having.has("addresses") or delivered(having, entry.ip)):
            continue
        lacking = [fact for fact in ("addresses", "routes") if not node.has(fact)]
        used = [cite(entry, "packets from {node} to the VIP go to this MAC", node=node.name)]
        used += [assume(fact, "packets to the VIP use this neighbour cache entry") for fact in lacking]
        homes = {director.name: home for director in directors if (home := _home(director, entry.ip))}
        for holder in () if having else node.peers:
            links, destination = holder.links_with_mac(entry.mac), _listed(holder, directors)
            if links and destination:
                its = cite(links[0], "{mac} is the MAC of {holder}", mac=entry.mac, holder=holder.name)
                real = cite(destination, "{holder} is a real server", holder=holder.name)
                yield Finding(
                    "{node} sends packets for VIP {vip} to real server {holder} ({mac} on {link})",
                    clients="Requests of {node}, and of clients behind {node}, do not go through the director.",
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
                    _BACKUP if having else _STRANGER,
                    clients=_DROPPED if having else _UNSEEN,
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


def _unused(node: Node, entry: Neighbour) -> bool:
    """The VIP is this node's own, behind a gateway, or on another interface: then its packets ask not this entry."""
    used = route_lookup(node, entry.ip, within=entry.link) if node.has("routes") and node.has("addresses") else None
    elsewhere = used and (used.gateways or (used.type == "unicast" and entry.link not in used.links))
    return bool(elsewhere) or _home(node, entry.ip) is not None


def _listed(node: Node, directors: Sequence[Node]) -> Destination | None:
    """As which real server a director lists the node."""
    own = {address.ip for address in node.addresses} if node.has("addresses") else set()
    listed = (d for director in directors for service in director.services for d in service.destinations)
    return next((destination for destination in listed if destination.ip in own), None)


def _forget(entry: Neighbour, homes: Mapping[str, Lookup]) -> Fix:
    fix = Fix(
        now=(spell(RemoveNeighbour(entry.ip, entry.link, learned=entry.state != "PERMANENT")),),
        warning="First run the fixes of other findings about this VIP. Else the entry comes back.",
    )
    return sum((announced_by(name, home.links, entry.ip) for name, home in homes.items()), fix)
