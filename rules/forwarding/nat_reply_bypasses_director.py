"""A real server behind NAT sends its replies directly, not through the director that changes their source."""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.rulekit import (
    IP,
    Address,
    Decision,
    Finding,
    Fix,
    Lookup,
    Node,
    Severity,
    cite,
    delete_rule,
    far_away,
    gateway_to_director,
    hide_clients,
    hides_some_clients,
    hops_to,
    nat_memberships,
    no_source_nat,
    passes,
    passes_for_some,
    past_director,
    replace_route,
    restore_ipv6,
    route_lookup,
    rule,
    rule_that_ends,
    taken_for_active,
    taking_requests,
    wires_without,
)

BY_GATEWAY = "{node} sends replies from {rip} to gateway {hop}, not through director {director}"
STRAIGHT = "{node} sends replies from {rip} directly out of {hop}, not through director {director}"
NOWHERE = "{node} has no route for replies from {rip}, also not through director {director}"
SOME = "{node} sends replies from {rip} through director {director} only to {back}"
MARKED = "{node} sends replies from {rip} through director {director} only where a policy rule chooses table {back}"
DROPPED = "Clients get replies from {rip}, not from the VIP, and drop these replies."
OTHERS = "Clients whose replies take another route get no reply from the VIP."
CAREFUL = "All packets of this host to other subnets then go through the director, also an administrator's session."


@rule(
    name="nat-reply-bypasses-director", code="NAT001", severity=Severity.ERROR, explains=Decision.RETURN_PATH,
    role="real-server", needs={"memberships", "addresses | configured-addresses", "routes"},
    helps={"policy-rules", "local-routes", "links", "sysctl", "iptables", "ip6tables"}, harmless_at_weight_0=True,
)  # fmt: skip
def nat_reply_bypasses_director(node: Node) -> Iterator[Finding]:
    for rip, listings in (*nat_memberships(node).items(), *nat_memberships(node, 6).items()):
        taking = taking_requests(listings)
        listed, director = taking[0].destination, taking[0].director
        ours = hops_to(taking, rip)
        way = route_lookup(node, far_away(rip.version), src=rip)
        kept = [no_source_nat(m.director, m.service, m.destination, family=rip.version) for m in taking]
        if None in kept or (beyond := past_director(node, way, rip, director, ours)) is None:
            continue
        hop = next((gateway for gateway in way.gateways if gateway not in ours), None)
        message = NOWHERE if way.type != "unicast" else BY_GATEWAY if hop else STRAIGHT
        evidence = [cite(listed, "{director} masquerades to {rip}", director=director.name, rip=rip)]
        evidence += [*way.because, *beyond, *filter(None, kept), *taken_for_active(node, taking)]
        message = message if (back := passes_for_some(node, ours)) is None else SOME if back.table == "main" else MARKED
        evidence += [] if back is None else [cite(back, "replies by this route go through the director")]
        gateway = gateway_to_director(node, listings)
        evidence += [cite(gateway, "the director, on a subnet of {node}", node=node.name)] if gateway else []
        evidence += [] if gateway else [line for _, line in wires_without(director, rip)]
        yield Finding(
            message,
            clients="Clients get no reply from {node}." if message is NOWHERE else DROPPED if back is None else OTHERS,
            about={"rip": rip}, director=director.name, hop=hop or ", ".join(way.links),
            back=(back.dst if back.table == "main" else back.table) if back is not None else "",
            severity=Severity.WARNING if back is not None or hides_some_clients(taking) else None,
            evidence=evidence, fix=_fix(node, way, rip, director, gateway),
        )  # fmt: skip


def _fix(node: Node, lookup: Lookup, rip: IP, director: Node, gateway: Address | None) -> Fix:
    if gateway is None:  # No route leads to a director that is no neighbour: it has to make the replies come to it.
        hidden = hide_clients("::/0" if rip.version == 6 else "0.0.0.0/0", rip)
        off = [link for link, _ in wires_without(director, rip)]
        return replace(restore_ipv6(director, off, rip) if off else hidden, node=director.name)
    ends = rule_that_ends(node, lookup)
    fix = delete_rule(ends) if ends else Fix()
    if ends and passes(node, route_lookup(node, far_away(rip.version)), {address.ip for address in director.addresses}):
        return fix
    dst = str(lookup.route.dst) if lookup.route is not None and lookup.route.dst.prefixlen else "default"
    return fix + replace_route(dst, gateway.ip, lookup.route.table if lookup.route else "main") + Fix(warning=CAREFUL)
