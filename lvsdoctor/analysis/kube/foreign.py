"""Virtual services that kube-proxy in ipvs mode removes: those that are no Service of Kubernetes.

Kubernetes, pkg/proxy/ipvs/proxier.go: cleanLegacyService() deletes each service that is not its own at every sync, but
for those whose address lies in excludeCIDRs (isIPInExcludeCIDRs()).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from lvsdoctor.analysis.kube.addresses import KUBE_LINK
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.kube import KubeProxy
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node


@dataclass(frozen=True, slots=True)
class Foreign:
    """A service that a file configures beside kube-proxy. `proxy` is the configuration that does not exclude its VIP,
    None where none was seen. `gone`: the table of services no longer has it."""

    service: VirtualService
    link: Link
    proxy: KubeProxy | None
    gone: bool


def foreign_services(node: Node) -> Iterator[Foreign]:
    """Reads configured-ipvs and links; ipvs, and kube of all nodes, where collected.

    None on a host without kube-ipvs0. Raises NotCollected where files alone tell of the host.
    """
    if node.planned:
        raise NotCollected("links", node.name)
    link = node.link(KUBE_LINK)
    if link is None:
        return
    proxies = [proxy for host in (node, *node.peers_with("kube")) for proxy in _proxies(host)]
    table = {row.key for row in node.seen_rows("ipvs")} if node.has("ipvs") and node.unseen("ipvs") is None else None
    for service in node.rows("configured-ipvs"):
        vip = service.vip
        if vip is None or any(_excludes(proxy, vip) for proxy in proxies):
            continue
        proxy = next((proxy for proxy in proxies if proxy.mode == "ipvs"), None)
        yield Foreign(service, link, proxy, table is not None and service.key not in table)


def _proxies(host: Node) -> list[KubeProxy]:
    rows = host.seen_rows("kube") if host.has("kube") else ()
    return [row for row in rows if isinstance(row, KubeProxy)]


def _excludes(proxy: KubeProxy, ip: IP) -> bool:
    for text in proxy.excluded:
        try:
            network = ip_network(text, strict=False)
        except ValueError:  # a template: it may stand for any
            return True
        if network.version == ip.version and ip in network:
            return True
    return False
