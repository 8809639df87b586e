"""A log shows that two hosts have one address."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs that another host also has the address {address}"
CLIENTS = "If the address is a VIP, clients reach either host, or get no answer at all."


@rule(
    name="duplicate-address-logged",
    code="LOG013",
    severity=Severity.WARNING,
    needs={"log"},
)
def duplicate_address_logged(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG013"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            address=fault.fields["address"],
            evidence=fault.evidence,
            fix=fault.fix,
        )
