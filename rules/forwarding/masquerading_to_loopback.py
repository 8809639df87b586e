"""A director masquerades to its own loopback address, where the kernel lets no request of another host go."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lvsdoctor.rulekit import (
    IP,
    SAVE_TABLE,
    Address,
    Decision,
    Destination,
    Finding,
    Fix,
    Forwarding,
    Node,
    Severity,
    VirtualService,
    change_real_server,
    cite,
    command,
    directed_vips,
    rule,
)

LISTED = "{node} masquerades requests for {service} to its loopback address {rip}"
LOST = "Requests of other hosts that are sent to {rip} get no reply."
IDLE = "The weight of {rip} is 0. With a weight above 0, requests of other hosts get no reply."
LISTEN = "The program must listen on {place}, or on all addresses."


@rule(
    name="masquerading-to-loopback",
    code="NAT007",
    severity=Severity.ERROR,
    explains=Decision.ROUTE,
    role="director",
    needs={"ipvs"},
    helps={"addresses"},
)
def masquerading_to_loopback(node: Node) -> Iterator[Finding]:
    for service in node.services:
        for real in service.destinations:
            if real.ip is None or not real.ip.is_loopback or real.forwarding is not Forwarding.NAT:
                continue
            idle = real.weight == 0
            yield Finding(
                LISTED,
                clients=IDLE if idle else LOST,
                about={"service": service, "rip": real.ip, "port": real.port},
                severity=Severity.WARNING if idle else None,
                evidence=[cite(real, "the kernel drops what other hosts send to {rip}", rip=real.ip)],
                fix=_fix(node, service, real),
            )


def _fix(node: Node, service: VirtualService, real: Destination) -> Fix:
    """Direct routing leaves the VIP as the destination, so another port needs an address of the director instead."""
    name = command(*str(service).split())
    saved = (f"{SAVE_TABLE} the same for {name}",)
    if service.fwmark is None and service.port and real.port in (0, service.port):
        line = change_real_server("-e", service, real, how="-g")
        return Fix(now=(line,), persist=saved, warning=LISTEN.format(place=f"{service.vip} port {service.port}"))
    own = _own_address(node, real)
    if own is None:
        line = f"# list an address of this host for {name} instead of {real.ip}, and let the program listen there"
        return Fix(now=(line,), persist=saved)
    lines = (change_real_server("-a", service, replace(real, ip=own)), change_real_server("-d", service, real))
    return Fix(now=lines, persist=saved, warning=LISTEN.format(place=f"{own} port {real.port}"))


def _own_address(node: Node, real: Destination) -> IP | None:
    """An address of the director that is no VIP: of an interface, with a subnet."""
    vips = directed_vips(node)
    rows: Sequence[Address] = node.seen_rows("addresses") if node.has("addresses") else ()
    for row in rows:
        usual = not row.host_only and not row.secondary and row.link != "lo" and not row.ip.is_link_local
        if usual and real.ip is not None and row.ip.version == real.ip.version and row.ip not in vips:
            return row.ip
    return None
