"""A real server behind NAT would follow an ICMP redirect away from its director."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    FAR_AWAY,
    IP,
    Citation,
    Command,
    Decision,
    Finding,
    Fix,
    Node,
    Nothing,
    Severity,
    assume,
    believes_redirects,
    cite,
    conf_key,
    nat_memberships,
    route_lookup,
    rule,
    sends_redirect,
    set_sysctls,
)


@rule(
    name="real-server-accepts-redirects",
    code="FWD002",
    severity=Severity.WARNING,
    explains=Decision.REDIRECT,
    role="real-server",
    needs={"memberships", "sysctl | configured-sysctl", "addresses", "links", "routes"},
    helps={"policy-rules", "local-routes"},
    only_ipv4=True,
)
def real_server_accepts_redirects(node: Node) -> Iterator[Finding]:
    done: set[str] = set()
    for rip, listings in nat_memberships(node).items():
        way = route_lookup(node, FAR_AWAY, src=rip)
        for listing in listings:
            director = listing.director
            for hop in way.route.nexthops if way.route else ():
                link = node.link(hop.link) if hop.link else None
                if link is None or link.name in done or hop.gateway is None or not director.holding(hop.gateway):
                    continue
                believes, sent = believes_redirects(node, link), _sent(director, rip)
                if not believes or not sent:
                    continue
                done.add(link.name)
                yield Finding(
                    "{node} accepts ICMP redirects on {link} from its gateway {gateway} (NAT director {director})",
                    clients="After a redirect {node} replies to clients directly. Clients drop replies from {rip}.",
                    about={"link": link.name},
                    gateway=hop.gateway,
                    director=director.name,
                    rip=rip,
                    evidence=[
                        cite(listing.destination, "{director} masquerades to {rip}", director=director.name, rip=rip),
                        *way.because,
                        *believes.because,
                        *sent,
                    ],
                    fix=set_sysctls({conf_key(name, "accept_redirects"): 0 for name in ("all", link.name)})
                    + Fix(now=(Command("ip route flush cache", (Nothing(),)),)),
                )


def _sent(director: Node, rip: IP) -> tuple[Citation, ...]:
    """What tells that the director sends redirects to this real server; nothing where its evidence denies it."""
    if not all(director.has(fact) for fact in ("sysctl", "addresses", "links", "routes")):
        text = f"{director.name} sends ICMP redirects, the default of Linux"
        return (assume("sysctl", text, "on the director", "sysctl -a -r '[.]send_redirects'"),)
    for name in route_lookup(director, rip).links:
        link = director.link(name)
        answer = sends_redirect(director, src=rip, dst=FAR_AWAY, arrived_on=link) if link else None
        if answer:
            return answer.because
    return ()
