"""keepalived logs as MASTER that another director was MASTER too."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs that another director was MASTER at the same time"
CLIENTS = "While both are MASTER, requests go to either director, and connections break."


@rule(
    name="two-masters-met",
    code="LOG003",
    severity=Severity.WARNING,
    needs={"log"},
)
def two_masters_met(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG003"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            evidence=fault.evidence,
            fix=fault.fix,
        )
