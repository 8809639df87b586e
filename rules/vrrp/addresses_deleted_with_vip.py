"""A director loses its own address when VRRP takes the VIP away, because the VIP is the primary one of their subnet."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Node, Severity, cite, conf_key, deleted_with_vips, rule, set_sysctls

DELETED = "{node} loses {others} on {link} when it gives up VIP {vip}, which is the primary address of the subnet"


@rule(
    name="addresses-deleted-with-vip",
    code="VRRP004",
    severity=Severity.WARNING,
    role="director",
    needs={"addresses", "sysctl"},
    helps={"ipvs", "vrrp"},
    only_ipv4=True,
)
def addresses_deleted_with_vip(node: Node) -> Iterator[Finding]:
    for item in deleted_with_vips(node):
        yield Finding(
            DELETED,
            clients="After a failover {node} has no address on {link}, and cannot become active again.",
            about={"vip": item.vip.ip, "link": item.vip.link},
            others=", ".join(str(row.ip) for row in item.others[:3]),
            evidence=[
                cite(item.vip, "the primary address of {subnet}", subnet=item.vip.network),
                *(cite(row, "a secondary address of the same subnet") for row in item.others[:3]),
                *item.setting.because,
            ],
            fix=set_sysctls({conf_key(item.vip.link, "promote_secondaries"): 1}),
        )
