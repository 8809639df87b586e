"""keepalived.conf or ldirectord.cf has real servers without a check, which stay in the table when they fail."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    CheckedServer,
    CheckedService,
    Finding,
    Fix,
    Node,
    NotCollected,
    Severity,
    cite,
    command,
    rule,
)

UNCHECKED = "{program} on {node} does not check {reals} of {service}"


@rule(name="real-server-without-health-check", code="KA002", severity=Severity.WARNING, needs={"health-checks"})
def real_server_without_health_check(node: Node) -> Iterator[Finding]:
    for checked in node.checked_services:
        bare = [server for server in checked.servers if not server.checks and server.unread is None]
        if not bare:
            continue
        yield Finding(
            UNCHECKED,
            clients="If such a real server fails, its share of the clients gets errors for as long as it is down.",
            about={"service": checked.services[0]},
            program=checked.program,
            reals=_names(bare, len(checked.servers)),
            evidence=[
                cite(checked, "the virtual service"),
                *(cite(server, "without a health check") for server in bare[:3]),
            ],
            fix=_fix(checked, bare),
            decided_by=bare[0],
        )
    if any(server.unread for checked in node.checked_services for server in checked.servers):
        raise NotCollected("health-checks", node.name, "the health checks of all real servers")


def _names(bare: list[CheckedServer], count: int) -> str:
    names = ", ".join(str(server.ip) for server in bare[:3])
    more = f" and {len(bare) - 3} more" if len(bare) > 3 else ""
    return f"{len(bare)} of {count} real servers ({names}{more})"


def _fix(checked: CheckedService, bare: list[CheckedServer]) -> Fix:
    if checked.program == "ldirectord":
        now: tuple[str, ...] = ("# in ldirectord.cf: checktype=connect or negotiate",)
    else:
        check = "PING_CHECK" if checked.services[0].protocol == "udp" else "TCP_CHECK"
        now = (
            f"# in keepalived.conf, in {len(bare)} real_server: {check} with connect_timeout 3",
            "# then reload keepalived: " + command("systemctl", "reload", "keepalived"),
        )
    return Fix(now=now, persist=("# the file is what lasts",))
