"""keepalived logs that another program removed one of its addresses."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs that another program removed {address} from {link}"
CLIENTS = "If the address is the VIP of the MASTER, clients get no answer until a failover."


@rule(
    name="vip-removed-by-another-program",
    code="LOG015",
    severity=Severity.WARNING,
    needs={"log"},
)
def vip_removed_by_another_program(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG015"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            address=fault.fields["address"],
            link=fault.fields["link"],
            evidence=fault.evidence,
            fix=fault.fix,
        )
