"""Settings that kube-proxy in ipvs mode makes once, at its start, and does not look after.

Kubernetes, pkg/proxy/ipvs/proxier.go: NewProxier(). conn_reuse_mode is set before Linux 5.9 alone, and not judged here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.kube_addresses import KUBE_LINK
from lvsdoctor.model.facts import NotApplicable, NotCollected
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import Setting

_MASQUERADED = "Clients of services that need a masqueraded source, NodePorts among them, get no reply."
_REMOVED = "Clients of a removed endpoint wait until a timer ends."
# Key -> whether traffic breaks without it, and what clients suffer.
_SETTINGS = {
    "net.ipv4.vs.conntrack": (True, _MASQUERADED),
    "net.ipv4.ip_forward": (True, "Clients get no reply from endpoints on other nodes."),
    "net.ipv4.vs.expire_nodest_conn": (False, _REMOVED),
    "net.ipv4.vs.expire_quiescent_template": (False, "Clients with session affinity stay at a removed endpoint."),
}


@dataclass(frozen=True, slots=True)
class Overridden:
    """`setting` is not `wanted` any more. `breaks`: traffic is lost at once."""

    setting: Setting
    wanted: int
    breaks: bool
    suffers: str
    link: Link


def overridden_for_kube_proxy(node: Node) -> Iterator[Overridden]:
    """Reads links and sysctl; ipvs where collected. None on a host without kube-ipvs0.

    kube-ipvs0 may be left over of a kube-proxy that has another mode by now: without services nothing breaks.

    Raises NotCollected at the end for a key that was not seen.
    """
    link = node.link(KUBE_LINK)
    if node.planned:
        raise NotApplicable  # kube-proxy makes the link and the settings when it starts
    if link is None:
        return
    serves = node.has("ipvs") and bool(node.seen_rows("ipvs"))
    lacking: NotCollected | None = None
    for key, (breaks, suffers) in _SETTINGS.items():
        if not node.knows_sysctl(key):
            lacking = NotCollected("sysctl", node.name, key, f"sysctl {key}", node.partial("sysctl"))
            continue
        setting = node.sysctl(key)
        if setting.is_number and setting.value == 0:
            yield Overridden(setting, 1, breaks and serves, suffers, link)
    if lacking is not None:
        raise lacking
