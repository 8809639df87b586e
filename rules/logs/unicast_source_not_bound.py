"""keepalived logs that the address of unicast_src_ip is not on this host."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs that unicast_src_ip is not an address of this host"
CLIENTS = "The VIP is not on this director, and a failover to this director fails."


@rule(
    name="unicast-source-not-bound",
    code="LOG002",
    severity=Severity.WARNING,
    needs={"log"},
)
def unicast_source_not_bound(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG002"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            evidence=fault.evidence,
            fix=fault.fix,
        )
