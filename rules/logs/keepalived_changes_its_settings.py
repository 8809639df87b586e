"""keepalived logs that it does not take a setting as its file has it."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs that keepalived does not use a setting as written ({what})"
CLIENTS = "Clients meet another table than the file describes, or one with fewer real servers."


@rule(
    name="keepalived-changes-its-settings",
    code="LOG008",
    severity=Severity.WARNING,
    needs={"log"},
)
def keepalived_changes_its_settings(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG008"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            what=fault.what,
            evidence=fault.evidence,
            fix=fault.fix,
        )
