"""keepalived drops what clients send to its own VIP (vrrp_strict, no_accept)."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    REFUSING,
    Decision,
    Finding,
    Node,
    NotCollected,
    Severity,
    VirtualService,
    accept_vips,
    cite,
    rule,
)

DROPS = "{node} drops what clients send to VIP {vip}, as {word} of keepalived.conf says"
NO_ANSWER = "Clients of {vip} get no answer."
GATEWAY = "Clients that connect to {vip} get no answer. Hosts that use {vip} as a gateway are served."


@rule(
    name="vip-traffic-dropped-by-keepalived",
    code="VRRP002",
    severity=Severity.ERROR,
    explains=Decision.INPUT_FILTER,
    needs={"vrrp"},
    helps={"health-checks", "ipvs"},
    cause=True,
)
def vip_traffic_dropped_by_keepalived(node: Node) -> Iterator[Finding]:
    services, directs = _directed(node)
    for instance in node.vrrp_instances:
        if instance.accept:
            continue
        setting = next(word for word in REFUSING if word in instance.lines)
        for address in instance.brings_up:
            service = services.get(address.ip)
            if service is None and (directs or setting == "no_accept"):
                continue  # the gateway of a network, which takes no connection itself
            yield Finding(
                DROPS,
                clients=NO_ANSWER if service else GATEWAY,
                severity=None if service else Severity.WARNING,
                about={"vip": address.ip},
                word=setting,
                evidence=[
                    cite(instance.lines[setting], "accepts only what the address owner (priority 255) takes"),
                    cite(address, "a VIP of this instance, with priority {priority}", priority=instance.priority),
                    *([cite(service, "a virtual service on the VIP")] if service else []),
                ],
                fix=accept_vips(instance),
            )


def _directed(node: Node) -> tuple[dict[IP, VirtualService], bool]:
    """The VIPs that this host directs, with a service of each: of the same file, or of the table; and whether there
    are any services."""
    known = [row for checked in node.checked_services for row in checked.services] if node.has("health-checks") else []
    try:
        known = known or list(node.services)
    except NotCollected:
        if node.has("ipvs"):
            raise
    return {row.vip: row for row in known if row.vip is not None}, bool(known)
