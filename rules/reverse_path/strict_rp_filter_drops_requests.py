"""rp_filter=1 drops the requests that a DR director sends to one interface while the replies leave by another."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Forwarding,
    Node,
    Severity,
    check_loosely,
    request_paths,
    rp_filter_drops,
    rule,
)

DROPS = "{node} drops requests for VIP {vip} that arrive on {link} (rp_filter=1, replies leave by {back})"
LISTED = "Clients behind {back} get no reply from {node}."
EXPECTED = "If the director sends requests to {link}, clients behind {back} get no reply from {node}."


@rule(
    name="strict-rp-filter-drops-requests",
    code="RP001",
    severity=Severity.ERROR,
    explains=Decision.SOURCE_VALIDATION,
    general=True,
    role="real-server",
    needs={"sysctl | configured-sysctl", "addresses", "links", "routes"},
    helps={"memberships", "local-routes", "policy-rules"},
    harmless_at_weight_0=True,
    only_ipv4=True,
)
def strict_rp_filter_drops_requests(node: Node) -> Iterator[Finding]:
    for arrival in request_paths(node, Forwarding.DR):
        dropped = rp_filter_drops(node, arrival.vip, arrival.link.name)
        if not dropped:
            continue
        yield Finding(
            DROPS,
            clients=LISTED if arrival.listed else EXPECTED,
            about={"vip": arrival.vip, "link": arrival.link.name},
            back=dropped.fields["back"],
            severity=None if arrival.listed else Severity.WARNING,
            evidence=[*arrival.because, *dropped.because],
            fix=check_loosely(arrival.link.name, vip=None),
        )
