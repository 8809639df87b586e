"""A director has a virtual service on an address that no director holds, so IPVS never sees a request."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    Citation,
    Decision,
    Finding,
    Fix,
    Node,
    Predicts,
    Severity,
    add_address,
    add_service_address,
    add_vip6,
    announce_again,
    answers_arp_or_ndp,
    arp_responders,
    assume,
    cite,
    delivered,
    directed_vips,
    former_home,
    impossible_kind,
    is_node_s_by_kube,
    listed_as,
    reached_by_route,
    rule,
    service_addresses,
    should_answer,
    word,
)

_SINGLE_HOLDER = (
    "Only one director may hold a VIP. Run this on the director that is to be active. If keepalived or pacemaker moves "
    "the VIP, repair that instead. It removes only an address that it added itself."
)

_MISSING = "{node} has a virtual service on VIP {vip}, which is not an address of {node}"
_ALONE = _MISSING + " (fine on the backup director of a pair)"
_NOBODY = "{node} has a virtual service on VIP {vip}, which no scanned director holds"
_LOST = "No request for {vip} reaches IPVS. Clients get no reply."
_PERHAPS = "Clients get no reply, unless another director holds {vip} and serves the clients."


@rule(
    name="vip-missing-on-director", code="ADDR002", severity=Severity.ERROR, explains=Decision.ARP_REPLY,
    role="director", needs={"ipvs", "addresses"}, general=True,
    helps={
        "ipvs-stats", "local-routes", "routes", "policy-rules", "links", "sysctl", "arptables", "neighbours",
        "memberships", "probes", "kube-state",
    },
)  # fmt: skip
def vip_missing_on_director(node: Node) -> Iterator[Finding]:
    vips = dict.fromkeys(service.vip for service in node.services if service.vip is not None)
    held = {address.ip for address in node.addresses}
    for vip in (vip for vip in vips if vip not in held and not impossible_kind(node, vip)[0]):
        here = delivered(node, vip)
        directors = [peer for peer in node.peers_directing(vip) if peer.has("addresses")]
        found = any(answers_arp_or_ndp(peer, vip) or reached_by_route(peer, vip) for peer in directors)
        elsewhere = found or should_answer(vip, [node, *directors]) is not node or is_node_s_by_kube(node, vip)
        maybe_standby = not directors and not any(delivered(node, other) for other in directed_vips(node))
        if here or elsewhere or _neighbour_has(node, vip) or (maybe_standby and _another_answers(node, vip)):
            continue
        proof: list[Citation] = [
            cite(s, "no address and no route here makes {vip} local", vip=vip) for s in node.services if s.vip == vip
        ]
        lacking = [peer for peer in directors if not delivered(peer, vip)]
        for peer in lacking:
            proof += [cite(s, "not local to {peer} either", peer=peer.name) for s in peer.services if s.vip == vip]
        if maybe_standby:
            text = "no other director holds the VIP, and this director is not the backup of a pair"
            proof.append(assume("addresses", text, settle="# scan the directors together"))
        yield Finding(
            _NOBODY if lacking and lacking == directors else _ALONE if maybe_standby and not node.peers else _MISSING,
            clients=_PERHAPS if maybe_standby and not node.peers else _LOST,
            about={"vip": vip},
            evidence=[*proof, *former_home(node, vip).because, *here.because],
            fix=_hold(node, vip, former_home(node, vip).link),
            # Scanned with its real servers it is their director; scanned alone it may be the backup of a healthy pair.
            severity=Severity.WARNING if maybe_standby and not node.peers else None,
            predicts=Predicts.UNANSWERED,
        )


def _neighbour_has(node: Node, vip: IP) -> bool:
    """Another host answered for the VIP not long ago: this one is the standby, or somebody hijacks it (CL001)."""
    return node.has("neighbours") and any(entry.ip == vip and entry.mac for entry in node.neighbours)


def _another_answers(node: Node, vip: IP) -> bool:
    """Did a probe hear another host that is no real server of the VIP? Then that one is the active director."""
    said = arp_responders(node) if node.has("probes") and node.has("links") else ()
    return any(listed_as(node, one, vip) is None for each in said if each.ip == vip for one in each.responders)


def _hold(node: Node, vip: IP, link: str | None) -> Fix:
    if (other := next(service_addresses(node), None)) is not None:  # every node of Kubernetes holds it
        return add_service_address(vip, other.link)
    if link is None:
        return Fix(
            now=(f"# put {vip}/{vip.max_prefixlen} on the interface that faces the clients",), warning=_SINGLE_HOLDER
        )
    now = (announce_again(link, vip),) if vip.version == 4 else ()
    kept = f"# where keepalived moves it: virtual_ipaddress {{ {vip}/{vip.max_prefixlen} dev {word(link)} }}"
    added = add_vip6(vip, link, node) if vip.version == 6 else add_address(f"{vip}/{vip.max_prefixlen}", link, node)
    return added + Fix(now=now, persist=(kept,), warning=_SINGLE_HOLDER)
