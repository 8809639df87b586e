"""A real server takes the requests of clients at the VIP, and refuses the health checks of its director at the RIP."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Decision, Finding, Node, Severity, cite, listen_for, refused_checks, rule

ALONE = "{node} listens on {alone} alone, and refuses a health check of {place}"
NONE = "{node} does not listen on {place}, and refuses a health check of that place"


@rule(
    name="health-check-refused",
    code="DR012",
    severity=Severity.WARNING,
    explains=Decision.LISTENER,
    role="real-server",
    needs={"addresses", "memberships", "sockets"},
    helps={
        "health-checks",
        "ip6tables",
        "iptables",
        "ipvs",
        "links",
        "local-routes",
        "policy-rules",
        "routes",
        "sysctl",
    },
)
def health_check_refused(node: Node) -> Iterator[Finding]:
    for refused in refused_checks(node):
        check = refused.target
        yield Finding(
            ALONE if refused.others else NONE,
            clients="A health check that connects to {place} fails, and {node} is removed from {service}.",
            about={"socket": check, "rip": check.ip},
            place=check.place,
            alone=refused.alone,
            service=check.service,
            evidence=[cite(check.real, "checks ask this address and port"), *refused.because],
            fix=listen_for(check.protocol, check.ip, check.port, refused.process),
        )
    if (absent := node.unseen("memberships")) is not None:
        raise absent
