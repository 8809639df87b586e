"""A host that is no director answers neighbour solicitations for an IPv6 VIP, because it has a proxy entry for it."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Fix,
    Node,
    RemoveNeighbour,
    Severity,
    cite,
    directed_vips,
    ndp_proxied,
    rule,
    spell,
)

ANSWERS = "{node} answers neighbour solicitations for VIP {vip} on {link} by a proxy entry"
SOME = "Hosts that receive this answer first send to {node}. The director does not see their connections."


@rule(
    name="proxy-ndp-for-vip",
    code="V6003",
    severity=Severity.WARNING,
    explains=Decision.ARP_REPLY,
    needs={"neighbours", "links", "memberships"},
    helps={"sysctl", "ipvs"},
    only_ipv6=True,
)
def proxy_ndp_for_vip(node: Node) -> Iterator[Finding]:
    own = directed_vips(node) if node.has("ipvs") else {}
    for director in node.peers_with("ipvs"):
        for vip, listed in directed_vips(director).items():
            for link in node.links if vip.version == 6 and vip not in own else ():
                if not (answer := ndp_proxied(node, vip, arrived_on=link)):
                    continue
                kept = f"# in the script that adds it: no proxy entry for {vip}"
                yield Finding(
                    ANSWERS,
                    clients=SOME,
                    about={"vip": vip, "link": link.name},
                    evidence=[cite(listed, "the VIP of {director}", director=director.name), *answer.because],
                    fix=Fix(now=(spell(RemoveNeighbour(vip, link.name, proxy=True)),), persist=(kept,)),
                )
    for _ in node.neighbours:
        pass  # past the last row of a part of them, no entry is known to be absent
