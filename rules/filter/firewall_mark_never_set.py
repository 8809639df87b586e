"""A director has a service of a firewall mark, and its rules set this mark on no request."""

from collections.abc import Iterator, Sequence

from lvsdoctor.rulekit import (
    Citation,
    Decision,
    Finding,
    MarkedPacket,
    Node,
    NotCollected,
    Severity,
    VirtualService,
    assume_without,
    cite,
    for_other_ports,
    mark_requests,
    other_link,
    rule,
    stands_by,
    unmarked,
)

NEVER = "{node} never sets firewall mark {mark}, so IPVS gets no request for {service}"
PORTS = "{node} sets firewall mark {mark} only on requests to port {ports}, and lists real servers with other ports"
LOST = "Clients of {service} get no reply."
NO_OTHER = "no nftables rule, tc filter or BPF program sets the mark"
SETTLE = "nft list ruleset  # and: tc filter show"


@rule(
    name="firewall-mark-never-set", code="FWM001", severity=Severity.ERROR, explains=Decision.IPVS, role="director",
    needs={"ipvs", "addresses"},
    helps={"ip6tables", "iptables", "links", "local-routes", "memberships", "policy-rules", "routes"}, only_marks=True,
)  # fmt: skip
def firewall_mark_never_set(node: Node) -> Iterator[Finding]:
    absent: NotCollected | None = None
    for service in (service for service in node.services if service.fwmark is not None):
        try:
            packets = unmarked(node, service)
            others = for_other_ports(node, service) if packets is None else ()
        except NotCollected as lacking:
            absent = absent or lacking.anew()
            continue
        if any(real.active or real.inactive for real in service.destinations):
            continue  # connections tell that requests came, whatever marks them
        if packets is not None or others:
            yield _finding(node, service, packets or others, ports=bool(others))
    if absent is not None:
        raise absent


def _finding(node: Node, service: VirtualService, packets: Sequence[MarkedPacket], *, ports: bool) -> Finding:
    later = {line.seen: line for item in packets if item.gets == 0 for line in item.later}
    lines = later | {item.by.rule.seen: _line(node, item) for item in packets}
    named = sorted({item.packet.dport for item in packets if item.packet.dport})
    other = [] if ports else [assume_without("", NO_OTHER, SETTLE)]
    waits, unused = stands_by(node, service), not service.destinations
    return Finding(
        PORTS if ports else NEVER,
        clients="After a failover to {node}, clients of {service} get no reply." if waits else LOST,
        about={"service": service},
        mark=service.fwmark,
        ports=" and ".join(map(str, named)),
        severity=Severity.WARNING if ports or waits or unused else None,
        evidence=[cite(service, "a service of mark {mark}", mark=service.fwmark), *lines.values(), *other],
        fix=mark_requests(node, service, packets),
        decided_by=next(iter(lines), None),
    )


def _line(node: Node, item: MarkedPacket) -> Citation:
    if links := other_link(node, item):
        text = "only for what arrives on {asked}, and requests arrive on {link}"
        return cite(item.by.rule, text, asked=links[0], link=links[1])
    if not item.reached:
        return cite(item.by.rule, "no request gets to this rule")
    if item.gets == 0 and item.later:
        return cite(item.by.rule, "a later rule clears this mark")
    return cite(item.by.rule, "sets mark {mark}", mark=item.gets)
