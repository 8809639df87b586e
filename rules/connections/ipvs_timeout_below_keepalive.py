"""IPVS forgets an idle TCP connection before the hosts send a keepalive, on a port of long connections."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    KEEPALIVE_TIME,
    Citation,
    Finding,
    Fix,
    IdleConnections,
    Node,
    Severity,
    assume,
    cite,
    command,
    idle_connections,
    rule,
)

FORGETS = "{node} forgets connections of {service} after {timeout} idle seconds, and keepalives start after {keepalive}"
CLIENTS = "A client that is idle for {timeout} seconds gets a reset, or no reply, to its next request."


@rule(
    name="ipvs-timeout-below-keepalive",
    code="CONN001",
    severity=Severity.WARNING,
    role="director",
    needs={"ipvs"},
    helps={"ipvs-timeouts", "addresses", "sysctl"},
)
def ipvs_timeout_below_keepalive(node: Node) -> Iterator[Finding]:
    for idle in idle_connections(node):
        both = idle.timeouts is not None and idle.setting is not None
        yield Finding(
            FORGETS,
            clients=CLIENTS,
            about={"service": idle.service},
            timeout=idle.timeout,
            keepalive=idle.keepalive,
            severity=None if both else Severity.NOTE,
            evidence=[
                cite(idle.service, "clients of {protocol} keep idle connections", protocol=idle.protocol),
                *_numbers(idle),
            ],
            fix=_fix(idle.keepalive + 600),
            decided_by=idle.timeouts,
        )


def _numbers(idle: IdleConnections) -> Iterator[Citation]:
    if idle.timeouts is not None:
        yield cite(idle.timeouts, "the first number: TCP, in seconds")
    else:
        yield assume("ipvs-timeouts", f"IPVS forgets an idle TCP connection after {idle.timeout} seconds")
    if idle.setting is not None:
        yield cite(idle.setting, "a real server sends its first keepalive after so many idle seconds")
    else:
        text = f"{KEEPALIVE_TIME} = {idle.keepalive} on the real servers"
        yield assume("sysctl", text, settle=command("sysctl", KEEPALIVE_TIME))


def _fix(timeout: int) -> Fix:
    # ipvsadm(8): a timeout of 0 keeps the value.
    return Fix(
        now=(command("ipvsadm", "--set", timeout, 0, 0),),
        persist=(f"# in keepalived.conf: global_defs {{ lvs_timeouts tcp {timeout} }}; ipvsadm-save does not save it",),
    )
