"""keepalived logs that it rejects the VRRP advertisements of another host."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs rejected VRRP advertisements ({what})"
CLIENTS = "Two directors become MASTER and answer for the VIP, so connections break at random."


@rule(
    name="vrrp-advertisements-rejected",
    code="LOG001",
    severity=Severity.WARNING,
    needs={"log"},
)
def vrrp_advertisements_rejected(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG001"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            what=fault.what,
            evidence=fault.evidence,
            fix=fault.fix,
        )
