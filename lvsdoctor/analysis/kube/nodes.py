"""Addresses of services that are those of nodes, as the API server of Kubernetes tells of both (kubectl get).

kube-proxy in ipvs mode puts every external and load balancer IP on kube-ipvs0 of every node (pkg/proxy/ipvs/proxier.go:
syncService(), bindAddr); newer releases leave out the node that has the address itself, and no other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.analysis.kube.addresses import KUBE_LINK, is_own
from lvsdoctor.kernel.answer import assume
from lvsdoctor.model.address import IP, Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.kube import KubeNode, KubeProxy, KubeRow, ServiceAddress
from lvsdoctor.model.node import Node

_NODES = "kubectl get nodes -o wide"
_PROXY = "kubectl -n kube-system get configmap kube-proxy -o yaml"


@dataclass(frozen=True, slots=True)
class NodeAddress:
    """A service's address, and the node that has it; None where that is assumed, because a node is not ready."""

    service: ServiceAddress
    owner: KubeNode | Node | None
    because: tuple[Citation, ...]

    @property
    def of_cluster(self) -> bool:
        """Is the owner known for a node of Kubernetes? Another host of the scan may be none."""
        return isinstance(self.owner, KubeNode)


def services_on_node_addresses(host: Node) -> Iterator[NodeAddress]:
    """Each address once. `host` holds what kubectl showed, or the manifests of both. Reads kube-state; kube and links
    of all nodes where collected.

    With no address of a node shown, an address of externalIPs is assumed to be one where a node is not ready. Raises
    NotCollected at the end where the nodes, their addresses or the services were not shown.
    """
    mode = _ipvs_mode(host)
    if mode is None:
        return
    rows = host.seen_rows("kube-state") if host.has("kube-state") else ()
    nodes = {row.name: row for row in rows if isinstance(row, KubeNode)}
    owners = {ip: row for row in rows if isinstance(row, KubeNode) for ip in row.addresses}
    services = [row for row in (*rows, *_planned(host)) if isinstance(row, ServiceAddress)]
    addresses = {row.ip: row for row in services if not row.internal}
    away = next((row for row in nodes.values() if row.ready is False), None)
    for ip, service in addresses.items():
        owner = owners.get(ip)
        if owner is not None and len(nodes) > 1:
            yield NodeAddress(service, owner, (cite(owner, "{name} owns this address", name=owner.name), mode))
        elif owner is None and (holder := _holder(host, ip)) is not None:
            peer, held = holder
            yield NodeAddress(service, peer, (cite(held, "{name} owns this address", name=peer.name), mode))
        elif not owners and service.external and away is not None:
            guess = assume("kube-state", f"{ip} is the address of a node", settle=_NODES)
            yield NodeAddress(service, None, (cite(away, "{name} is not ready", name=away.name), guess, mode))
    if host.has("kube-state") and (absent := host.unseen("kube-state")) is not None:
        raise absent
    if addresses and not owners:
        raise NotCollected("kube-state", host.name, "the addresses of the nodes", _NODES)
    if not services:
        raise NotCollected("kube-state", host.name, "the services", "kubectl get services -A -o wide")


def _holder(host: Node, ip: IP) -> tuple[Node, Address] | None:
    """Another host of the scan whose own address this is."""
    holders = ((peer, held) for peer in host.peers_holding(ip) for held in peer.holding(ip) if is_own(peer, held))
    return next(holders, None)


def _planned(host: Node) -> Sequence[KubeRow]:
    """What manifests say, which the cluster has once they are applied."""
    return [row for node in (host, *host.peers_with("kube")) if node.has("kube") for row in node.seen_rows("kube")]


def _ipvs_mode(host: Node) -> Citation | None:
    """What tells that kube-proxy runs in ipvs mode, or that it is assumed; None where it runs in another."""
    hosts = (host, *host.peers_with("kube", "links"))
    proxies = [
        row for peer in hosts if peer.has("kube") for row in peer.seen_rows("kube") if isinstance(row, KubeProxy)
    ]
    if of_ipvs := next((row for row in proxies if row.mode == "ipvs"), None):
        return cite(of_ipvs.mode_seen, "kube-proxy keeps service addresses on kube-ipvs0")
    for peer in hosts:
        if peer.has("links") and (link := peer.link(KUBE_LINK)) is not None:
            return cite(link, "kube-proxy keeps service addresses here")
    return None if proxies else assume("kube", "kube-proxy runs in ipvs mode", settle=_PROXY)
