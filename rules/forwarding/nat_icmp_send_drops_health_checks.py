"""IPVS drops the replies of masqueraded real servers to the director's own connections."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Decision, Finding, Node, Severity, cite, dropped_replies, rule, set_sysctls


@rule(
    name="nat-icmp-send-drops-health-checks",
    code="NAT011",
    severity=Severity.WARNING,
    explains=Decision.HEALTH_CHECK,
    role="director",
    needs={"ipvs", "sysctl"},
    helps={"addresses"},
)
def nat_icmp_send_drops_health_checks(node: Node) -> Iterator[Finding]:
    for item in dropped_replies(node):
        yield Finding(
            "{node} drops replies of the real servers of {service} to its own connections (nat_icmp_send={value})",
            clients="Health checks by {node} fail, all these real servers are removed, and clients are not served.",
            about={"service": item.service},
            value=item.setting.raw,
            evidence=[
                cite(item.setting, "IPVS drops what belongs to no connection of its own"),
                *(cite(real, "masqueraded") for real in item.reals),
            ],
            fix=set_sysctls({item.setting.key: 0}),
        )
