"""keepalived logs that netlink lost events or refused an address."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs netlink errors of keepalived ({what})"
CLIENTS = "If the VIP could not be set, clients get no answer from this director."


@rule(
    name="netlink-errors-logged",
    code="LOG007",
    severity=Severity.WARNING,
    needs={"log"},
)
def netlink_errors_logged(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG007"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            what=fault.what,
            evidence=fault.evidence,
            fix=fault.fix,
        )
