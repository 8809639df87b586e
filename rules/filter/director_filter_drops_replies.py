"""A director's packet filter drops the replies of NAT real servers before IPVS gives them the VIP as source."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Forwarding,
    Node,
    Severity,
    at_director_of_all,
    cite,
    pass_filters,
    refuse_unknown,
    replies_dropped,
    rule,
    stands_by,
)

_LATER = "After a failover to {node}, clients of {service} get no answer."


@rule(
    name="director-filter-drops-replies",
    code="FW002",
    severity=Severity.ERROR,
    explains=Decision.FORWARD_FILTER,
    role="director",
    needs={"ipvs", "addresses"},
    helps={"iptables", "ip6tables", "links", "local-routes", "memberships", "policy-rules", "routes", "sysctl"},
)
def director_filter_drops_replies(node: Node) -> Iterator[Finding]:
    services, absent = at_director_of_all(node, Forwarding.NAT)
    for service, items in services:
        dropped = replies_dropped(items)
        if not dropped:
            continue
        waits = stands_by(node, service)
        name, listed = node.name, {item.rip: item.real for item in dropped if item.real is not None}
        yield Finding(
            "{node} drops replies of {service} in chain {chain}",
            about={"service": service},
            chain=dropped[0].chain,
            explains=dropped[0].decision,
            rips=", ".join(map(str, listed)),
            severity=Severity.WARNING if waits else None,
            clients=_LATER if waits else "Connections to real server {rips} get no answer.",
            evidence=[
                *(line for item in dropped for line in item.verdict.because),
                *(
                    cite(real, "{director} masquerades to {rip}", director=name, rip=rip)
                    for rip, real in listed.items()
                ),
            ],
            fix=pass_filters(node, replies_dropped, service),
        )
    refuse_unknown(node, (item for _, items in services for item in items if item.passage.is_reply))
    if absent is not None:
        raise absent
