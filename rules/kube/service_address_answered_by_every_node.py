"""A node answers ARP for the address of a Kubernetes service that kube-proxy keeps on kube-ipvs0."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Fix,
    Node,
    Predicts,
    Severity,
    another_owner,
    answering_in_files,
    arp_owners,
    assume,
    give_up,
    hide_vips,
    owner_elsewhere,
    rule,
    service_addresses,
    vip_on_segment,
)

TWO = "{node} answers ARP requests for service address {vip} on {link}, and so does {other}"
ALONE = "{node} answers ARP requests for service address {vip} on {link}"
FILES = "{node} lets every Kubernetes node answer ARP requests for the service addresses that {announcer} announces"
EXTERNAL = "{node} lets every Kubernetes node answer ARP requests for {vip}, an external IP of service {service}"
ANY = "Requests go to any of these nodes. Open connections end when a neighbour cache entry changes."
OTHER = "Requests may go to {node} instead of the node that announces {vip}."
STAND_IN = assume("sysctl", "net.ipv4.conf.all.arp_ignore = 0", settle="sysctl net.ipv4.conf.all.arp_ignore")
SPEAK = "# first let a speaker (MetalLB, kube-vip) announce {vip}. Without a speaker no host answers for {vip}."
STRICT = Fix(
    persist=("# in the ConfigMap of kube-proxy: ipvs: strictARP: true; then restart kube-proxy on every node",),
    warning="Until a speaker (MetalLB, kube-vip) announces the address no host of the segment finds it.",
)


@rule(
    name="service-address-answered-by-every-node",
    code="K8S001",
    severity=Severity.ERROR,
    explains=Decision.ARP_REPLY,
    general=True,
    role="director",
    needs={"addresses", "links", "sysctl | configured-sysctl"},
    helps={"arptables", "kube-state", "local-routes", "memberships", "policy-rules", "routes"},
    suffice={"kube"},
    only_ipv4=True,
)
def service_address_answered_by_every_node(node: Node) -> Iterator[Finding]:
    for kept in service_addresses(node) if node.is_a("director") else ():
        for owner in arp_owners(node, kept.ip) if kept.ip.version == 4 else ():
            segment = vip_on_segment(node, kept.ip, owner.link)
            if segment is None:
                continue
            other, lines = another_owner(node, kept.ip, owner.link)
            taken = owner_elsewhere(node, kept.ip)
            shown = [host for host in (node, *node.peers_holding(kept.ip)) if host.has("links")]
            speaking = any(row.link == o.name for h in shown for row in h.holding(kept.ip) for o in h.links_hearing_arp)
            first = Fix() if speaking else Fix(now=(SPEAK.format(vip=kept.ip),))
            yield Finding(
                TWO if other else ALONE,
                clients=ANY if other else OTHER,
                about={"vip": kept.ip, "link": owner.link.name},
                other=other,
                severity=None if other else Severity.WARNING,
                predicts=Predicts.ANSWERS,
                evidence=[*owner.because, segment, *lines],
                fix=give_up(node, kept.ip, on=kept.link) if taken else first + hide_vips(node) + STRICT,
            )
    for files in answering_in_files(node) if node.has("kube") else ():
        yield Finding(
            EXTERNAL if files.service else FILES,
            clients=ANY,
            about=files.about,
            service=files.service,
            severity=Severity.WARNING if files.service else None,
            evidence=[*files.because, STAND_IN],
            fix=STRICT,
        )
