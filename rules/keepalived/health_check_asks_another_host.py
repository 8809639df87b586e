"""A health check of keepalived.conf asks the VIP or another real server, or uses the VIP as its source."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    CheckedServer,
    CheckedService,
    Decision,
    Finding,
    Fix,
    HealthCheck,
    Node,
    Severity,
    cite,
    rule,
)

AT_VIP = "{program} on {node} checks {real} of {service} at VIP {vip}, an address of {node} itself"
AT_OTHER = "{program} on {node} checks {real} of {service} at {other}, another real server"
FROM_VIP = "{program} on {node} uses VIP {vip} as source address of its checks of {real}, which holds the VIP too"
STAYS = "A real server that fails may stay in the table, and its share of the clients gets errors."
GOES = "Each check fails, so keepalived removes {real}, and clients of {service} do not reach it."
FIX = Fix(
    now=(
        "# in keepalived.conf, in this check: leave out connect_ip and bindto",
        "# then reload keepalived: systemctl reload keepalived",
    ),
    persist=("# the file is what lasts",),
)


@rule(
    name="health-check-asks-another-host",
    code="KA008",
    severity=Severity.WARNING,
    explains=Decision.HEALTH_CHECK,
    needs={"health-checks"},
)
def health_check_asks_another_host(node: Node) -> Iterator[Finding]:
    for checked in node.checked_services:
        for server in checked.servers:
            for check in server.checks:
                yield from _of_check(checked, server, check)


def _of_check(checked: CheckedService, server: CheckedServer, check: HealthCheck) -> Iterator[Finding]:
    vips = {vip: service for service in checked.services for vip, _ in service.vips}
    others = {other.ip for other in checked.servers} - {server.ip}
    keeps = server.forwarding is not None and server.forwarding.keeps_destination
    asked, source = check.connects_to, check.source
    message = ""
    if asked in vips and asked != server.ip:
        message, clients = AT_VIP, STAYS
    elif asked in others and asked != server.ip:
        message, clients = AT_OTHER, STAYS
    elif source in vips and keeps and server.ip not in vips:
        message, clients = FROM_VIP, GOES
    if message:
        line = check.source_line if message == FROM_VIP else check.address_line
        yield Finding(
            message,
            clients=clients,
            about={"service": checked.services[0], "real": server.ip},
            vip=source if message == FROM_VIP else asked,
            other=asked or "",
            program=checked.program,
            evidence=[cite(server, "the real server"), cite(line or check, "the check of this real server")],
            fix=FIX,
            decided_by=line or check,
        )
