"""A real server uses the VIP as sender of its ARP requests, and its neighbours learn the VIP at its MAC."""

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
    vip_on_segment,
)


@rule(
    name="vip-leaks-as-arp-sender",
    code="ARP003",
    severity=Severity.ERROR,
    explains=Decision.ARP_SENDER,
    general=True,
    role="real-server",
    needs={"sysctl | configured-sysctl", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "neighbours", "arptables", "memberships"},
    only_ipv4=True,
)
def vip_leaks_as_arp_sender(node: Node) -> Iterator[Finding]:
    for vip, link in product(node.vips, node.links_hearing_arp):
        level = effective(node, "arp_announce", link.name)
        if level.value in (1, 2) or leak_at_any_level(node, vip.ip, link):
            continue  # arp-announce-one-in-vip-subnet and arp-announce-two-defeated
        if not (leaking := leak(node, vip.ip, link)):
            continue
        (hop, sender), about = leaking, {"vip": vip.ip, "link": link.name}
        if segment := vip_on_segment(node, vip.ip, link):
            yield Finding(
                "{node} uses VIP {vip} as sender IP address in ARP requests for {hop} on {link} (arp_announce={level})",
                clients="Hosts that receive these ARP requests send traffic for {vip} to {node} directly.",
                about=about,
                evidence=[segment, *sender.because],
                fix=hide_vips(node),
                predicts=Predicts.SENDER,
                hop=hop,
                level=level.value,
            )
        else:
            yield Finding(
                "{node} uses VIP {vip} as sender IP address in ARP requests for {hop} on {link} (arp_announce={level})",
                clients="If hosts on {link} use {vip}, the traffic of these hosts goes to {node} directly.",
                about=about,
                evidence=sender.because,
                fix=hide_vips(node),
                severity=Severity.WARNING,
                predicts=Predicts.SENDER,
                hop=hop,
                level=level.value,
            )
