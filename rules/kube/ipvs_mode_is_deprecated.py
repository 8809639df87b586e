"""kube-proxy is configured for its ipvs mode, which Kubernetes has announced to end."""

from collections.abc import Iterator

from lvsdoctor.rulekit import Finding, Fix, Node, Severity, cite, kube_proxies, rule

MODE = "{node} configures the ipvs mode of kube-proxy, which Kubernetes 1.40 switches off and 1.43 removes"
CLIENTS = "After an upgrade to 1.40, kube-proxy does not start, and services get no new real servers."
PLAN = "the plan of Kubernetes (KEP-5495, August 2026); a release from 1.35 on warns at its start"
FIX = Fix(
    persist=("# better, set mode: nftables before the upgrade to 1.40; until 1.43 featureGates: KubeProxyIPVS: true",),
)


@rule(
    name="ipvs-mode-is-deprecated",
    code="K8S010",
    severity=Severity.NOTE,
    needs={"kube"},
)
def ipvs_mode_is_deprecated(node: Node) -> Iterator[Finding]:
    for proxy in kube_proxies(node):
        if proxy.mode == "ipvs":
            yield Finding(
                MODE, clients=CLIENTS, about={"file": proxy.seen.where}, evidence=[cite(proxy.mode_seen, PLAN)], fix=FIX
            )
