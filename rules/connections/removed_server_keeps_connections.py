"""A health check removes a failed real server, and connections to it wait for a timer instead of being reset."""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.rulekit import Citation, Finding, Node, Severity, assume, cite, rule, set_ipvs

WAITS = "{node} drops packets of connections to a real server of {service} that a health check removed"
CLIENTS = "Clients with such a connection wait until the entry expires, and do not connect again."
KEY = "net.ipv4.vs.expire_nodest_conn"


@rule(
    name="removed-server-keeps-connections",
    code="CONN002",
    severity=Severity.WARNING,
    needs={"health-checks"},
    helps={"sysctl"},
)
def removed_server_keeps_connections(node: Node) -> Iterator[Finding]:
    wanted = set_ipvs(node, {KEY: 1})
    for checked in node.checked_services:
        check = next((check for server in checked.servers for check in server.checks), None)
        setting = _setting(node)
        if checked.quiesces is not None or check is None or setting is None:
            continue
        for service in checked.services:
            # A UDP client with a fixed port, and one that persistence keeps, come with the same entry again.
            severe = service.protocol == "udp" or service.persistent
            yield Finding(
                WAITS,
                clients=CLIENTS,
                about={"service": service},
                severity=None if severe else Severity.NOTE,
                evidence=[cite(service), cite(check, "a real server that fails this check is removed"), setting],
                fix=replace(wanted, now=()) if node.planned else wanted,
            )


def _setting(node: Node) -> Citation | None:
    """What lets the entries live on; None where they are expired at once."""
    if node.has("sysctl") and node.knows_sysctl(KEY):
        setting = node.sysctl(KEY)
        return None if setting.value else cite(setting, "entries of removed real servers stay until their timer ends")
    return assume("sysctl", f"{KEY} = 0", settle=f"sysctl {KEY}")
