"""An IPv6 VIP is the source address of the director's own packets: the real servers hold it and never answer."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    Command,
    Decision,
    Finding,
    Fix,
    Node,
    Nothing,
    Severity,
    VipSource,
    cite,
    deprecate,
    edit_real_server,
    refuse_unmarked,
    rule,
    vip6_sources,
)

SENDS = "{node} uses VIP {vip} as source address of its own packets to {rips}"
TUNNELS = "{node} uses VIP {vip} as source address of its tunnel to {rips}"
CHECKS_FAIL = "Health checks from {node} fail. Then keepalived takes these real servers out of service."
ALL_LOST = "These real servers drop their requests."


@rule(
    name="vip6-is-source-address",
    code="V6007",
    severity=Severity.ERROR,
    explains=Decision.REPLY_ROUTE,
    role="director",
    needs={"ipvs", "addresses"},
    helps={"links", "routes", "local-routes", "policy-rules", "sysctl"},
    only_ipv6=True,
)
def vip6_is_source_address(node: Node) -> Iterator[Finding]:
    found: dict[tuple[IP, bool], list[VipSource]] = {}
    for source in vip6_sources(node):
        found.setdefault((source.vip, source.tunnelled), []).append(source)
    for (vip, tunnelled), sources in found.items():
        yield Finding(
            TUNNELS if tunnelled else SENDS,
            clients=ALL_LOST if tunnelled else CHECKS_FAIL,
            about={"vip": vip, "link": node.holding(vip)[0].link},
            rips=", ".join(dict.fromkeys(str(source.rip) for source in sources)),
            severity=None if tunnelled else Severity.WARNING,
            evidence=[*(cite(row.real, "listed as a real server") for row in sources), *sources[0].because],
            explains=Decision.DECAPSULATION if tunnelled else None,
            decided_at=str(sources[0].rip),
            fix=_fix(node, vip, [source for source in sources if tunnelled]),
        )
    refuse_unmarked(node, 6)


def _fix(node: Node, vip: IP, tunnelled: list[VipSource]) -> Fix:
    """IPVS keeps a tunnel's source address until the real server is edited (ip_vs_ctl.c: __ip_vs_update_dest())."""
    fix = sum((deprecate(address) for address in node.holding(vip) if address.link != "lo"), Fix())
    again = [edit_real_server(row.service, row.real) for row in tunnelled]
    return fix + Fix(now=tuple(Command(line, (Nothing(),)) for line in again))
