"""A real server holds the VIP on an interface that receives ARP requests, where only arp_ignore=8 would hide it."""

from collections.abc import Iterator
from itertools import product

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Node,
    Predicts,
    Severity,
    arp_reply,
    cite,
    effective,
    hide_vips,
    holding_seen,
    move_vip_to_lo,
    rule,
    sent_directly,
    vip_on_segment,
)


@rule(
    name="vip-on-answering-link",
    code="ARP005",
    severity=Severity.ERROR,
    explains=Decision.ARP_REPLY,
    role="real-server",
    needs={"sysctl | configured-sysctl", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "arptables", "memberships"},
    only_ipv4=True,
)
def vip_on_answering_link(node: Node) -> Iterator[Finding]:
    for vip, link in product(node.hidden_vips, node.links_hearing_arp):
        held = next((address for address in holding_seen(node, vip.ip) if address.link == link.name), None)
        if held and (reply := arp_reply(node, vip.ip, arrived_on=link)):
            segment = vip_on_segment(node, vip.ip, link)
            others = [line for line in (segment, *reply.because) if line and line.seen != held.seen]
            yield Finding(
                "{node} answers ARP requests for VIP {vip} on {link} (the VIP is on {link} itself)",
                clients=sent_directly(segment),
                about={"vip": vip.ip, "link": link.name},
                evidence=[cite(held, "on {link}, not on lo", link=link.name), *others],
                fix=hide_vips(node) + move_vip_to_lo(node, held),
                severity=None if segment else Severity.WARNING,
                predicts=Predicts.ANSWERS,
                level=effective(node, "arp_ignore", link.name).value,
            )
