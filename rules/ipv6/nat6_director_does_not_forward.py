"""A director that masquerades IPv6 does not forward IPv6: the replies of its real servers end there."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Destination,
    Finding,
    Fix,
    Node,
    NotCollected,
    Severity,
    cite,
    command,
    conf_key,
    forwards,
    nat_pairs,
    replies_pass,
    route_lookup,
    rule,
    set_sysctls,
    standing_by,
)

FORWARDING = conf_key("all", "forwarding", 6)
DROPS = "{node} does not forward IPv6 and drops the replies of {count} NAT real servers ({rips})"
ROUTES = "A forwarding host takes no routes from router advertisements, except on interfaces with accept_ra=2."


@rule(
    name="nat6-director-does-not-forward",
    code="V6004",
    severity=Severity.ERROR,
    explains=Decision.RETURN_PATH,
    role="director",
    needs={"ipvs", "sysctl | configured-sysctl", "addresses"},
    helps={"ipvs-stats", "routes", "local-routes", "policy-rules", "links"},
    only_ipv6=True,
)
def nat6_director_does_not_forward(node: Node) -> Iterator[Finding]:
    behind: dict[str, dict[str, Destination]] = {}
    replied = False
    waits = True
    for service, real, rip in nat_pairs(node, 6):
        waits = standing_by(node, service)[0] and waits
        way = route_lookup(node, rip)
        for link in way.links if way.type == "unicast" else ():
            behind.setdefault(link, {})[str(rip)] = real
        replied = replied or replies_pass(node, real)
    for link, reals in behind.items():
        forwarding = forwards(node, link, 6)
        if forwarding:
            continue
        if replied:  # the settings are of another time or network namespace
            raise NotCollected("sysctl", node.name, FORWARDING, command("sysctl", FORWARDING))
        yield Finding(
            DROPS,
            severity=Severity.WARNING if waits else None,
            clients="After a failover to {node}, clients get no reply." if waits else "Clients get no reply.",
            about={"link": link},
            count=len(reals),
            rips=", ".join(reals),
            evidence=[*(cite(real, "masqueraded") for real in reals.values()), *forwarding.because],
            fix=set_sysctls({FORWARDING: 1}) + Fix(warning=ROUTES),
        )
