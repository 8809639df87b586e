"""arp_ignore or arp_announce is set on lo, which receives and sends no ARP packet."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any

from lvsdoctor.rulekit import (
    IP,
    Citation,
    Decision,
    Finding,
    Link,
    Node,
    Predicts,
    Setting,
    Severity,
    arp_reply,
    cite,
    effective,
    hide_vips,
    leak,
    leak_at_any_level,
    rule,
    set_where_no_arp,
    vip_on_segment,
)  # fmt: skip

ANSWERS = "{node} answers ARP requests for VIP {vip} on {link}, as arp_ignore={value} is set on {deaf} alone"
LEAKS = (
    "{node} uses VIP {vip} as sender IP address in ARP requests on {link}, "
    "as arp_announce={value} is set on {deaf} alone"
)
UNNAMED = "{node} sets {name}={value} on {deaf} alone, so nothing hides its VIPs on {link}"
DIRECTLY = "Some reach {node} directly, not through the director."


@rule(
    name="arp-ignore-only-on-lo", code="ARP002", severity=Severity.ERROR, explains=Decision.ARP_REPLY,
    role="real-server", needs={"sysctl | configured-sysctl", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "arptables", "memberships", "neighbours"},
    only_ipv4=True,
)  # fmt: skip
def arp_ignore_only_on_lo(node: Node) -> Iterator[Finding]:
    for vip, link in product(node.hidden_vips, node.links_hearing_arp):
        if finding := _answers(node, vip.ip, link) or _leaks(node, vip.ip, link):
            yield finding
    if node.planned and not node.hidden_vips:
        for name, link in product(("arp_ignore", "arp_announce"), node.links_hearing_arp):
            unread, level = set_where_no_arp(node, name), effective(node, name, link.name)
            if unread is not None and not level:
                about = {"setting": name, "link": link.name}
                yield _finding(node, UNNAMED, about, unread, level.because, name=name)


def _answers(node: Node, vip: IP, link: Link) -> Finding | None:
    unread = set_where_no_arp(node, "arp_ignore")
    if unread is None or effective(node, "arp_ignore", link.name):
        return None
    reply, segment = arp_reply(node, vip, arrived_on=link), vip_on_segment(node, vip, link)
    if not reply:
        return None
    about, because = {"vip": vip, "link": link.name}, [*filter(None, [segment]), *reply.because]
    return _finding(node, ANSWERS, about, unread, because, sure=bool(segment), predicts=Predicts.ANSWERS)


def _leaks(node: Node, vip: IP, link: Link) -> Finding | None:
    unread, leaking = set_where_no_arp(node, "arp_announce"), leak(node, vip, link)
    if unread is None or leaking is None or leak_at_any_level(node, vip, link):
        return None
    (_, sender), segment = leaking, vip_on_segment(node, vip, link)
    about, because = {"vip": vip, "link": link.name}, [*filter(None, [segment]), *sender.because]
    return _finding(node, LEAKS, about, unread, because, sure=bool(segment), predicts=Predicts.SENDER)


def _finding(
    node: Node, message: str, about: Mapping[str, object], unread: tuple[str, Setting], because: Iterable[Citation],
    *, sure: bool = False, predicts: Predicts | None = None, **fields: Any,
) -> Finding:  # fmt: skip
    deaf, setting = unread
    evidence = [cite(setting, "{deaf} receives and sends no ARP packets", deaf=deaf), *because]
    return Finding(
        message, about=about, evidence=evidence, fix=hide_vips(node), severity=None if sure else Severity.WARNING,
        predicts=predicts, clients=DIRECTLY, deaf=deaf, value=setting.value, decided_by=setting,
        **fields,
    )  # fmt: skip
