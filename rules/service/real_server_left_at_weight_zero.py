"""A real server has weight 0 and no connection left: it takes no load, and nothing of it is to be waited for."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Decision, Finding, Fix, Node, Severity, cite, left_over, rule, served_by_kube_proxy

LEFT = "{node} lists real server {rip} of {service} with weight 0, and it has no connections"
CLIENTS = "The other real servers of {service} take all its clients."


@rule(
    name="real-server-left-at-weight-zero",
    code="SCH002",
    severity=Severity.NOTE,
    explains=Decision.REAL_SERVER,
    role="director",
    needs={"ipvs"},
    helps={"addresses", "links"},
)
def real_server_left_at_weight_zero(node: Node) -> Iterator[Finding]:
    for service, real in left_over(node):
        if served_by_kube_proxy(node, service):  # it removes what it has drained
            continue
        yield Finding(
            LEFT,
            clients=CLIENTS,
            about={"service": service, "rip": real.ip or real.shown},
            evidence=[cite(real, "no new connection, and none that is left")],
            fix=Fix(persist=("# give it a weight above 0 if its health check passes, or remove it (ipvsadm -d)",)),
        )
