"""keepalived logs an advertisement that it does not expect: by unicast or multicast, or of no peer."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs VRRP advertisements that its peer list does not allow ({what})"
CLIENTS = "Two directors become MASTER and answer for the VIP, so connections break at random."


@rule(
    name="advertisement-sender-not-expected",
    code="LOG005",
    severity=Severity.WARNING,
    needs={"log"},
)
def advertisement_sender_not_expected(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG005"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            what=fault.what,
            evidence=fault.evidence,
            fix=fault.fix,
        )
