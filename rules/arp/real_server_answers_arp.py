"""A real server answers ARP requests for the VIP, so clients send to it and not to the director."""

from collections.abc import Iterator
from itertools import product

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Node,
    Predicts,
    Severity,
    arp_reply,
    hide_vips,
    is_local,
    rule,
    sent_directly,
    vip_on_segment,
)


@rule(
    name="real-server-answers-arp",
    code="ARP001",
    severity=Severity.ERROR,
    explains=Decision.ARP_REPLY,
    general=True,
    role="real-server",
    needs={"sysctl | configured-sysctl", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "arptables", "memberships"},
    only_ipv4=True,
)
def real_server_answers_arp(node: Node) -> Iterator[Finding]:
    for vip, link in product(node.hidden_vips, node.links_hearing_arp):
        reply = arp_reply(node, vip.ip, arrived_on=link)
        if not reply or not is_local(node, vip.ip):  # a proxy answers for what is not its own: another pitfall
            continue
        segment = vip_on_segment(node, vip.ip, link)
        yield Finding(
            "{node} answers ARP requests for VIP {vip} on {link}",
            clients=sent_directly(segment),
            about={"vip": vip.ip, "link": link.name},
            evidence=[*filter(None, [segment]), *reply.because],
            fix=hide_vips(node),
            severity=None if segment else Severity.WARNING,
            predicts=Predicts.ANSWERS,
        )
