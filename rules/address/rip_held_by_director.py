"""A director holds the address of one of its real servers itself, so IPVS keeps that one's share on the director."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Citation,
    Decision,
    Finding,
    Fix,
    Node,
    OwnRip,
    Severity,
    announced_by,
    answered_elsewhere,
    assume,
    beside_own,
    cite,
    command,
    give_up,
    other_holder,
    own_rips,
    rule,
)

KEPT = "{node} holds RIP {rip} itself, and so does {holder}: IPVS keeps that share of {services} on {node}"
NEVER = KEPT + ", and {holder} is never served"
LATER = KEPT + " once its weight is more than 0 again"
MOVED = (
    "{node} holds RIP {rip} itself, which was at {holder} not long ago: IPVS keeps that share of {services} on "
    "{node}, and the host there is never served"
)
MAYBE = (
    "{node} holds RIP {rip} itself, beside its address {holder}: IPVS keeps that share of {services} on {node}, and "
    "if another host is that real server it is never served"
)


@rule(
    name="rip-held-by-director",
    code="ADDR006",
    severity=Severity.ERROR,
    explains=Decision.REAL_SERVER,
    role="director",
    needs={"ipvs", "addresses"},
    helps={"links", "neighbours", "local-routes", "policy-rules", "routes", "sysctl"},
    instead_of={"local-node-not-listening"},
)
def rip_held_by_director(node: Node) -> Iterator[Finding]:
    for own in own_rips(node):
        found = _another_host(node, own)
        if found is None:
            continue
        message, holder, shown, fix = found
        yield Finding(
            message,
            about={"rip": own.rip},
            holder=holder,
            services=", ".join(str(service) for service, _ in own.listed),
            severity=Severity.WARNING if own.idle or message is MAYBE else None,
            evidence=[*(cite(real, "listed as a real server") for _, real in own.listed), *own.home.because, *shown],
            fix=give_up(node, own.rip) + fix,
        )


def _another_host(node: Node, own: OwnRip) -> tuple[str, str, list[Citation], Fix] | None:
    """What tells that the real server is another host, from the surest evidence to the weakest."""
    if other := other_holder(node, own):
        peer, held = other
        has_it = [cite(held, "{holder} has it too", holder=peer.name)]
        if not peer.has("ipvs") and len({address.link for address in peer.addresses} - {"lo"}) > 1:
            has_it.append(assume("ipvs", f"{peer.name} has no such service", settle=f"ipvsadm -Sn  # on {peer.name}"))
        return LATER if own.idle else NEVER, peer.name, has_it, announced_by(peer.name, [held.link], own.rip)
    ask = command("arping", "-D", "-c", 3, "-I", next(iter(own.home.links), "eth0"), own.rip)
    unsure = assume("addresses", "another host is this real server", settle=ask)
    if entry := answered_elsewhere(node, own.rip):
        return MOVED, entry.mac, [cite(entry, "a host answered for it"), unsure], Fix()
    if beside := beside_own(node, own.rip):
        return MAYBE, str(beside.ip), [cite(beside, "{node} itself, there", node=node.name), unsure], Fix()
    return None
