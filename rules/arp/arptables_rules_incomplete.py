"""arptables rules name the VIP, and the real server answers for it, or uses it as sender, all the same."""

from collections.abc import Iterator
from itertools import product

from lvsdoctor.rulekit import (
    IP,
    Citation,
    Decision,
    Finding,
    Fix,
    Link,
    Node,
    Predicts,
    Severity,
    arp_reply,
    cite,
    foreign_senders,
    hide_vips,
    leak,
    leak_at_any_level,
    move_vip_to_lo,
    rule,
    rules_naming,
    vip_on_segment,
)

ANSWERS = "{node} answers ARP requests for VIP {vip} on {link}, as no arptables rule drops them"
LEAKS = "{node} uses VIP {vip} as sender of ARP requests on {link}, as no arptables rule changes the sender"
FOREIGN = "{node} has an arptables rule that makes {ip} the sender in place of VIP {vip}, which is not its address"
PAST = "Some send to {node} directly, not through the director."
ELSEWHERE = "Hosts that receive such an ARP request send traffic for {ip} to {node}."


@rule(
    name="arptables-rules-incomplete",
    code="ARP008",
    severity=Severity.ERROR, explains=Decision.ARP_REPLY,
    role="real-server",
    needs={"sysctl", "addresses", "links", "arptables"},
    helps={"routes", "local-routes", "policy-rules", "memberships", "neighbours"},
    only_ipv4=True,
)  # fmt: skip
def arptables_rules_incomplete(node: Node) -> Iterator[Finding]:
    for vip, link in product(node.hidden_vips, node.links_hearing_arp):
        lines = [cite(row, "this rule names the VIP") for row in rules_naming(node, vip.ip)]
        if lines and (reply := arp_reply(node, vip.ip, arrived_on=link)):
            yield _finding(node, ANSWERS, vip.ip, link, [*lines, *reply.because], Predicts.ANSWERS)
        elif lines and not leak_at_any_level(node, vip.ip, link) and (leaking := leak(node, vip.ip, link)):
            yield _finding(node, LEAKS, vip.ip, link, [*lines, *leaking[1].because], Predicts.SENDER)
    for row, ip, foreign in foreign_senders(node):
        line = "# in this arptables rule: --mangle-ip-s with an address of this host"
        yield Finding(
            FOREIGN,
            clients=ELSEWHERE,
            about={"vip": ip, "ip": foreign},
            evidence=[cite(row, "{ip} is not an address of this host", ip=foreign)],
            fix=Fix(now=(line,), persist=(line,)),
            severity=Severity.WARNING,
            explains=Decision.ARP_SENDER,
        )


def _finding(node: Node, text: str, vip: IP, link: Link, because: list[Citation], predicts: Predicts) -> Finding:
    segment = vip_on_segment(node, vip, link)
    held = next((address for address in node.holding(vip) if address.link == link.name), None)
    return Finding(
        text,
        clients=PAST,
        about={"vip": vip, "link": link.name},
        evidence=[*because, *filter(None, [segment])],
        fix=hide_vips(node) + (move_vip_to_lo(node, held) if held else Fix()),
        severity=None if segment else Severity.WARNING,
        predicts=predicts,
    )
