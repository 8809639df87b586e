"""Marked packets to the VIP are local at the director, which has no such address, and hosts ask for the VIP by ARP."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Fix,
    Node,
    Predicts,
    Severity,
    add_address,
    announce_again,
    asked_in_vain,
    cite,
    directed_vips,
    refuse_unmarked,
    rule,
)

SILENT = "{asker} gets no answer to ARP requests for VIP {vip}, which is not an address of {node}"
LOST = "{asker} cannot send to {vip}. Clients behind {asker} get no reply."
PERHAPS = "{asker} cannot send to {vip}. Clients whose router has a route to {vip} through {node} are served."
OR_ROUTED = "Or give the router a route to {vip} through {node}. Then no host sends ARP requests for {vip}."


@rule(
    name="marked-vip-not-answered", code="ARP023", severity=Severity.ERROR, explains=Decision.ARP_REPLY,
    role="director", needs={"ipvs", "addresses", "links", "policy-rules", "routes"},
    helps={"local-routes", "neighbours", "sysctl", "arptables"},
)  # fmt: skip
def marked_vip_not_answered(node: Node) -> Iterator[Finding]:
    for vip in directed_vips(node):
        asked = asked_in_vain(node, vip)
        if asked is None:
            continue
        link = asked.subnet.link
        fix = add_address(f"{vip}/{vip.max_prefixlen}", link, node)
        announced = (announce_again(link, vip),) if vip.version == 4 else ()
        yield Finding(
            SILENT,
            clients=LOST if asked.router else PERHAPS,
            severity=None if asked.router else Severity.WARNING,
            about={"vip": vip},
            evidence=[
                cite(asked.entry, "no host answers {asker}", asker=asked.asker.name),
                asked.marked,
                cite(asked.subnet, "the VIP is in the subnet of {link}", link=link),
            ],
            fix=fix + Fix(now=announced, warning=OR_ROUTED.format(vip=vip, node=node.name)),
            predicts=Predicts.UNANSWERED,
            asker=asked.asker.name,
        )
    refuse_unmarked(node, 4, 6)
