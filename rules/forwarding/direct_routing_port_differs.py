"""A real server is listed with another port than its service's, under a method that changes no port."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    SAVE_TABLE,
    Citation,
    Decision,
    Destination,
    Finding,
    Fix,
    Forwarding,
    Node,
    Severity,
    VirtualService,
    assume_without,
    change_real_server,
    cite,
    command,
    filters_seen,
    known_real_server,
    port_at,
    rule,
)

_ROUTED = "{node} lists {rip} with port {port} for {service}, but direct routing keeps port {asked}"
_TUNNELLED = "{node} lists {rip} with port {port} for {service}, but tunnelling keeps port {asked}"


@rule(
    name="direct-routing-port-differs", code="DR003", severity=Severity.ERROR, explains=Decision.LISTENER,
    role="director", needs={"ipvs"},
    helps={"addresses", "iptables", "ip6tables", "links", "local-routes", "memberships", "policy-rules", "routes"},
)  # fmt: skip
def direct_routing_port_differs(node: Node) -> Iterator[Finding]:
    for service in node.services:
        for real in service.destinations:
            if not (real.forwarding and real.forwarding.keeps_destination) or service.vip is None or real.ip is None:
                continue
            if not service.port or not real.port or real.port == service.port:
                continue
            host = known_real_server(node, real.ip)
            seen = host if host is not None and filters_seen(host, service.vip.version) else None
            if seen is not None and port_at(seen, service, real) == real.port:
                continue
            yield Finding(
                _ROUTED if real.forwarding is Forwarding.DR else _TUNNELLED,
                clients="Requests arrive at port {asked}. If {rip} listens only on {port}, clients get a refusal.",
                about={"service": service, "rip": real.ip, "port": real.port},
                asked=service.port,
                decided_at=str(real.ip), decided_by=real,
                evidence=[
                    cite(service, "clients use port {asked}", asked=service.port),
                    cite(real, "port {port} has no effect: this method does not change ports", port=real.port),
                    *([_unseen(host)] if seen is None else []),
                ],
                fix=_with_its_port(service, real),
            )  # fmt: skip


def _unseen(host: Node | None) -> Citation:
    settle = "iptables-save -t nat  # on the real server"
    return assume_without("packets", "no rule on the real server redirects the service's port", settle, of=host)


def _with_its_port(service: VirtualService, real: Destination) -> Fix:
    """The table may say what is true; that the real server listens there is beyond it."""
    how = "-g" if real.forwarding is Forwarding.DR else "-i"
    turned = ("-d", service.vip, "-p", service.protocol, "--dport", service.port, "-j", "REDIRECT")
    redirect = command("iptables", "-t", "nat", "-A", "PREROUTING", *turned, "--to-ports", real.port)
    listens = f"# on {real.ip} something must listen on port {service.port}, or there: {redirect}"
    return Fix(
        now=(
            listens,
            change_real_server("-a", service, real, how=how, port=service.port),
            change_real_server("-d", service, real),
        ),
        persist=(f"{SAVE_TABLE} {real.ip} with port {service.port}",),
        warning="A real server that listens on the other port alone refuses connections until they are redirected.",
    )
