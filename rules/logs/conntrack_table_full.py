"""The kernel logs that the connection tracking table is full."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs that its connection tracking table was full"
CLIENTS = "New connections time out at random, and those that exist go on."


@rule(
    name="conntrack-table-full",
    code="LOG011",
    severity=Severity.WARNING,
    needs={"log"},
)
def conntrack_table_full(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG011"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            evidence=fault.evidence,
            fix=fault.fix,
        )
