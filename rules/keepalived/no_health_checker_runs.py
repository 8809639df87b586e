"""A director has a table of IPVS, and none of the programs runs that check real servers: a failed one stays in it."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, rule, unkept_service

MESSAGE = "{node} runs no known program that checks the real servers of {service}"
CLIENTS = "If a real server fails, its share of the clients gets errors for as long as it is down."
LIST = "a list of processes without keepalived, ldirectord and the like"
RUN = "# run keepalived or ldirectord, with a check for each real server"


@rule(
    name="no-health-checker-runs",
    code="KA010",
    severity=Severity.WARNING,
    role="director",
    needs={"ipvs", "programs"},
)
def no_health_checker_runs(node: Node) -> Iterator[Finding]:
    unkept = unkept_service(node)
    if unkept is not None:
        service, first = unkept
        yield Finding(
            MESSAGE,
            clients=CLIENTS,
            about={"service": service},
            evidence=[cite(service, "in the table"), cite(first, LIST)],
            fix=Fix(now=(RUN,), persist=("# have it started at boot, so that it fills the table, too",)),
            decided_by=first,
        )
