"""Whatever arp_announce says, the VIP is the address that speaks for the link."""

from collections.abc import Iterator
from itertools import product

from lvsdoctor.rulekit import (
    Finding,
    Fix,
    Node,
    Severity,
    add_address,
    effective,
    hide_vips,
    leak_at_any_level,
    move_vip_to_lo,
    rule,
    vip_on_segment,
)


@rule(
    name="arp-announce-two-defeated",
    code="ARP013",
    severity=Severity.ERROR,
    role="real-server",
    needs={"sysctl", "addresses", "links"},
    helps={"routes", "neighbours", "arptables", "memberships"},
)
def arp_announce_two_defeated(node: Node) -> Iterator[Finding]:
    for vip, link in product(node.vips, node.links_hearing_arp):
        if not (leaking := leak_at_any_level(node, vip.ip, link)):
            continue
        hop, sender = leaking
        ...
