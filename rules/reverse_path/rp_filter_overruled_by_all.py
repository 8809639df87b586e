"""rp_filter=0 is set on the interface where requests arrive, but conf/all is larger."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Forwarding,
    Node,
    Severity,
    check_loosely,
    cite,
    conf_key,
    request_paths,
    rp_filter_drops,
    rule,
)


@rule(
    name="rp-filter-overruled-by-all",
    code="RP002",
    severity=Severity.ERROR,
    explains=Decision.SOURCE_VALIDATION,
    role="real-server",
    needs={"sysctl | configured-sysctl", "addresses", "links", "routes"},
    helps={"memberships", "local-routes", "policy-rules"},
    harmless_at_weight_0=True,
    only_ipv4=True,
)
def rp_filter_overruled_by_all(node: Node) -> Iterator[Finding]:
    for arrival in (*request_paths(node, Forwarding.DR), *request_paths(node, Forwarding.TUN)):
        link = arrival.link
        key = conf_key(link.name, "rp_filter")
        if node.sysctl(key).assumed or node.sysctl(key).value:
            continue
        own, of_all = node.sysctl(key), node.sysctl(conf_key("all", "rp_filter"))
        dropped = rp_filter_drops(node, arrival.vip, link.name)
        if not dropped:
            continue
        bare = not any(address.ip.version == 4 for address in node.addresses_on(link.name))
        yield Finding(
            "{node} drops requests for VIP {vip} on {link}, as all.rp_filter={value} overrules rp_filter=0 of {link}",
            clients="Clients whose replies leave by another interface get no reply from {node}.",
            about={"vip": arrival.vip, "link": link.name},
            value=of_all.value,
            severity=None if arrival.listed or not link.arp else Severity.WARNING,
            evidence=[
                *arrival.because,
                cite(own, "has no effect, as all.rp_filter is larger"),
                *(line for line in dropped.because if line.seen != own.seen),
            ],
            fix=check_loosely(link.name, vip=arrival.vip if bare else None),
        )
