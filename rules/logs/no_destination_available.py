"""The kernel logs that a scheduler found no real server for a new connection."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs that virtual service {service} had no destination available"
CLIENTS = 'Clients of that service get "connection refused" for new connections.'


@rule(
    name="no-destination-available",
    code="LOG009",
    severity=Severity.WARNING,
    needs={"log"},
)
def no_destination_available(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG009"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            service=fault.fields["service"],
            evidence=fault.evidence,
            fix=fault.fix,
        )
