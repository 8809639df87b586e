"""Rules for connection states drop packets of IPVS, which connection tracking does not see as it sees others."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Node,
    Severity,
    at_director_of_all,
    cite,
    conntrack_line,
    dropped_for_state,
    fit_conntrack,
    refuse_unknown,
    rule,
    stands_by,
)

_REQUESTS = "{node} drops requests for {service} in chain {chain}, for their connection state {state}"
_LATER = "{node} drops later packets of {service} in chain {chain}, for their connection state {state}"
_REPLIES = "{node} drops replies of {service} in chain {chain}, for their connection state {state}"
_NO_ANSWER = "Clients of {service} get no answer."
_WAITING = "Clients of {service} connect, and then get no data."
_FAILOVER = "After a failover to {node}, clients of {service} get no answer."


@rule(
    name="stateful-filter-drops-ipvs",
    code="FW003",
    severity=Severity.ERROR,
    explains=Decision.INPUT_FILTER,
    role="director",
    needs={"ipvs", "addresses"},
    helps={"iptables", "ip6tables", "links", "local-routes", "memberships", "policy-rules", "routes", "sysctl"},
)
def stateful_filter_drops_ipvs(node: Node) -> Iterator[Finding]:
    services, absent = at_director_of_all(node)
    for service, items in services:
        dropped = dropped_for_state(items)
        if not dropped:
            continue
        waits = stands_by(node, service)
        first, part = dropped[0], dropped[0].passage.part
        yield Finding(
            _LATER if part == "later request" else _REPLIES if dropped[0].passage.is_reply else _REQUESTS,
            about={"service": service},
            chain=first.chain,
            explains=first.decision,
            state=" or ".join(sorted(first.passage.packet.states)),
            severity=Severity.WARNING if waits else None,
            clients=_FAILOVER if waits else _WAITING if part.startswith("later") else _NO_ANSWER,
            evidence=[
                *(line for item in dropped for line in item.verdict.because),
                *conntrack_line(node),
                cite(service, "a virtual service of {director}", director=node.name),
            ],
            fix=fit_conntrack(node, service, dropped_for_state),
        )
    refuse_unknown(node, (item for _, items in services for item in items))
    if absent is not None:
        raise absent
