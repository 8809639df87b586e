"""The kernel logs that it drops packets whose source or destination cannot be."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, own_source, rule

LOGS = "{node} logs dropped martian packets from {source} to {destination} on {link}"
CLIENTS = "If these are requests or replies of a service, its clients get no reply."


@rule(
    name="martian-packets-dropped",
    code="LOG010",
    severity=Severity.WARNING,
    needs={"log"},
    helps={"addresses"},
)
def martian_packets_dropped(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG010"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            source=fault.fields["source"],
            destination=fault.fields["destination"],
            link=fault.fields["link"],
            evidence=[*fault.evidence, *own_source(node, fault)],
            fix=fault.fix,
        )
