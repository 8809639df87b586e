"""rp_filter on a tunnel's link drops the requests that a TUN director sends through it."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Forwarding,
    Node,
    Severity,
    check_loosely,
    effective,
    request_paths,
    rp_filter_drops,
    rule,
)


@rule(
    name="rp-filter-on-tunnel-device",
    code="TUN002",
    severity=Severity.ERROR,
    explains=Decision.SOURCE_VALIDATION,
    general=True,
    role="real-server",
    needs={"sysctl | configured-sysctl", "addresses", "links", "routes"},
    helps={"memberships", "local-routes", "policy-rules"},
    harmless_at_weight_0=True,
    only_ipv4=True,
)
def rp_filter_on_tunnel_device(node: Node) -> Iterator[Finding]:
    for arrival in request_paths(node, Forwarding.TUN):
        link = arrival.link.name
        dropped = rp_filter_drops(node, arrival.vip, link)
        if not dropped:
            continue
        level = effective(node, "rp_filter", link)
        bare = not node.planned and not any(address.ip.version == 4 for address in node.addresses_on(link))
        message = "{node} drops requests for VIP {vip} that are unpacked on {link} (rp_filter={value}, "
        message += "{link} has no IPv4 address)" if bare else "replies leave by another interface)"
        yield Finding(
            message,
            clients="Clients whose requests go to {node} get no reply.",
            about={"vip": arrival.vip, "link": link},
            value=level.value,
            evidence=[*arrival.because, *dropped.because],
            fix=check_loosely(link, vip=arrival.vip if bare else None),
            decided_by=level.decided_by,
        )
