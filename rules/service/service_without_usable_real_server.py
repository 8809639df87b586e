"""A virtual service has no real server that a scheduler may choose, so every new connection is refused."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lvsdoctor.rulekit import (
    SAVE_TABLE,
    Decision,
    Destination,
    Finding,
    Fix,
    Node,
    Severity,
    VirtualService,
    assume,
    cite,
    command,
    edit_real_server,
    rule,
    served_by_kube_proxy,
    takes_requests,
    without_usable,
)

NONE = "{node} has no real server for {service}"
QUIESCED = "{node} has only real servers of weight 0 for {service}"
FULL = "{node} has no real server for {service} below its upper threshold"
REFUSED = "Every new connection is refused."
FOR_NOW = "New connections are refused until a real server is below its upper threshold."
STANDBY = "Once {node} holds the VIP, every new connection is refused."
UNKNOWN = "If {node} is the director that holds the VIP, every new connection is refused."
CHECK = "First find out why the health check fails. Do not run this for real servers that have weight 0 on purpose."


@rule(
    name="service-without-usable-real-server", code="SCH001", severity=Severity.ERROR, explains=Decision.REAL_SERVER,
    role="director", needs={"ipvs"}, helps={"addresses", "links", "local-routes", "policy-rules", "routes"},
)  # fmt: skip
def service_without_usable_real_server(node: Node) -> Iterator[Finding]:
    for service in without_usable(node):
        vip, real_servers = service.vip, service.destinations
        if served_by_kube_proxy(node, service):
            continue
        full = [real for real in real_servers if real.weight != 0]
        active = takes_requests(node, service)
        known = active is not None
        doubt = None if known else assume("addresses", "the VIP is here, and kube-proxy does not manage the service")
        if vip is None and active:
            doubt = assume("ipvs", "packets get the mark", settle="iptables-save -t mangle")
        yield Finding(
            FULL if full else QUIESCED if real_servers else NONE,
            clients=UNKNOWN if not known else STANDBY if not active else FOR_NOW if full else REFUSED,
            about={"service": service},
            severity=None if active and not full else Severity.WARNING,
            evidence=[
                cite(service, "clients send requests to this service"),
                *(
                    cite(real, "at its upper threshold" if real in full else "gets no connection")
                    for real in real_servers
                ),
                *([doubt] if doubt else []),
            ],
            fix=_fix(service, full),
        )


def _fix(service: VirtualService, full: Sequence[Destination]) -> Fix:
    name = command(*str(service).split())
    if not service.destinations:
        line = f"# ipvsadm -a for each real server of {name}, with -r RIP:PORT and its method (-g, -i, -m)"
        return Fix(now=(line,), persist=(f"{SAVE_TABLE} the real servers of {name}",))
    if full:
        lines = [edit_real_server(service, replace(real, upper_threshold=0, lower_threshold=0)) for real in full]
        return Fix(now=tuple(lines), persist=(f"{SAVE_TABLE} a higher upper threshold for {name}",))
    lines = [edit_real_server(service, replace(real, weight=1)) for real in service.destinations]
    return Fix(now=tuple(lines), persist=(f"{SAVE_TABLE} weights above 0 for {name}",), warning=CHECK)
