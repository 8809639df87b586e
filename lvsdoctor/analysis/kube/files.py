"""Who answers for service addresses: kube-proxy beside what announces them, in manifests and on running nodes.

In a tree of several clusters an announcer is of the cluster whose kube-proxy lies nearest to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from lvsdoctor.analysis.arp.owners import arp_owners, same_segment
from lvsdoctor.analysis.kube.overlays import Overlays
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import COLLECTED_BY, NotCollected
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.kube import Announcer, KubeNode, KubeProxy, ServiceAddress
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.seen import Seen

_OFF = "kube-proxy does not set arp_ignore, and keeps these addresses on kube-ipvs0"
_LEFT_OUT = "without strictARP kube-proxy does not set arp_ignore"
_PROXY = "kubectl -n kube-system get configmap kube-proxy -o yaml"


def kube_proxies(node: Node) -> list[KubeProxy]:
    """The configurations of kube-proxy. Raises NotCollected where there is none, or where a line was not read."""
    proxies = [row for row in node.rows("kube") if isinstance(row, KubeProxy)]
    if not proxies:
        raise NotCollected("kube", node.name, "the KubeProxyConfiguration", _PROXY)
    return proxies


@dataclass(frozen=True, slots=True)
class AnsweringInFiles:
    """What lets every node answer: `about` has the announcer and the file of kube-proxy, or the "vip" that is an
    external IP of `service` ("" for an announcer)."""

    about: Mapping[str, str | IP]
    service: str
    because: tuple[Citation, ...]


def answering_in_files(node: Node) -> Iterator[AnsweringInFiles]:
    """Each kube-proxy that leaves ARP as it is, with what announces addresses of services beside it, or else with each
    address of externalIPs, which clients look for on the segment.

    Raises NotCollected where what was seen does not decide it: an announcer may be installed by other means.
    Reads kube, and kube-state where collected.
    """
    rows = node.seen_rows("kube")
    proxies, overlays = [row for row in rows if isinstance(row, KubeProxy)], Overlays.of(rows)
    proxies = [proxy for proxy in proxies if not overlays.replaced(proxy, proxies)]
    changed = [row.unread for proxy in proxies if (row := overlays.undecided(proxy)) is not None]
    proxies = [proxy for proxy in proxies if overlays.undecided(proxy) is None]
    announcers = [row for row in rows if isinstance(row, Announcer)]
    external = [] if announcers else _external(node)
    beside = {id(proxy): [row for row in announcers if proxy in _nearest(row, proxies, overlays)] for proxy in proxies}
    outside = {id(proxy): [row for row in external if proxy in _nearest(row, proxies, overlays)] for proxy in proxies}
    for proxy in proxies:
        if proxy.answers_for_services:
            yield from (_answering(proxy, row) for row in beside[id(proxy)][:1] or outside[id(proxy)])
    if changed:
        raise NotCollected("kube", node.name, "what kustomize makes of kube-proxy's configuration", _PROXY)
    kube_proxies(node)
    for proxy in proxies:
        if proxy.mode == "ipvs" and not proxy.strict_arp_known:
            raise NotCollected("kube", node.name, "strictARP of kube-proxy", _PROXY)
        if proxy.answers_for_services and not (beside[id(proxy)] or outside[id(proxy)]):
            raise NotCollected("kube", node.name, "what announces service addresses", COLLECTED_BY["kube"])


def _answering(proxy: KubeProxy, row: Announcer | ServiceAddress) -> AnsweringInFiles:
    off = cite(proxy.strict_arp_seen, _OFF) if proxy.strict_arp_seen else cite(proxy.mode_seen, _LEFT_OUT)
    if isinstance(row, ServiceAddress):
        return AnsweringInFiles({"vip": row.ip}, row.service, (off, cite(row, "an external IP")))
    shown = cite(row, "announces service addresses from one node")
    return AnsweringInFiles({"announcer": row.name, "file": proxy.seen.where}, "", (off, shown))


def _external(node: Node) -> list[ServiceAddress]:
    """IPv4 addresses of externalIPs that no node is known to own."""
    known = node.seen_rows("kube-state") if node.has("kube-state") else ()
    owned = {ip for row in known if isinstance(row, KubeNode) for ip in row.addresses}
    rows = (row for row in node.seen_rows("kube") if isinstance(row, ServiceAddress))
    return [row for row in rows if row.external and row.ip.version == 4 and row.ip not in owned]


def _nearest(announcer: Announcer | ServiceAddress, proxies: list[KubeProxy], overlays: Overlays) -> list[KubeProxy]:
    """Those that a kustomization deploys together with it, else those in the nearest directory."""
    if together := [proxy for proxy in proxies if overlays.together(announcer.seen.where, proxy.seen.where)]:
        return together
    depths = [_shared(announcer.seen, proxy.seen) for proxy in proxies]
    return [proxy for proxy, depth in zip(proxies, depths, strict=True) if depth == max(depths)]


def _shared(first: Seen, second: Seen) -> int:
    """How many directories two files have in common."""
    pairs = zip(first.where.split("/")[:-1], second.where.split("/")[:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def another_owner(node: Node, vip: IP, link: Link) -> tuple[str, list[Citation]]:
    """Another host of the link's segment that answers ARP for the address as well: its name, and what tells it."""
    for peer in node.peers_holding(vip):
        for theirs in arp_owners(peer, vip) if peer.has("links") else ():
            if same_segment(node, link, peer, theirs.link):
                return peer.name, [
                    cite(held, "{other} has the same address", other=peer.name) for held in peer.holding(vip)
                ]
    return "", []
