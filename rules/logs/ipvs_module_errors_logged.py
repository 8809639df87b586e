"""The kernel or kube-proxy logs that a part of IPVS is missing or fails."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, logged, rule

LOGS = "{node} logs errors of an IPVS module ({what})"
CLIENTS = "The service may not exist, or its connections are lost at a failover."


@rule(
    name="ipvs-module-errors-logged",
    code="LOG014",
    severity=Severity.WARNING,
    needs={"log"},
)
def ipvs_module_errors_logged(node: Node) -> Iterator[Finding]:
    for fault in logged(node, "LOG014"):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            what=fault.what,
            evidence=fault.evidence,
            fix=fault.fix,
        )
