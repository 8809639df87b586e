"""A node answers ARP for the address of a Kubernetes service that kube-proxy keeps on kube-ipvs0."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    Citation,
    Finding,
    Fix,
    Link,
    Node,
    Predicts,
    Severity,
    arp_owners,
    cite,
    hide_vips,
    rule,
    same_segment,
    service_addresses,
    vip_on_segment,
)

TWO = "{node} answers ARP requests for service address {vip} on {link}, and so does {other}"
ALONE = "{node} answers ARP requests for service address {vip} on {link}"
ANY = "Requests go to any of these nodes. Open connections end when a neighbour cache entry changes."
OTHER = "Requests may go to {node} instead of the node that announces {vip}."
STRICT = Fix(
    persist=("# in the ConfigMap of kube-proxy: ipvs: strictARP: true; then restart kube-proxy on every node",),
    warning="Until a speaker (MetalLB, kube-vip) announces the address no host of the segment finds it.",
)


@rule(
    name="service-address-answered-by-every-node",
    code="K8S001",
    severity=Severity.ERROR,
    role="director",
    needs={"addresses", "links", "sysctl | configured-sysctl"},
    helps={"arptables", "local-routes", "memberships", "policy-rules", "routes"},
    only_ipv4=True,
)
def service_address_answered_by_every_node(node: Node) -> Iterator[Finding]:
    for kept in (kept for kept in service_addresses(node) if kept.ip.version == 4):
        for owner in arp_owners(node, kept.ip):
            segment = vip_on_segment(node, kept.ip, owner.link)
            if segment is None:
                continue
            other, lines = _another(node, kept.ip, owner.link)
            yield Finding(
                TWO if other else ALONE,
                clients=ANY if other else OTHER,
                about={"vip": kept.ip, "link": owner.link.name},
                other=other,
                severity=None if other else Severity.WARNING,
                predicts=Predicts.ANSWERS,
                evidence=[*owner.because, segment, *lines],
                fix=hide_vips(node) + STRICT,
            )


def _another(node: Node, vip: IP, link: Link) -> tuple[str, list[Citation]]:
    """Another host of the segment that answers for the address as well: its name, and what tells it."""
    for peer in node.peers_holding(vip):
        for theirs in arp_owners(peer, vip) if peer.has("links") else ():
            if same_segment(node, link, peer, theirs.link):
                return peer.name, [
                    cite(held, "{other} has the same address", other=peer.name) for held in peer.holding(vip)
                ]
    return "", []
