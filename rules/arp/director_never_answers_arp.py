"""A director keeps the VIP where arp_ignore makes it silent, so nobody on the segment finds the VIP."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    NOBODY,
    Finding,
    Fix,
    Node,
    Severity,
    add_address,
    announce_again,
    arp_ignored,
    draws,
    effective,
    is_local,
    rule,
    vip_on_segment,
)

ALONE = (
    "{node} does not answer ARP for VIP {vip} on {link}, nor does another director of this scan, so nobody there finds "
    "it: the VIP is kept on {held}, and arp_ignore={level} keeps {link} silent about it"
)
LOCAL_NODE = (
    "{node} does not answer ARP for VIP {vip} on {link}, which is right only while another director does: "
    "the VIP is kept on {held}, and arp_ignore={level} keeps {link} silent about it"
)
DAEMON = "If keepalived or another daemon moves the VIP between directors, change its link there and not by hand."


@rule(
    name="director-never-answers-arp",
    code="ARP018",
    severity=Severity.ERROR,
    role="director",
    needs={"ipvs", "sysctl", "addresses", "links"},
    helps={"routes", "local-routes", "policy-rules", "arptables", "memberships"},
)
def director_never_answers_arp(node: Node) -> Iterator[Finding]:
    for vip in dict.fromkeys(service.vip for service in node.services if service.vip and service.vip.version == 4):
        local = is_local(node, vip)
        others = [peer for peer in node.peers if peer.has("ipvs") and _directs(peer, vip)]
        # MetalLB answers for what kube-proxy keeps on kube-ipvs0 by itself, whatever the sysctls say.
        if local is None or any(name.startswith("kube-ipvs") for name in local.links):
            continue
        if any(draws(director, vip) for director in (node, *others)):
            continue
        for link in node.links_hearing_arp:
            segment, ignored = vip_on_segment(node, vip, link), arp_ignored(node, vip, link, NOBODY)
            if segment and ignored:
                standby = not others and _serves(node, vip)
                yield Finding(
                    LOCAL_NODE if standby else ALONE,
                    about={"vip": vip, "link": link.name},
                    evidence=[*local.because, segment, *ignored.because],
                    fix=add_address(f"{vip}/{vip.max_prefixlen}", link.name)
                    + Fix(now=(announce_again(link.name, vip),), warning=DAEMON),
                    severity=Severity.WARNING if standby else None,
                    held=", ".join(local.links),
                    level=effective(node, "arp_ignore", link.name).value,
                )


def _directs(node: Node, vip: IP) -> bool:
    return any(service.vip == vip for service in node.services)


def _serves(node: Node, vip: IP) -> bool:
    """Is the director a real server of the VIP itself? Then it keeps the VIP on lo while another director has it."""
    return node.has("memberships") and any(listing.service.vip == vip for listing in node.memberships)
