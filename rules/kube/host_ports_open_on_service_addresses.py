"""A Kubernetes node answers at service addresses with services of its own, such as sshd."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, exposed_ports, rule

OPEN = "{node} accepts connections to its own ports ({ports}) on {count} service addresses"
CLIENTS = "Clients that reach {vip} also reach {ports} of {node}."
SHOWN = 3
FIX = Fix(
    now=("# give the services of the host its own address (sshd: ListenAddress), or refuse these ports in INPUT",),
    persist=("# upgrade kube-proxy: since Kubernetes 1.26 its chain KUBE-IPVS-FILTER refuses these packets",),
)


@rule(
    name="host-ports-open-on-service-addresses",
    code="K8S004",
    severity=Severity.WARNING,
    role="director",
    needs={"ipvs", "addresses"},
    helps={"sockets", "iptables", "links", "routes", "local-routes", "policy-rules", "sysctl", "memberships"},
    only_ipv4=True,
)
def host_ports_open_on_service_addresses(node: Node) -> Iterator[Finding]:
    exposed = list(exposed_ports(node))
    if not exposed:
        return
    ports = ", ".join(f"tcp {row.port}" for row in exposed[:SHOWN])
    more = len(exposed) - SHOWN
    yield Finding(
        OPEN,
        clients=CLIENTS,
        about={"link": exposed[0].address.link},
        ports=ports + (f" and {more} more" if more > 0 else ""),
        count=max(row.count for row in exposed),
        vip=exposed[0].address.ip,
        evidence=[
            cite(exposed[0].address, "local on {node}", node=node.name),
            *(line for row in exposed[:SHOWN] for line in row.because),
        ],
        fix=FIX,
    )
