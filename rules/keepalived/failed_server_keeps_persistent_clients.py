"""A failed real server stays with weight 0, and persistence keeps its clients there."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Citation,
    Decision,
    Finding,
    Fix,
    Node,
    Severity,
    assume,
    cite,
    rule,
    set_ipvs,
)

KEEPS = "{node} keeps sending persistent clients of {service} to a real server that failed its health check"
KEY = "net.ipv4.vs.expire_quiescent_template"


@rule(
    name="failed-server-keeps-persistent-clients",
    code="KA004",
    severity=Severity.WARNING,
    explains=Decision.REAL_SERVER,
    needs={"health-checks"},
    helps={"sysctl"},
)
def failed_server_keeps_persistent_clients(node: Node) -> Iterator[Finding]:
    for checked in node.checked_services:
        service = next((row for row in checked.services if row.persistent), None)
        if checked.quiesces is None or service is None:
            continue
        setting = _setting(node)
        if setting is None:
            continue
        yield Finding(
            KEEPS,
            clients="Clients of a failed real server get errors until {timeout} seconds after their last try.",
            about={"service": service},
            timeout=service.persistent,
            evidence=[
                cite(checked.quiesces, "a failed real server stays in the table with weight 0"),
                cite(service, "persistent for {timeout} seconds", timeout=service.persistent),
                setting,
            ],
            fix=Fix(warning="Real servers at weight 0 on purpose lose their persistent clients at once.")
            + set_ipvs(node, {KEY: 1}),
        )


def _setting(node: Node) -> Citation | None:
    """What lets the persistence template live on; None where it expires."""
    if node.has("sysctl") and node.knows_sysctl(KEY):
        setting = node.sysctl(KEY)
        return None if setting.value else cite(setting, "the persistence template stays")
    return assume("sysctl", f"{KEY} = 0", settle=f"sysctl {KEY}")
