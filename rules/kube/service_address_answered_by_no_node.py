"""Every node is silent about a service's address that kube-proxy keeps, and another host asked for it in vain."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Fix,
    Node,
    NotCollected,
    Predicts,
    Severity,
    answers_arp_or_ndp,
    arp_unanswered,
    asked_by_others,
    cite,
    rule,
    service_addresses,
)

ASK = "ip neigh show  # on another host of the segment that asked for it"
SPEAKER = Fix(
    now=("# let a speaker announce it (MetalLB in layer 2 mode, kube-vip), or give the routers a route to the nodes",)
)


@rule(
    name="service-address-answered-by-no-node",
    code="K8S002",
    severity=Severity.ERROR,
    explains=Decision.ARP_REPLY,
    role="director",
    needs={"addresses", "links", "sysctl | configured-sysctl"},
    helps={"arptables", "local-routes", "memberships", "neighbours", "policy-rules", "routes"},
    only_ipv4=True,
)
def service_address_answered_by_no_node(node: Node) -> Iterator[Finding]:
    doubt: NotCollected | None = None
    for kept in (kept for kept in service_addresses(node) if kept.ip.version == 4):
        vip, silent = kept.ip, list(arp_unanswered(node, kept.ip))
        holders = list(node.peers_holding(vip)) if silent else []
        # Of the nodes that keep it one is told.
        if not silent or any(peer.name < node.name for peer in holders):
            continue
        if any(answers_arp_or_ndp(host, vip) for host in (node, *holders)):
            continue
        asked = asked_by_others(node, vip)
        if not asked.answered and not asked.in_vain:
            doubt = NotCollected("neighbours", node.name, str(vip), ASK)
        for silence in silent if asked.in_vain and not asked.answered else ():
            yield Finding(
                "{node} does not answer ARP requests for service address {vip} on {link}",
                clients="Hosts on the segment of {link} cannot reach {vip}.",
                about={"vip": vip, "link": silence.link.name},
                predicts=Predicts.UNANSWERED,
                evidence=[
                    cite(kept, "kept by kube-proxy on {link}", link=kept.link),
                    *silence.because,
                    *(cite(entry, "{peer} gets no answer", peer=peer.name) for peer, entry in asked.in_vain),
                ],
                fix=SPEAKER,
            )
    if doubt is not None:
        raise doubt
