"""A director has a table of IPVS, and none of the programs runs that check real servers: a failed one stays in it."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Citation,
    Finding,
    Fix,
    Node,
    Severity,
    UnkeptTable,
    assume,
    cite,
    command,
    rule,
    unkept_service,
)

MESSAGE = "{node} runs no known program that checks the real servers of {service}"
CLIENTS = "If a real server fails, its share of the clients gets errors for as long as it is down."
LIST = "a list of processes without keepalived, ldirectord and the like"
RUN = "# run keepalived or ldirectord, with a check for each real server"
WHY = "# find out why it failed, and start it again: {line}"
NO_OTHER = "no other program of {node} checks the real servers"


@rule(
    name="no-health-checker-runs",
    code="KA010",
    severity=Severity.WARNING,
    role="director",
    needs={"ipvs"},
    helps={"programs", "units"},
)
def no_health_checker_runs(node: Node) -> Iterator[Finding]:
    unkept = unkept_service(node)
    if unkept is not None:
        failed = unkept.failed
        yield Finding(
            MESSAGE,
            clients=CLIENTS,
            about={"service": unkept.service},
            evidence=[cite(unkept.service, "in the table"), *_lines(node, unkept)],
            fix=Fix(
                now=(WHY.format(line=command("systemctl", "status", failed.name)) if failed else RUN,),
                persist=("# have it started at boot, so that it fills the table, too",),
            ),
            decided_by=unkept.process or failed,
        )


def _lines(node: Node, unkept: UnkeptTable) -> Iterator[Citation]:
    if unkept.failed is not None:
        yield cite(unkept.failed, "{unit} has failed", unit=unkept.failed.name)
    if unkept.process is not None:
        yield cite(unkept.process, LIST)
    else:
        yield assume("programs", NO_OTHER.format(node=node.name))
