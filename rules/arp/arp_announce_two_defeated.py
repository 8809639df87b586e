"""The VIP is the address that the kernel itself picks as sender on an interface, whatever arp_announce says."""

from collections.abc import Iterator
from itertools import product

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Fix,
    Link,
    Node,
    Predicts,
    Severity,
    add_address,
    effective,
    hide_vips,
    leak_at_any_level,
    move_vip_to_lo,
    rule,
    vip_on_segment,
    word,
)


@rule(
    name="arp-announce-two-defeated",
    code="ARP013",
    severity=Severity.ERROR,
    explains=Decision.ARP_SENDER,
    role="real-server",
    needs={"sysctl | configured-sysctl", "addresses", "links"},
    helps={"routes", "neighbours", "arptables", "memberships"},
    only_ipv4=True,
)
def arp_announce_two_defeated(node: Node) -> Iterator[Finding]:
    for vip, link in product(node.vips, node.links_hearing_arp):
        if not (leaking := leak_at_any_level(node, vip.ip, link)):
            continue
        hop, sender = leaking
        on_link = [address for address in node.holding(vip.ip) if address.link == link.name]
        segment, level = vip_on_segment(node, vip.ip, link), effective(node, "arp_announce", link.name)
        message = (
            "{node} uses VIP {vip} as sender IP address in ARP requests for {hop} on {link} at every arp_announce"
            if on_link
            else "{node} uses VIP {vip} as sender IP address in ARP requests for {hop} on {link}, which has no address"
        )
        yield Finding(
            message,
            clients="Hosts that receive these ARP requests send traffic for {vip} to {node} directly."
            if segment
            else "If hosts on {link} use {vip}, the traffic of these hosts goes to {node} directly.",
            about={"vip": vip.ip, "link": link.name},
            evidence=[*filter(None, [segment]), *sender.because, *level.because],
            fix=hide_vips(node) + (move_vip_to_lo(node, on_link[0]) if on_link else _an_own_address(node, link)),
            severity=None if segment else Severity.WARNING,
            predicts=Predicts.SENDER,
            hop=hop,
            level=level.value,
        )


def _an_own_address(node: Node, link: Link) -> Fix:
    """The host's own address on this link too: it is the sender then."""
    vips = {vip.ip for vip in node.vips}
    own = [a.ip for a in node.addresses if a.ip.version == 4 and a.scope in ("", "global") and a.ip not in vips]
    if not own:
        return Fix(persist=(f"# give {word(link.name)} an address of its own, in the subnet of its neighbours",))
    better = "An address of the subnet of the neighbours is better, if one is free."
    return add_address(f"{own[0]}/32", link.name) + Fix(warning=better)
