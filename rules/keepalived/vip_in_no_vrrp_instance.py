"""A virtual_server of keepalived.conf is on an address that no vrrp_instance of the file brings up."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Decision, Finding, Fix, Node, Severity, cite, rule

MISSING = "{node} directs VIP {vip}, which no vrrp_instance of keepalived.conf brings up"


@rule(
    name="vip-in-no-vrrp-instance",
    code="KA003",
    severity=Severity.WARNING,
    explains=Decision.ARP_REPLY,
    needs={"health-checks", "vrrp"},
    helps={"addresses"},
)
def vip_in_no_vrrp_instance(node: Node) -> Iterator[Finding]:
    known = set()
    for checked in node.checked_services:
        for service in checked.services:
            if service.vip is None or service.vip in known or _brought_up(node, service.vip):
                continue
            known.add(service.vip)
            yield Finding(
                MISSING,
                clients="Clients get no answer for {vip} after a failover, or never.",
                about={"vip": service.vip},
                evidence=[
                    cite(service, "a virtual service on {vip}", vip=service.vip),
                    *(cite(row.line("virtual_ipaddress"), "the first VIP of {name}", name=row.name or "an instance")
                      for row in node.vrrp_instances),
                ],
                fix=Fix(
                    now=(f"# in keepalived.conf, in virtual_ipaddress: {service.vip}/{service.vip.max_prefixlen}",
                         "# then reload keepalived: systemctl reload keepalived"),
                    persist=("# the file is what lasts",),
                ),
            )  # fmt: skip


def _brought_up(node: Node, vip: object) -> bool:
    """Is it brought up by an instance, or is it on the host by other means (static_ipaddress, a routed VIP on lo)?"""
    if node.has("addresses") and any(address.ip == vip for address in node.seen_rows("addresses")):
        return True
    return any(vip in instance.vips for instance in node.vrrp_instances)
