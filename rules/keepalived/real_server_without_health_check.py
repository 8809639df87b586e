"""keepalived.conf or ldirectord.cf has real servers without a check, or with a rare one: they stay when they fail."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    CheckedServer,
    CheckedService,
    Finding,
    Fix,
    Node,
    NotCollected,
    RuleOption,
    Severity,
    cite,
    command,
    rule,
)

UNCHECKED = "{program} on {node} does not check {reals} of {service}"
DOWN = "If such a real server fails, its share of the clients gets errors for as long as it is down."
SLOW = "{program} on {node} checks {reals} of {service} only every {seconds} seconds"
LATE = "If such a real server fails, its share of the clients gets errors for {seconds} seconds and more."


@rule(
    name="real-server-without-health-check",
    code="KA002",
    severity=Severity.WARNING,
    needs={"health-checks"},
    options=(RuleOption("slowest-interval", "seconds", "a check that is made so rarely is a finding"),),
)
def real_server_without_health_check(node: Node, *, slowest_interval: int = 60) -> Iterator[Finding]:
    for checked in node.checked_services:
        bare = [server for server in checked.servers if not server.checks and server.unread is None]
        slow = [server for server in checked.servers if _seconds(server) >= slowest_interval]
        if bare:
            yield _finding(UNCHECKED, checked, bare)
        if slow:
            yield _finding(SLOW, checked, slow)
    if any(server.unread for checked in node.checked_services for server in checked.servers):
        raise NotCollected("health-checks", node.name, "the health checks of all real servers")


def _finding(message: str, checked: CheckedService, servers: list[CheckedServer]) -> Finding:
    said = servers[0].interval.seen if servers[0].interval else checked.unchecked
    rows = [cite(server, "without a health check") for server in servers[:3]] if message == UNCHECKED else []
    return Finding(
        message,
        clients=LATE if message == SLOW else DOWN,
        about={"service": checked.services[0], **({"checks": "rare"} if message == SLOW else {})},
        program=checked.program,
        reals=_names(servers, len(checked.servers)),
        seconds=f"{_seconds(servers[0]):g}",
        severity=Severity.NOTE if message == SLOW and said is None else None,
        evidence=[cite(checked, "the virtual service"), *rows, *([cite(said)] if said else [])],
        fix=_fix(checked, servers, slow=message == SLOW),
        decided_by=said or servers[0],
    )


def _seconds(server: CheckedServer) -> float:
    return server.interval.seconds if server.interval is not None else 0


def _names(servers: list[CheckedServer], count: int) -> str:
    names = ", ".join(str(server.ip) for server in servers[:3])
    more = f" and {len(servers) - 3} more" if len(servers) > 3 else ""
    return f"{len(servers)} of {count} real servers ({names}{more})"


def _fix(checked: CheckedService, servers: list[CheckedServer], *, slow: bool) -> Fix:
    check = "PING_CHECK" if checked.services[0].protocol == "udp" else "TCP_CHECK"
    if checked.program == "ldirectord":
        now = ["# in ldirectord.cf: checkinterval=10" if slow else "# in ldirectord.cf: checktype=connect or negotiate"]
    else:
        wanted = ": delay_loop 6" if slow else f", in {len(servers)} real_server: {check} with connect_timeout 3"
        reload = command("systemctl", "reload", "keepalived")
        now = [f"# in keepalived.conf{wanted}", f"# then reload keepalived: {reload}"]
    return Fix(now=tuple(now), persist=("# the file is what lasts",))
