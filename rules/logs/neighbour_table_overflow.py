"""The kernel logs that its neighbour table is full."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs that its neighbour table was full"
CLIENTS = "Clients of the real servers without an entry get no reply."


@rule(
    name="neighbour-table-overflow",
    code="LOG012",
    severity=Severity.WARNING,
    needs={"log"},
)
def neighbour_table_overflow(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG012"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            evidence=fault.evidence,
            fix=fault.fix,
        )
