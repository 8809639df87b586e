"""arp_ignore or arp_announce was set for conf.default alone, which interfaces that exist already do not read."""

from collections.abc import Iterator
from itertools import islice, product

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
    conf_key,
    effective,
    hide_vips,
    leak,
    rule,
    vip_on_segment,
)

ANSWERS = "{node} answers ARP requests for VIP {vip} on {link}, for arp_ignore={value} is set in default alone"
LEAKS = "{node} uses VIP {vip} as sender of ARP requests on {link}, for arp_announce={value} is set in default alone"


@rule(
    name="setting-only-in-default", code="SYS005", severity=Severity.ERROR, explains=Decision.ARP_REPLY,
    role="real-server",
    needs={"sysctl", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "arptables", "memberships", "neighbours"},
    only_ipv4=True,
)  # fmt: skip
def setting_only_in_default(node: Node) -> Iterator[Finding]:
    for vip, link in product(node.hidden_vips, node.links_hearing_arp):
        yield from islice(_of_link(node, vip.ip, link), 1)


def _of_link(node: Node, vip: IP, link: Link) -> Iterator[Finding]:
    if (setting := _in_default(node, "arp_ignore", link)) and (reply := arp_reply(node, vip, arrived_on=link)):
        yield _finding(node, ANSWERS, vip, link, setting, reply.because, Predicts.ANSWERS)
    if (setting := _in_default(node, "arp_announce", link)) and (leaking := leak(node, vip, link)):
        yield _finding(node, LEAKS, vip, link, setting, leaking[1].because, Predicts.SENDER)


def _finding(
    node: Node, message: str, vip: IP, link: Link, setting: Setting, because: tuple[Citation, ...], predicts: Predicts
) -> Finding:
    segment = vip_on_segment(node, vip, link)
    return Finding(
        message,
        clients="Some send to {node} directly, not through the director.",
        about={"vip": vip, "link": link.name},
        evidence=[cite(setting, "read when an interface is made, not later"), *filter(None, [segment]), *because],
        fix=hide_vips(node),
        severity=None if segment else Severity.WARNING,
        predicts=predicts,
        value=setting.value,
    )


_GOOD = {"arp_ignore": (1, 2), "arp_announce": (2,)}


def _in_default(node: Node, name: str, link: Link) -> Setting | None:
    """conf.default's value, where it would help, lo has none, and the link did not take it over."""
    key, of_lo = conf_key("default", name), conf_key("lo", name)
    if not node.knows_sysctl(key) or not node.knows_sysctl(conf_key(link.name, name)):
        if (absent := node.unseen("sysctl")) is not None:
            raise absent
        return None
    if effective(node, name, link.name) or (node.knows_sysctl(of_lo) and node.sysctl(of_lo).value):
        return None
    setting = node.sysctl(key)
    return setting if setting.value in _GOOD[name] else None
