"""arp_announce=1 on an interface whose subnet holds the VIP, where level 1 has the effect of 0."""

from collections.abc import Iterator
from itertools import product

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Node,
    Predicts,
    Severity,
    effective,
    hide_vips,
    leak,
    leak_at_any_level,
    rule,
)


@rule(
    name="arp-announce-one-in-vip-subnet",
    code="ARP004",
    severity=Severity.ERROR,
    explains=Decision.ARP_SENDER,
    general=True,
    role="real-server",
    needs={"sysctl | configured-sysctl", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "neighbours", "arptables"},
    only_ipv4=True,
)
def arp_announce_one_in_vip_subnet(node: Node) -> Iterator[Finding]:
    for vip, link in product(node.vips, node.links_hearing_arp):
        if effective(node, "arp_announce", link.name).value != 1 or leak_at_any_level(node, vip.ip, link):
            continue
        if leaking := leak(node, vip.ip, link):
            hop, sender = leaking
            yield Finding(
                "{node} uses VIP {vip} as sender IP address in ARP requests for {hop} on {link} (arp_announce=1)",
                clients="Hosts that receive these ARP requests send traffic for {vip} to {node} directly.",
                about={"vip": vip.ip, "link": link.name},
                evidence=sender.because,
                fix=hide_vips(node),
                predicts=Predicts.SENDER,
                hop=hop,
            )
