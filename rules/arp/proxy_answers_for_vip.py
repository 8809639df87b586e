"""A host that is no director answers ARP requests for the VIP by proxy, and forwards what it gets elsewhere."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Node,
    Predicts,
    Severity,
    announced_by,
    cite,
    directed_vips,
    proxied_past,
    rule,
    stop_proxying,
)


@rule(
    name="proxy-answers-for-vip",
    code="ARP015",
    severity=Severity.ERROR,
    explains=Decision.ARP_REPLY,
    needs={"sysctl | configured-sysctl", "addresses", "links", "routes", "memberships"},
    helps={"ipvs", "local-routes", "policy-rules", "arptables", "neighbours"},
    only_ipv4=True,
)
def proxy_answers_for_vip(node: Node) -> Iterator[Finding]:
    own = directed_vips(node) if node.has("ipvs") else {}
    told: set[tuple[str, str]] = set()
    for director in node.peers_with("ipvs"):
        for vip, listed in directed_vips(director).items():
            for proxied in proxied_past(node, vip, director) if vip not in own else ():
                link = proxied.link.name
                if (str(vip), link) in told:
                    continue
                told.add((str(vip), link))
                yield Finding(
                    "{node} answers ARP requests for VIP {vip} on {link} by proxy, beside director {director}",
                    clients="{node} forwards requests of some clients through {out}. {director} does not get these.",
                    about={"vip": vip, "link": link},
                    predicts=Predicts.ANSWERS,
                    director=director.name,
                    out=", ".join(map(str, proxied.lookup.gateways or proxied.lookup.links)),
                    evidence=[cite(listed, "the VIP of {director}", director=director.name), *proxied.because],
                    fix=stop_proxying(node, link, vip) + announced_by(director.name, [proxied.rival.link.name], vip),
                )
