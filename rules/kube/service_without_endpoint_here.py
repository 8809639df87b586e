"""A service of kube-proxy has no usable real server in the table of a node, which refuses its requests."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Decision, Finding, Fix, Node, Severity, cite, rule, served_by_kube_proxy, without_usable

NONE = "{node} has no endpoint for {service}, which kube-proxy manages"
CLIENTS = "Clients that reach {service} on {node} are refused, the pods of {node} among them."


@rule(
    name="service-without-endpoint-here",
    code="K8S006",
    severity=Severity.NOTE,
    explains=Decision.REAL_SERVER,
    role="director",
    needs={"ipvs"},
    helps={"addresses", "links"},
)
def service_without_endpoint_here(node: Node) -> Iterator[Finding]:
    for service in without_usable(node):
        if not served_by_kube_proxy(node, service):
            continue
        yield Finding(
            NONE,
            clients=CLIENTS,
            about={"service": service},
            evidence=[
                cite(service, "has no real server" if not service.destinations else "has no usable real server"),
                *(cite(real, "gets no connection") for real in service.destinations[:3]),
            ],
            fix=Fix(
                persist=(
                    "# if it is meant to have endpoints: kubectl get endpointslices; if they are on other nodes alone, "
                    "set externalTrafficPolicy: Cluster, or ipMode: Proxy where a host outside has the address",
                )
            ),
        )
