"""keepalived logs that the kernel refuses an entry of the IPVS table."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs that the kernel refuses an IPVS entry of keepalived ({what})"
CLIENTS = "A virtual service or a real server is missing, so clients get no reply or too few hosts serve."


@rule(
    name="ipvs-table-not-written",
    code="LOG006",
    severity=Severity.WARNING,
    needs={"log"},
)
def ipvs_table_not_written(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG006"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            what=fault.what,
            evidence=fault.evidence,
            fix=fault.fix,
        )
