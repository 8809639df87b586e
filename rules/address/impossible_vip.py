"""A virtual service is on an address to which hosts cannot send a request."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    SAVE_TABLE,
    Decision,
    Finding,
    Fix,
    Node,
    Severity,
    cite,
    command,
    impossible_kind,
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
)
def impossible_vip(node: Node) -> Iterator[Finding]:
    for service in ipvs_table(node):
        vip = service.vip
        kind, because = impossible_kind(node, vip) if vip is not None else ("", [])
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


def _fix(service: str) -> Fix:
    line = f"# replace {service} by a service on an address that clients can reach, and remove it: ipvsadm -D"
    return Fix(now=(line,), persist=(f"{SAVE_TABLE} the right address for {service}",))
