"""arp_ignore or arp_announce is set on lo, where no ARP packet ever passes."""

from collections.abc import Iterator
from itertools import product

from lvsdoctor.rulekit import (
    IP,
    Finding,
    Link,
    Node,
    Predicts,
    Setting,
    Severity,
    arp_reply,
    cite,
    conf_key,
    effective,
    hide_vips,
    leak,
    leak_at_any_level,
    rule,
    vip_on_segment,
)


@rule(
    name="arp-ignore-only-on-lo",
    code="ARP002",
    severity=Severity.ERROR,
    role="real-server",
    needs={"sysctl | configured-sysctl", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "arptables", "memberships", "neighbours"},
    instead_of={"real-server-answers-arp", "vip-leaks-as-arp-sender", "arp-announce-one-in-vip-subnet"},
    only_ipv4=True,
)
def arp_ignore_only_on_lo(node: Node) -> Iterator[Finding]:
    for vip, link in product(node.hidden_vips, node.links_hearing_arp):
        if finding := _answers(node, vip.ip, link) or _leaks(node, vip.ip, link):
            yield finding


def _answers(node: Node, vip: IP, link: Link) -> Finding | None:
    deaf, unread = _set_where_nobody_reads(node, "arp_ignore")
    if unread is None or effective(node, "arp_ignore", link.name):
        return None
    reply, segment = arp_reply(node, vip, arrived_on=link), vip_on_segment(node, vip, link)
    if not reply:
        return None
    return Finding(
        "{node} answers ARP for VIP {vip} on {link}: arp_ignore={value} is set on {deaf}, which hears no ARP",
        about={"vip": vip, "link": link.name},
        evidence=[cite(unread, "set here, read by nobody"), *filter(None, [segment]), *reply.because],
        fix=hide_vips(node),
        severity=None if segment else Severity.WARNING,
        predicts=Predicts.ANSWERS,
        deaf=deaf,
        value=unread.value,
    )


def _leaks(node: Node, vip: IP, link: Link) -> Finding | None:
    deaf, unread = _set_where_nobody_reads(node, "arp_announce")
    leaking = leak(node, vip, link)
    if unread is None or leaking is None or leak_at_any_level(node, vip, link):
        return None
    (hop, sender), segment = leaking, vip_on_segment(node, vip, link)
    return Finding(
        "{node} names VIP {vip} as the sender when it asks for {hop} on {link}: "
        "arp_announce={value} is set on {deaf}, which sends no ARP",
        about={"vip": vip, "link": link.name},
        evidence=[cite(unread, "set here, read by nobody"), *filter(None, [segment]), *sender.because],
        fix=hide_vips(node),
        severity=None if segment else Severity.WARNING,
        predicts=Predicts.SENDER,
        deaf=deaf,
        value=unread.value,
        hop=hop,
    )


def _set_where_nobody_reads(node: Node, name: str) -> tuple[str, Setting | None]:
    """The first link without ARP where it is not 0. A bare link that is down (tunl0) took it from conf/default."""
    used = (link for link in node.links if not link.arp and (link.up or node.addresses_on(link.name)))
    deaf = ((link.name, node.sysctl(conf_key(link.name, name))) for link in used)
    return next(((link, setting) for link, setting in deaf if setting.value), ("", None))
