"""An IPv6 VIP of the director is tentative or failed its check for duplicates: the director does not use it."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    Citation,
    Decision,
    Finding,
    Node,
    NotCollected,
    Severity,
    cite,
    directed_vips,
    put_again,
    refuse_unmarked,
    rule,
)

FAILED = "{node} does not use VIP {vip} on {link} after a failed check for duplicates"
CHECKING = "{node} does not use VIP {vip} on {link} before the end of the check for duplicates"
NOT_REACHED = "Clients do not reach {node} by {vip}."


@rule(
    name="vip6-not-usable",
    code="V6008",
    severity=Severity.ERROR,
    explains=Decision.ARP_REPLY,
    role="director",
    needs={"ipvs", "addresses"},
    only_ipv6=True,
)
def vip6_not_usable(node: Node) -> Iterator[Finding]:
    for vip in (vip for vip in directed_vips(node) if vip.version == 6):
        rows = node.holding(vip)
        if any(row.flagless for row in rows):
            raise NotCollected("addresses", node.name)
        if not rows or any(row.usable or "optimistic" in row.flags for row in rows):
            continue
        held = next((row for row in rows if "dadfailed" in row.flags), rows[0])
        failed, holders = "dadfailed" in held.flags, list(_holders(node, vip))
        yield Finding(
            FAILED if failed else CHECKING,
            clients=NOT_REACHED,
            about={"vip": vip, "link": held.link},
            severity=None if failed and _proved(node, vip) else Severity.WARNING,
            evidence=[cite(held, "not an address of {node} for IPVS", node=node.name), *holders],
            fix=put_again(held),
        )
    refuse_unmarked(node, 6)


def _holders(node: Node, vip: IP) -> Iterator[Citation]:
    """Other hosts of the scan that use the VIP on an interface: a partner that is active, or one with a finding."""
    for peer in node.peers_holding(vip):
        for address in peer.holding(vip):
            if address.usable and address.link != "lo":
                yield cite(address, "{peer} has the VIP too", peer=peer.name)


def _proved(node: Node, vip: IP) -> bool:
    """Is a holder seen that is neither a director of the VIP nor one of its real servers? Another director may be the
    active one, be it shown or not."""
    real_servers = {real.ip for service in node.services for real in service.destinations}
    directors = {peer.name for peer in node.peers_directing(vip)}
    holders = [peer for peer in node.peers_holding(vip) if any(a.usable and a.link != "lo" for a in peer.holding(vip))]
    strangers = (peer for peer in holders if peer.has("ipvs") and peer.name not in directors)
    return any(not any(peer.holding(rip) for rip in real_servers if rip) for peer in strangers)
