"""A bridge port with neigh_suppress keeps the gratuitous ARP of keepalived back."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, command, rule, suppressed

KEEPS = "{node} sends no gratuitous ARP for VIP {vip} by port {port} of {bridge}, which has neigh_suppress on"
STALE = "After a failover, hosts behind {port} send to the other director until their neighbour entry ends."
BY_HAND = "# if no EVPN daemon announces the move: {line}"


@rule(
    name="announcement-suppressed-by-bridge",
    code="VRRP007",
    severity=Severity.WARNING,
    role="director",
    needs={"vrrp", "links"},
    helps={"neighbours", "routes", "bridge-ports"},
)
def announcement_suppressed_by_bridge(node: Node) -> Iterator[Finding]:
    for case in suppressed(node):
        line = BY_HAND.format(line=command("bridge", "link", "set", "dev", case.port, "neigh_suppress", "off"))
        yield Finding(
            KEEPS,
            clients=STALE,
            about={"port": case.port, "instance": case.instance.name},
            vip=case.instance.brings_up[0].ip,
            bridge=case.bridge.name,
            evidence=[
                *case.lines,
                cite(case.instance, "keepalived announces the VIP on {link}", link=case.instance.link),
                *case.assumed,
            ],
            fix=Fix(now=(line,), persist=(line,)),
        )
