"""keepalived logs that an advertisement comes from its own address."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs a VRRP advertisement that has its own source address"
CLIENTS = "The VIP may change between two hosts, and connections break each time."


@rule(
    name="own-advertisements-return",
    code="LOG004",
    severity=Severity.WARNING,
    needs={"log"},
)
def own_advertisements_return(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG004"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            evidence=fault.evidence,
            fix=fault.fix,
        )
