"""keepalived or a saved table configures a service on a node of kube-proxy, which removes what is not its own."""

from collections.abc import Iterator

from lvsdoctor.rulekit import (
    Citation,
    Decision,
    Finding,
    Fix,
    Node,
    Severity,
    assume,
    cite,
    foreign_services,
    rule,
    word,
)

REMOVES = "{node} loses {service} to kube-proxy, which removes what is no Service of Kubernetes"
CLIENTS = "Clients of {service} get no reply seconds after the service was added."
ASK = "kubectl -n kube-system get configmap kube-proxy -o yaml"


@rule(
    name="service-removed-by-kube-proxy",
    code="K8S003",
    severity=Severity.ERROR,
    explains=Decision.IPVS,
    needs={"links", "configured-ipvs"},
    helps={"ipvs", "kube"},
)
def service_removed_by_kube_proxy(node: Node) -> Iterator[Finding]:
    for foreign in foreign_services(node):
        service, proxy = foreign.service, foreign.proxy
        known: Citation = (
            cite(proxy.mode_seen, "excludeCIDRs does not hold {vip}", vip=service.vip)
            if proxy is not None
            else assume(
                "kube", f"kube-proxy runs in ipvs mode, and excludeCIDRs does not hold {service.vip}", settle=ASK
            )
        )
        yield Finding(
            REMOVES,
            clients=CLIENTS,
            about={"service": service},
            severity=None if foreign.gone else Severity.WARNING,
            evidence=[
                cite(service, "not in the table any more" if foreign.gone else "configured beside kube-proxy"),
                cite(foreign.link, "kube-proxy in ipvs mode made this interface"),
                known,
            ],
            fix=Fix(
                persist=(
                    f"# in the ConfigMap kube-proxy: ipvs.excludeCIDRs: [{word(str(service.vip))}/"
                    f"{32 if service.family == 4 else 128}], and restart kube-proxy",
                )
            ),
        )
