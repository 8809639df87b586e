"""A rule of a director is to change the source of masqueraded requests, and connection tracking does not see them."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Citation,
    Decision,
    Finding,
    Fix,
    Node,
    Severity,
    UnseenRequests,
    cite,
    remove_rule,
    rule,
    track_connections,
    unseen_by_source_nat,
)

UNCHANGED = "{node} sends requests for {service} to {rip} from the addresses of clients, and its rule has no effect"
SETTING = "net.ipv4.vs.conntrack"


@rule(
    name="source-nat-without-conntrack",
    code="NAT004",
    severity=Severity.ERROR,
    explains=Decision.RETURN_PATH,
    role="director",
    needs={"ipvs", "iptables"},
    helps={"addresses", "ipvs-stats", "links", "local-routes", "policy-rules", "routes", "sysctl"},
    only_ipv4=True,
)
def source_nat_without_conntrack(node: Node) -> Iterator[Finding]:
    for item in unseen_by_source_nat(node):
        yield Finding(
            UNCHANGED,
            clients="Clients get replies from {rip}, not from VIP {vip}, and drop the replies.",
            about={"vip": item.service.vip, "rip": item.real.ip},
            decided_at=str(item.real.ip),
            service=item.service,
            severity=None if item.meant else Severity.WARNING,
            evidence=[cite(item.real, "masqueraded"), *item.because, _cause(node, item), *item.past],
            fix=_fix(node, item),
        )


def _cause(node: Node, item: UnseenRequests) -> Citation:
    if item.notrack is not None:
        return cite(item.notrack, "this rule takes the requests out of connection tracking")
    return cite(
        node.sysctl(SETTING),
        "IPVS takes its packets out of connection tracking, and table nat sees only tracked packets",
    )


def _fix(node: Node, item: UnseenRequests) -> Fix:
    return remove_rule(node, item.notrack) if item.notrack is not None else track_connections()
