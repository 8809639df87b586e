"""rp_filter=1 drops the requests that a DR director sends to one link while the replies leave by another."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Forwarding, Node, Severity, arrivals, check_loosely, rp_filter_drops, rule

TOLD = "{node} drops requests for VIP {vip} that arrive on {link}: rp_filter=1, and the replies leave by {back}"
EXPECTED = TOLD + " (if the director sends them to {link}, whose subnet holds the VIP)"


@rule(
    name="strict-rp-filter-drops-requests",
    code="RP001",
    severity=Severity.ERROR,
    role="real-server",
    needs={"sysctl", "addresses", "links", "routes"},
    helps={"memberships", "local-routes", "policy-rules"},
    while_serving=True,
)
def strict_rp_filter_drops_requests(node: Node) -> Iterator[Finding]:
    for arrival in arrivals(node, Forwarding.DR):
        dropped = rp_filter_drops(node, arrival.vip, arrival.link.name)
        if not dropped:
            continue
        yield Finding(
            TOLD if arrival.told else EXPECTED,
            about={"vip": arrival.vip, "link": arrival.link.name},
            back=dropped.fields["back"],
            severity=None if arrival.told else Severity.WARNING,
            evidence=[*arrival.because, *dropped.because],
            fix=check_loosely(arrival.link.name, vip=None),
        )
