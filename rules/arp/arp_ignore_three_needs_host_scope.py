"""arp_ignore=3 hides only addresses of scope host, and the VIP's scope is wider."""

from collections.abc import Iterator
from itertools import product

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Node,
    Predicts,
    Severity,
    arp_reply,
    effective,
    hide_vips,
    rule,
    sent_directly,
    vip_on_segment,
)


@rule(
    name="arp-ignore-three-needs-host-scope",
    code="ARP010",
    severity=Severity.ERROR,
    explains=Decision.ARP_REPLY,
    role="real-server",
    needs={"sysctl | configured-sysctl", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "arptables", "memberships"},
    only_ipv4=True,
)
def arp_ignore_three_needs_host_scope(node: Node) -> Iterator[Finding]:
    for vip, link in product(node.hidden_vips, node.links_hearing_arp):
        held = node.holding(vip.ip)
        if not held or effective(node, "arp_ignore", link.name).value != 3:
            continue
        if any(address.link == link.name for address in held):
            continue  # only level 8 hides it there: vip-on-answering-link
        if reply := arp_reply(node, vip.ip, arrived_on=link):
            wide = next((address for address in held if address.scope != "host"), held[0])
            segment = vip_on_segment(node, vip.ip, link)
            yield Finding(
                "{node} answers ARP requests for VIP {vip} on {link} (arp_ignore=3, VIP on {held} with scope {scope})",
                clients=sent_directly(segment),
                about={"vip": vip.ip, "link": link.name},
                evidence=[*filter(None, [segment]), *reply.because],
                fix=hide_vips(node),
                severity=None if segment else Severity.WARNING,
                predicts=Predicts.ANSWERS,
                held=wide.link,
                scope=wide.scope,
            )
