"""A DNAT or REDIRECT rule on a director rewrites requests before IPVS sees them."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Citation,
    Decision,
    Finding,
    Node,
    NotCollected,
    Rewritten,
    Severity,
    VirtualService,
    cite,
    leave_to_ipvs,
    requests_rewritten,
    rule,
)


@rule(
    name="requests-rewritten-before-ipvs",
    code="FW005",
    severity=Severity.ERROR,
    explains=Decision.IPVS,
    role="director",
    needs={"ipvs"},
    helps={
        "addresses",
        "ip6tables",
        "iptables",
        "links",
        "local-routes",
        "memberships",
        "policy-rules",
        "routes",
        "sysctl",
    },
)
def requests_rewritten_before_ipvs(node: Node) -> Iterator[Finding]:
    absent: NotCollected | None = None
    for service in node.services:
        try:
            yield from _of(node, service)
        except NotCollected as lacking:
            absent = absent or lacking.anew()
    if absent is not None:
        raise absent


def _of(node: Node, service: VirtualService) -> Iterator[Finding]:
    for item in requests_rewritten(node, service):
        yield Finding(
            "{node} sends requests for {service} to {target} before IPVS sees them",
            clients="Clients get no connection to the real servers of {service}.",
            about={"service": service, "vip": item.request.dst},
            target=item.target,
            evidence=[cite(service, "this service gets no request"), *item.because, *_other(item)],
            fix=leave_to_ipvs(node, item),
            decided_by=item.decided_by,
        )


def _other(item: Rewritten) -> list[Citation]:
    note = "this service gets the requests; its replies come from {target}"
    return [cite(item.taken_by, note, target=item.target)] if item.taken_by is not None else []
