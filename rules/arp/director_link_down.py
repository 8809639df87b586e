"""A director holds the VIP, and the interface on the VIP's segment is down or has no carrier."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Node,
    Predicts,
    Severity,
    assume,
    assume_without,
    bring_up,
    cite,
    cut_segment,
    directed_vips,
    drawn_by_any,
    is_local,
    kept_on_kube_link,
    kept_while_down,
    refuse_unmarked,
    rule,
    serves_its_own,
)

DOWN = "{node} receives no packets for VIP {vip} on {link}, which is down"
NO_CARRIER = "{node} receives no packets for VIP {vip} on {link}, which has no carrier or no port"
ALONE = "Clients and routers on {link} cannot reach {vip}, unless another director answers."
ASK = "arping -c 3 VIP  # on another host of the segment"
NOT_SCANNED = assume("ipvs", "no other director of the VIP", settle=ASK)
# On the interface of its segment a director has it while it is the active one; a second holder is a fault of its own.
NO_SECOND = assume_without("", "no other host has the VIP as well", ASK)


@rule(
    name="director-link-down",
    code="ARP022",
    severity=Severity.ERROR,
    explains=Decision.ARP_REPLY,
    role="director",
    needs={"ipvs", "addresses", "links"},
    helps={"sysctl", "routes", "local-routes", "policy-rules", "arptables"},
)
def director_link_down(node: Node) -> Iterator[Finding]:
    for vip in directed_vips(node):
        local, kept = is_local(node, vip), kept_while_down(node, vip)
        if (local is None and kept is None) or (segment := cut_segment(node, vip)) is None:
            continue
        wires = (node.link(held.link) for held in node.holding(vip))
        active = any(wire is not None and wire.arp for wire in wires)
        if not active and kept_on_kube_link(node, vip):
            continue
        others = list(node.peers_directing(vip))
        if drawn_by_any(vip, others):
            continue
        standby = not others and serves_its_own(node, vip, (node,))
        link = segment.link
        yield Finding(
            NO_CARRIER if link.up else DOWN,
            clients=ALONE,
            about={"vip": vip, "link": link.name},
            evidence=[
                *segment.cut.because,
                cite(segment.subnet, "{vip} is in the subnet of {link}", vip=vip, link=link.name),
                *(
                    line
                    for line in (local.because if local else [cite(kept)] if kept else ())
                    if line.seen != segment.subnet.seen
                ),
                NO_SECOND if active else NOT_SCANNED,
            ],
            fix=bring_up(link),
            severity=Severity.WARNING if standby else None,
            predicts=Predicts.SILENT if standby else Predicts.UNANSWERED,
            decided_by=link,
        )
    refuse_unmarked(node, 4, 6)
