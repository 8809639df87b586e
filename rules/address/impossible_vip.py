"""A virtual service is on an address to which hosts cannot send a request."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    IP,
    SAVE_TABLE,
    Citation,
    Decision,
    Finding,
    Fix,
    Node,
    NotCollected,
    Severity,
    cite,
    command,
    ipvs_table,
    rule,
    served_by_kube_proxy,
)

TURNED = "An IPv6 VIP that was added as IPv4 looks like this."
LOST = "IPVS gets no request for this address."
LOOPBACK = "Other hosts cannot send to this address. Requests from {node} itself get no reply."


@rule(
    name="impossible-vip",
    code="ADDR008",
    severity=Severity.ERROR,
    explains=Decision.IPVS,
    role="director",
    needs=(),
    helps={"addresses", "links", "ipvs", "ipvs-stats"},
    instead_of={"vip-missing-on-director"},
)
def impossible_vip(node: Node) -> Iterator[Finding]:
    for service in ipvs_table(node):
        vip = service.vip
        kind, because = _kind(node, vip) if vip is not None else ("", [])
        if not kind:
            continue
        note = TURNED if str(vip) == "255.255.255.255" else "a request to {kind} address reaches no service"
        yield Finding(
            "{node} has virtual service {service} on {kind} address",
            clients=LOOPBACK if kind == "a loopback" else LOST,
            about={"service": service, "vip": vip},
            kind=kind,
            # kube-proxy puts every NodePort on 127.0.0.1 as well, and says that this is not to be used.
            severity=Severity.NOTE if kind == "a loopback" and served_by_kube_proxy(node, service) else None,
            evidence=[cite(service, note, kind=kind), *because],
            fix=_fix(command(*str(service).split())),
        )


def _kind(node: Node, vip: IP) -> tuple[str, list[Citation]]:
    """net/ipv4/route.c: ip_route_input_slow(), net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_hook() (PACKET_HOST alone)."""
    if vip.is_loopback:
        return "a loopback", []
    if vip.is_multicast:
        return "a multicast", []
    if vip.version == 6:
        return ("an unspecified" if vip.is_unspecified else "an IPv4-mapped" if vip.ipv4_mapped else ""), []
    if vip.packed[0] == 0:
        return "an unspecified", []
    if str(vip) == "255.255.255.255":
        return "a broadcast", []
    if not node.has("addresses"):
        node.assuming(NotCollected("addresses", node.name))  # which address is a broadcast, its own prefix tells
        return "", []
    for own in node.addresses if not node.holding(vip) else ():
        if own.network.prefixlen < 31 and vip == own.network.broadcast_address:
            return "a broadcast", [cite(own, "the broadcast address of its subnet")]
    return "", []


def _fix(service: str) -> Fix:
    line = f"# replace {service} by a service on an address that clients can reach, and remove it: ipvsadm -D"
    return Fix(now=(line,), persist=(f"{SAVE_TABLE} the right address for {service}",))
