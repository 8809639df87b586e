"""A director's packet filter drops requests for a virtual service, or what IPVS sends to the real servers."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Node,
    Severity,
    accept_again,
    at_director_of_all,
    cite,
    pass_filters,
    refuse_unknown,
    requests_dropped,
    rule,
    standing_by,
)

_REQUESTS = "{node} drops requests for {service} in chain {chain}"
_SENT = "{node} drops in chain {chain} what IPVS sends for {service}"
_NO_ANSWER = "Clients of {service} get no answer."
_REFUSED = "Clients of {service} are refused."
_SHARE = "Connections to real server {rips} get no answer."
_LATER = "After a failover to {node}, clients of {service} get no answer."


@rule(
    name="director-filter-drops-requests",
    code="FW001",
    severity=Severity.ERROR,
    explains=Decision.INPUT_FILTER,
    role="director",
    needs={"ipvs", "addresses"},
    helps={"iptables", "ip6tables", "links", "local-routes", "memberships", "policy-rules", "routes", "sysctl", "vrrp"},
)
def director_filter_drops_requests(node: Node) -> Iterator[Finding]:
    services, absent = at_director_of_all(node)
    for service, items in services:
        dropped = requests_dropped(items)
        if not dropped:
            continue
        first = dropped[0]
        waits, assumed = standing_by(node, service)
        refused = first.verdict.rejected and not first.sent
        yield Finding(
            _SENT if first.sent else _REQUESTS,
            about={"service": service},
            chain=first.chain,
            explains=first.decision,
            rips=", ".join(dict.fromkeys(str(item.rip) for item in dropped)),
            severity=Severity.WARNING if waits else None,
            clients=_LATER if waits else _SHARE if first.sent else _REFUSED if refused else _NO_ANSWER,
            evidence=[
                *(line for item in dropped for line in item.verdict.because),
                cite(service, "a virtual service of {director}", director=node.name),
                *assumed,
            ],
            fix=accept_again(node, dropped) or pass_filters(node, requests_dropped, service),
        )
    refuse_unknown(node, (item for _, items in services for item in items if not item.passage.is_reply))
    if absent is not None:
        raise absent
