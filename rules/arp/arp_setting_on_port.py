"""arp_ignore or arp_announce is set on the port of a bond or bridge, and IP receives ARP on the bond or bridge."""

from collections.abc import Iterator
from itertools import product

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
    set_on_port,
    vip_on_segment,
)

ANSWERS = "{node} answers ARP requests for VIP {vip} on {link}, as arp_ignore={value} is set on its port {port} alone"
LEAKS = "{node} uses VIP {vip} as sender of ARP requests on {link}, as arp_announce={value} is set on port {port} alone"


@rule(
    name="arp-setting-on-port",
    code="ARP006",
    severity=Severity.ERROR, explains=Decision.ARP_REPLY,
    role="real-server",
    needs={"sysctl", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "arptables", "memberships", "neighbours"},
    only_ipv4=True,
)  # fmt: skip
def arp_setting_on_port(node: Node) -> Iterator[Finding]:
    for vip, link in product(node.hidden_vips, node.links_hearing_arp):
        if finding := _answers(node, vip.ip, link) or _leaks(node, vip.ip, link):
            yield finding


def _answers(node: Node, vip: IP, link: Link) -> Finding | None:
    reply, on_port = arp_reply(node, vip, arrived_on=link), set_on_port(node, "arp_ignore", link)
    if not reply or on_port is None or effective(node, "arp_ignore", link.name):
        return None
    return _finding(node, ANSWERS, vip, link, on_port, reply.because, Predicts.ANSWERS)


def _leaks(node: Node, vip: IP, link: Link) -> Finding | None:
    leaking, on_port = leak(node, vip, link), set_on_port(node, "arp_announce", link)
    if leaking is None or on_port is None or leak_at_any_level(node, vip, link):
        return None
    return _finding(node, LEAKS, vip, link, on_port, leaking[1].because, Predicts.SENDER)


def _finding(
    node: Node, message: str, vip: IP, link: Link, on_port: tuple[Link, Setting], because: tuple[Citation, ...],
    predicts: Predicts,
) -> Finding:  # fmt: skip
    port, setting = on_port
    segment = vip_on_segment(node, vip, link)
    return Finding(
        message,
        clients="Some send to {node} directly, not through the director.",
        about={"vip": vip, "link": link.name},
        evidence=[cite(setting, "set on a port, where this has no effect"), *filter(None, [segment]), *because],
        fix=hide_vips(node),
        severity=None if segment else Severity.WARNING,
        predicts=predicts,
        port=port.name,
        value=setting.value,
    )
