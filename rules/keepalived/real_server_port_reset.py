"""keepalived.conf gives a real server another port than its service, under a method that changes no port."""

from collections.abc import Iterator
from itertools import chain

from lvsdoctor.rulekit import (
    Decision,
    Destination,
    Finding,
    Fix,
    Forwarding,
    Node,
    Severity,
    VirtualService,
    cite,
    command,
    rule,
)

RESET = "{node} sends requests for {service} to {rip} with port {used}, not with port {asked}"
CLEARED = "{node} sends requests for {service} to {rip} with the port of the request, not with port {asked}"


@rule(
    name="real-server-port-reset",
    code="KA005",
    severity=Severity.WARNING,
    explains=Decision.LISTENER,
    role="director",
    needs={"ipvs"},
    helps={"configured-ipvs"},
)
def real_server_port_reset(node: Node) -> Iterator[Finding]:
    known = set()
    # Where the table was collected it has the port that counts, and the file alone has the other.
    files = node.virtual_services("configured-ipvs") if node.has("configured-ipvs") else ()
    for service in chain(files, node.services):
        for real in service.destinations:
            if real.asked_port is None or real.ip is None or real.seen in known:
                continue
            known.add(real.seen)
            yield Finding(
                RESET if real.port else CLEARED,
                clients="If the real server listens on port {asked} alone, connections to it are refused.",
                about={"service": service, "rip": real.ip, "port": real.asked_port},
                asked=real.asked_port,
                used=real.port,
                decided_at=str(real.ip),
                evidence=[
                    cite(service, "{how} changes no port", how=_method(real)),
                    cite(real, "port {asked} has no effect", asked=real.asked_port),
                ],
                fix=_fix(service, real),
                decided_by=real,
            )


def _method(real: Destination) -> str:
    return "tunnelling" if real.forwarding is Forwarding.TUN else "direct routing"


def _fix(service: VirtualService, real: Destination) -> Fix:
    port = service.port or "0"
    lines = [f"# in keepalived.conf: real_server {real.ip} {port}"]
    if service.vip is not None and service.port:
        turned = ("-d", service.vip, "-p", service.protocol, "--dport", service.port, "-j", "REDIRECT")
        redirect = command("iptables", "-t", "nat", "-A", "PREROUTING", *turned, "--to-ports", real.asked_port or 0)
        lines.append(f"# on {real.ip} something must listen on port {service.port}, or there: {redirect}")
    return Fix(now=tuple(lines), persist=("# the file is what lasts: reload keepalived after the change",))
