"""arp_ignore is 8, which answers for no address at all, or a number that the kernel takes for 0."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    NOBODY,
    Decision,
    Finding,
    Link,
    Node,
    NotCollected,
    Predicts,
    Severity,
    answer_again,
    arp_ignored,
    arp_reply,
    cite,
    effective,
    has_permanent_entry,
    hide_vips,
    rule,
    sent_directly,
    taken_for_asked,
    vip_on_segment,
)

SILENT = "{node} answers no ARP request on {link} (arp_ignore=8)"


@rule(
    name="arp-ignore-level-misused", code="ARP011", severity=Severity.ERROR, explains=Decision.ARP_REPLY,
    needs={"sysctl | configured-sysctl", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "arptables", "memberships", "neighbours"},
    only_ipv4=True,
)  # fmt: skip
def arp_ignore_level_misused(node: Node) -> Iterator[Finding]:
    if not node.roles and node.standing.undecided:
        raise NotCollected(min(node.standing.undecided), node.name)
    for link in node.links_hearing_arp if node.roles else ():
        level = effective(node, "arp_ignore", link.name).value
        if level == 8:
            yield from _answers_nothing(node, link)
        elif level not in (0, 1, 2, 3):
            yield from _as_good_as_none(node, link, level)


def _answers_nothing(node: Node, link: Link) -> Iterator[Finding]:
    if node.planned and not node.addresses_on(link.name):  # files that do not say which address it has
        yield Finding(
            SILENT, about={"link": link.name}, explains=Decision.NEIGHBOUR, clients="Clients of {node} get no answer.",
            fix=hide_vips(node), evidence=effective(node, "arp_ignore", link.name).because,
        )  # fmt: skip
    rips = {listing.destination.ip for listing in node.memberships} if node.has("memberships") else set()
    for address in node.addresses_on(link.name):
        if address.ip.version == 4 and (address.ip in rips or not rips) and not has_permanent_entry(node, address.ip):
            silent = arp_ignored(node, address.ip, link, NOBODY).because
            yield Finding(
                SILENT, clients="Other hosts lose {node} ({ip}) when their neighbour cache entry expires.",
                about={"link": link.name}, explains=Decision.NEIGHBOUR,
                evidence=[cite(address, "requests get no answer"), *silent, *taken_for_asked(node, address.ip)],
                fix=answer_again(node, link.name), ip=address.ip,
            )  # fmt: skip
            return


def _as_good_as_none(node: Node, link: Link, level: int) -> Iterator[Finding]:
    for vip in node.hidden_vips:
        reply = arp_reply(node, vip.ip, arrived_on=link)
        if reply and not any(address.link == link.name for address in node.holding(vip.ip)):
            segment = vip_on_segment(node, vip.ip, link)
            yield Finding(
                "{node} answers ARP requests for VIP {vip} on {link} (arp_ignore={level} has the effect of 0)",
                clients=sent_directly(segment), level=level,
                about={"vip": vip.ip, "link": link.name}, evidence=[*filter(None, [segment]), *reply.because],
                fix=hide_vips(node), severity=None if segment else Severity.WARNING, predicts=Predicts.ANSWERS,
            )  # fmt: skip
