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

TWICE = "{node} holds RIP {rip}, an address of {holder} too"
MOVED = "{node} holds RIP {rip}, which was at MAC {holder} before"
MAYBE = "{node} holds RIP {rip} beside its own address {holder}"
KEPT = "Clients of {services} whose request is for {rip} get a reply of {node}, or a refusal."
LATER = "At a weight above 0 for {rip}, clients of {services} get a reply of {node}, or a refusal."


@rule(
    name="rip-held-by-director",
    code="ADDR006",
    severity=Severity.ERROR,
    explains=Decision.REAL_SERVER,
    role="director",
    needs={"ipvs", "addresses | configured-addresses"},
    helps={"links", "neighbours", "local-routes", "policy-rules", "routes", "sysctl"},
)
def rip_held_by_director(node: Node) -> Iterator[Finding]:
    for own in own_rips(node):
        found = _another_host(node, own)
        if found is None:
            continue
        message, holder, shown, fix = found
        yield Finding(
            message,
            clients=LATER if own.idle else KEPT,
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
        has_it = [cite(held, "{holder} has {rip} too", holder=peer.name, rip=own.rip)]
        if not peer.has("ipvs") and len({row.link for row in peer.addresses if not row.host_only} - {"lo"}) > 1:
            has_it.append(assume("ipvs", f"{peer.name} has no such service", settle=f"ipvsadm -Sn  # on {peer.name}"))
        return TWICE, peer.name, has_it, announced_by(peer.name, [held.link], own.rip)
    link = next(iter(own.home.links), "eth0")
    v6 = own.rip.version == 6
    ask = command("ndisc6", "-m", own.rip, link) if v6 else command("arping", "-D", "-c", 3, "-I", link, own.rip)
    unsure = assume("addresses", "another host is this real server", settle=ask)
    if entry := answered_elsewhere(node, own.rip):
        return MOVED, entry.mac, [cite(entry, "a host answered for {rip}", rip=own.rip), unsure], Fix()
    if beside := beside_own(node, own.rip):
        return MAYBE, str(beside.ip), [cite(beside, "{node} itself, in the same subnet", node=node.name), unsure], Fix()
    return None
