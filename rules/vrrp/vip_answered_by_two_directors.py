"""Two directors both answer ARP requests, or neighbour solicitations, for the VIP on one segment: split brain."""

from collections.abc import Iterator, Sequence
from itertools import product

from lvsdoctor.rulekit import (
    IP,
    ArpOwner,
    Decision,
    Finding,
    Fix,
    Node,
    Predicts,
    Severity,
    announced_by,
    arp_owners_noted,
    cite,
    directed_vips,
    give_up,
    hide_vips,
    kept_on_kube_link,
    refuse_unmarked,
    rule,
    same_segment,
)

SPLIT = "{node} answers ARP requests for VIP {vip} on {link}, and director {other} does too"
SPLIT6 = "{node} answers neighbour solicitations for VIP {vip} on {link}, and director {other} does too"
SHARED = "Some clients reach {node}, other clients {other}. Connections break when clients change sides."
REPAIR_VRRP = Fix(
    persist=(
        "# where keepalived moves it: let VRRP in on both directors, and save it: iptables -I INPUT -p vrrp -j ACCEPT",
        "# in keepalived.conf of both: the same virtual_router_id, interface, advert_int and authentication",
    ),
    warning="The director that gives up the VIP loses its connections. If keepalived moves the VIP, it adds the VIP "
    "again until the directors receive the adverts of each other.",
)


@rule(
    name="vip-answered-by-two-directors", code="VRRP001", severity=Severity.ERROR, explains=Decision.ARP_REPLY,
    role="director", needs={"ipvs", "addresses", "links"},
    helps={"sysctl", "routes", "local-routes", "policy-rules", "arptables"},
)  # fmt: skip
def vip_answered_by_two_directors(node: Node) -> Iterator[Finding]:
    for vip in directed_vips(node):
        # Of a backup director that is sent the VIP, and of what kube-proxy keeps on every node, other rules tell.
        others = kept_on_kube_link(node, vip) or any(carried.ip == vip for carried in node.vips)
        ours = [] if others else list(arp_owners_noted(node, vip))
        told: set[str] = set()
        for peer in node.peers_directing(vip) if ours else ():
            theirs = list(arp_owners_noted(peer, vip))
            for mine, its in product(ours, theirs if _yields(node, ours, peer, theirs) else ()):
                pair = same_segment(node, mine.link, peer, its.link)
                if pair is None or mine.link.name in told:
                    continue
                told.add(mine.link.name)
                yield Finding(
                    SPLIT if vip.version == 4 else SPLIT6,
                    clients=SHARED,
                    about={"vip": vip, "link": mine.link.name},
                    predicts=Predicts.ANSWERS if vip.version == 4 else None,
                    other=peer.name,
                    evidence=[*mine.because, *its.because, *(cite(address, "on one segment") for address in pair)],
                    fix=_fix(node, vip, ours) + announced_by(peer.name, [its.link.name], vip),
                )
    refuse_unmarked(node, 4, 6)


def _yields(node: Node, ours: Sequence[ArpOwner], peer: Node, theirs: Sequence[ArpOwner]) -> bool:
    """One of the two is told: the one that holds the VIP on no wire, else the second by name."""
    on_wire, its_on_wire = (any(owner.addresses for owner in owners) for owners in (ours, theirs))
    return (on_wire, peer.name) < (its_on_wire, node.name)


def _fix(node: Node, vip: IP, ours: Sequence[ArpOwner]) -> Fix:
    wires = {owner.link.name for owner in ours if owner.addresses}
    elsewhere = any(held.link not in wires for held in node.holding(vip))
    hidden = hide_vips(node) if elsewhere and node.has("sysctl") else Fix()
    return sum((give_up(node, vip, on=wire) + REPAIR_VRRP for wire in sorted(wires)), hidden)
