"""keepalived drops what clients send to its own VIP (vrrp_strict, no_accept)."""

from collections.abc import Iterator

from lvsdoctor.rulekit import IP, Decision, Finding, Fix, Node, Severity, VirtualService, VrrpInstance, cite, rule

DROPS = "{node} drops what clients send to VIP {vip}, as {word} of keepalived.conf says"
WORDS = ("no_accept", "strict_mode", "vrrp_strict")


@rule(
    name="vip-traffic-dropped-by-keepalived",
    code="VRRP002",
    severity=Severity.ERROR,
    explains=Decision.INPUT_FILTER,
    needs={"vrrp"},
    helps={"health-checks", "ipvs"},
    instead_of={"director-filter-drops-requests"},
    cause=True,
)
def vip_traffic_dropped_by_keepalived(node: Node) -> Iterator[Finding]:
    services = dict(_directed(node))
    for instance in node.vrrp_instances:
        if instance.accept:
            continue
        setting = next(word for word in WORDS if word in instance.lines)
        for address in instance.brings_up:
            if address.ip not in services:  # the gateway of a network, which takes no connection itself
                continue
            yield Finding(
                DROPS,
                clients="Clients of {vip} get no answer.",
                about={"vip": address.ip},
                word=setting,
                evidence=[
                    cite(instance.lines[setting], "accepts only what the address owner (priority 255) takes"),
                    cite(address, "a VIP of this instance, with priority {priority}", priority=instance.priority),
                    cite(services[address.ip], "a virtual service on the VIP"),
                ],
                fix=_fix(instance, setting),
            )


def _directed(node: Node) -> Iterator[tuple[IP, VirtualService]]:
    """The VIPs that this host directs, with a service of each: of the same file, or of the table."""
    known = [row for checked in node.checked_services for row in checked.services] if node.has("health-checks") else []
    for row in known or node.services:
        if row.vip is not None:
            yield row.vip, row


def _fix(instance: VrrpInstance, setting: str) -> Fix:
    line = f"# in keepalived.conf: remove {setting}"
    if instance.version == 3 and setting != "no_accept":
        line += ", or add accept to the vrrp_instance"
    return Fix(
        now=(line, "# then reload keepalived: systemctl reload keepalived"),
        persist=("# the file is what lasts",),
        warning="Without strict mode an authentication of the file counts again: compare it with the other director.",
    )
