"""keepalived logs as MASTER that another director was MASTER too."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, RuleOption, Severity, logged, rule

LOGS = "{node} logs that another director was MASTER at the same time"
CLIENTS = "While both are MASTER, requests go to either director, and connections break."


@rule(
    name="two-masters-met",
    code="LOG003",
    severity=Severity.WARNING,
    needs={"log"},
    options=(RuleOption("least-lines", "lines", "fewer of them are a note: a failover logs some"),),
)
def two_masters_met(node: Node, *, least_lines: int = 2) -> Iterator[Finding]:
    for fault in logged(node, "LOG003", least=least_lines):
        yield Finding(
            LOGS,
            clients=CLIENTS,
            about=fault.about,
            severity=fault.severity,
            evidence=fault.evidence,
            fix=fault.fix,
        )
