"""A director marks the requests of a service and does not deliver them to itself, so IPVS never sees them."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    Decision,
    Finding,
    Node,
    NotCollected,
    Severity,
    VirtualService,
    assume,
    cite,
    deliver_marked_requests,
    delivered,
    directs,
    marked_vips,
    refuse_unseen_marks,
    rule,
)


@rule(
    name="marked-requests-not-delivered",
    code="FWM002",
    severity=Severity.ERROR,
    explains=Decision.IPVS,
    role="director",
    needs={"ipvs", "addresses"},
    helps={
        "ip6tables", "iptables", "links", "local-routes", "memberships", "neighbours", "policy-rules", "routes",
    },
    only_marks=True,
)  # fmt: skip
def marked_requests_not_delivered(node: Node) -> Iterator[Finding]:
    absent: NotCollected | None = None
    for service in (service for service in node.services if service.fwmark is not None):
        try:
            yield from _of(node, service)
        except NotCollected as lacking:
            absent = absent or lacking.anew()
    if absent is not None:
        raise absent


def _of(node: Node, service: VirtualService) -> Iterator[Finding]:
    vips = marked_vips(node, service)
    for vip, item in vips.items():
        here = delivered(node, vip, item.mark_for_routing)
        peers = [peer for peer in node.peers_with("ipvs") if peer.has("addresses") and peer.services]
        elsewhere = any(directs(peer, vip) and delivered(peer, vip) for peer in peers)
        known = node.has("neighbours") and any(entry.ip == vip and entry.mac for entry in node.neighbours)
        if here or elsewhere or known or any(_is_named(peer, service, vip) for peer in peers if peer.name < node.name):
            continue
        backup = not peers and not any(delivered(node, other.vip) for other in node.services if other.vip)
        text = "no other director has the VIP, of which this one is the backup"
        doubt = [assume("addresses", text, settle="# scan the directors together")] if backup else []
        yield Finding(
            "{node} marks requests for VIP {vip} for {service} and does not deliver them to IPVS",
            clients="Clients of {vip} get no reply.",
            about={"service": service, "vip": vip},
            severity=Severity.WARNING if backup and not node.peers else None,
            evidence=[cite(service), cite(item.by.rule, "marks the requests"), *here.because, *doubt],
            fix=deliver_marked_requests(node, vip, item),
        )
    refuse_unseen_marks(node, service.family)


def _is_named(peer: Node, service: VirtualService, vip: IP) -> bool:
    """Does another director mark the same requests? Of several the finding names one."""
    return any(row.fwmark == service.fwmark and vip in marked_vips(peer, row) for row in peer.services)
