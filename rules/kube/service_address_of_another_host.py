"""kube-proxy keeps an address on this node that another host owns: all packets to that host end here."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Decision,
    Finding,
    Fix,
    Node,
    NodeAddress,
    Severity,
    cite,
    give_up,
    owner_elsewhere,
    rule,
    service_addresses,
    services_on_node_addresses,
)

TAKEN = "{node} treats {vip} as local, the address of {other}"
OF_NODE = "{node} lets every other Kubernetes node treat {ip} as local, the address of {other}"
OF_HOST = "{node} lets every Kubernetes node treat {ip} as local, the address of {other}"
MAY_BE = "{node} lets every Kubernetes node treat {ip} as local, an external IP of service {service}"
LOST = "The other nodes do not reach {other}, which becomes NotReady."
HOST_LOST = "The Kubernetes nodes and their pods do not reach {other}."
MAY_BE_LOST = "If a node has this address, the other nodes do not reach it."
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
    helps={"kube", "links", "routes"},
    suffice={"kube-state", "kube"},
    cause=True,
)
def service_address_of_another_host(node: Node) -> Iterator[Finding]:
    if node.is_a("director"):
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
    shown = node.has("kube-state") or (node.has("kube") and not node.has("addresses"))
    for listed in services_on_node_addresses(node) if shown else ():
        yield _listed(listed)


def _listed(listed: NodeAddress) -> Finding:
    return Finding(
        OF_NODE if listed.of_cluster else OF_HOST if listed.owner else MAY_BE,
        clients=LOST if listed.of_cluster else HOST_LOST if listed.owner else MAY_BE_LOST,
        about={"address": listed.service.ip},
        ip=listed.service.ip,
        service=listed.service.service,
        other=listed.owner.name if listed.owner else "",
        evidence=[
            cite(listed.service, "an address of service {service}", service=listed.service.service),
            *listed.because,
        ],
        fix=SERVICE,
    )
