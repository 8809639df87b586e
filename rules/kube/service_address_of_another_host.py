"""kube-proxy keeps an address on this node that another host owns: all packets to that host end here."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Fix,
    Node,
    Severity,
    cite,
    give_up,
    owner_elsewhere,
    rule,
    service_addresses,
)

TAKEN = "{node} treats {vip} as local, the address of {other}"
SERVICE = Fix(
    persist=("# in the Service: no externalIPs or load balancer IP that is the address of another host",),
    warning="kube-proxy adds the address again at its next sync, until the Service is changed.",
)


@rule(
    name="service-address-of-another-host",
    code="K8S005",
    severity=Severity.ERROR,
    explains=Decision.ROUTE,
    role="director",
    needs={"addresses"},
    helps={"links", "routes"},
    instead_of={"service-address-answered-by-every-node"},
)
def service_address_of_another_host(node: Node) -> Iterator[Finding]:
    for kept in service_addresses(node):
        owner = owner_elsewhere(node, kept.ip)
        if owner is None:
            continue
        name, line = owner
        yield Finding(
            TAKEN,
            clients="{node} and its pods do not reach {other}. Packets to {vip} end on {node}.",
            about={"vip": kept.ip},
            other=name,
            evidence=[cite(kept, "kept by kube-proxy for a service"), line],
            fix=give_up(node, kept.ip, on=kept.link) + SERVICE,
        )
