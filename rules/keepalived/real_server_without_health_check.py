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
        rare = [server for server in checked.servers if server.interval and server.interval.seconds >= slowest_interval]
        yield from (_finding(checked, servers, slow=servers is rare) for servers in (bare, rare) if servers)
    if any(server.unread for checked in node.checked_services for server in checked.servers):
        raise NotCollected("health-checks", node.name, "the health checks of all real servers")


def _finding(checked: CheckedService, servers: list[CheckedServer], *, slow: bool) -> Finding:
    interval = servers[0].interval
    line = interval.seen if interval is not None else checked.unchecked
    bare = [] if slow else [cite(server, "without a health check") for server in servers[:3]]
    ignored = [server.ignored_check for server in servers if server.ignored_check and not slow][:3]
    bare += [
        cite(check, "keepalived ignores this check: the check names no path, script, file or session")
        for check in ignored
    ]
    return Finding(
        SLOW if slow else UNCHECKED,
        clients=LATE if slow else DOWN,
        about={"service": checked.services[0], **({"checks": "rare"} if slow else {})},
        program=checked.program,
        reals=_names(servers, len(checked.servers)),
        seconds=f"{interval.seconds:g}" if interval is not None else "",
        evidence=[cite(checked, "the virtual service"), *bare, *([cite(line)] if line is not None else [])],
        fix=_fix(checked, servers, slow=slow),
        decided_by=line or next(iter(ignored), servers[0]),
    )


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
