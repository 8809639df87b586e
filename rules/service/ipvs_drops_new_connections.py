"""IPVS drops one of so many new connections, whatever memory there is: its defence is on for good."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    DROP_PACKET,
    Decision,
    Finding,
    Node,
    NotCollected,
    Severity,
    VirtualService,
    drop_rate,
    rule,
    set_sysctls,
    stands_by,
)

SOME = "{node} drops one of {rate} new connections of {service} (drop_packet=3)"
ALL = "{node} drops every new connection of {service} (drop_packet=3)"
LOST = "A client whose connection begins with a dropped packet waits until it sends again, or gets no reply."
LATER = "After a failover to {node}, new connections of {service} are lost."


@rule(
    name="ipvs-drops-new-connections",
    code="SCH011",
    severity=Severity.ERROR,
    explains=Decision.IPVS,
    role="director",
    needs={"ipvs", "sysctl"},
    helps={"addresses", "links", "local-routes", "policy-rules", "routes"},
)
def ipvs_drops_new_connections(node: Node) -> Iterator[Finding]:
    node.sysctl(DROP_PACKET)  # without it the rule is not checked
    dropped = drop_rate(node)
    if dropped is None:
        return
    rate, lines = dropped
    for service in (service for service in node.services if service.destinations):
        waits = _stands_by(node, service)
        yield Finding(
            ALL if rate == 1 else SOME,
            clients=LATER if waits else LOST,
            about={"service": service},
            rate=rate,
            severity=None if rate == 1 and waits is False else Severity.WARNING,
            evidence=lines,
            fix=set_sysctls({DROP_PACKET: 0}),
        )


def _stands_by(node: Node, service: VirtualService) -> bool | None:
    """None where the addresses do not tell."""
    try:
        return stands_by(node, service)
    except NotCollected:
        return None
