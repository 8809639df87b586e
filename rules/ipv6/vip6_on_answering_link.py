"""A real server has an IPv6 VIP on an interface that answers for it, or on which the check for duplicates failed."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Node,
    Severity,
    cite,
    holding_seen,
    move_address,
    ndp_reply,
    rule,
    sent_directly,
    vip_on_segment,
)

ANSWERS = "{node} answers neighbour solicitations for VIP {vip} on {link}"
FAILED = "{node} does not use VIP {vip} on {link} after a failed check for duplicates"
CHECKING = "{node} does not use VIP {vip} on {link} before the end of the check for duplicates"
DROPPED = "{node} drops the requests for {vip}."


@rule(
    name="vip6-on-answering-link",
    code="V6002",
    severity=Severity.ERROR,
    explains=Decision.ARP_REPLY,
    role="real-server",
    needs={"addresses", "links"},
    helps={"memberships", "routes"},
    only_ipv6=True,
)
def vip6_on_answering_link(node: Node) -> Iterator[Finding]:
    listed = {vip.ip for vip in node.vips}
    for vip in (vip for vip in node.hidden_vips if vip.ip.version == 6):
        rows = holding_seen(node, vip.ip)
        for held in rows:
            link = node.link(held.link)
            if link is None or link not in node.links_hearing_arp:
                continue
            segment = vip_on_segment(node, vip.ip, link)
            if reply := ndp_reply(node, vip.ip, arrived_on=link):
                if segment is None:
                    continue
                lines = [cite(held, "on {link}, not on lo", link=link.name), segment, *reply.because[1:]]
                text, clients, severity = ANSWERS, sent_directly(segment), None
                if len(rows) > 1 and not (node.has("memberships") and node.memberships):
                    severity = Severity.WARNING  # a director may have it on lo, too, and nobody lists this host
            elif vip.ip in listed and not any(row.usable for row in rows):
                failed = "dadfailed" in held.flags
                text, clients, severity = FAILED, DROPPED, None
                if not failed:
                    text, severity = CHECKING, Severity.WARNING
                lines = [
                    cite(held, "another host has the VIP" if failed else "the kernel does not use the address yet")
                ]
            else:
                continue
            yield Finding(
                text,
                clients=clients,
                about={"vip": vip.ip, "link": link.name},
                severity=severity,
                evidence=lines,
                explains=None if reply else Decision.LOCAL_DELIVERY,
                fix=move_address(held, "lo"),
            )
