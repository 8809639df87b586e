"""Settings that kube-proxy in ipvs mode makes once, at its start, and does not look after.

Kubernetes, pkg/proxy/ipvs/proxier.go: NewProxier(). conn_reuse_mode is set before Linux 5.9 alone, and not judged here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.analysis.kube.addresses import KUBE_LINK
from lvsdoctor.model.facts import NotApplicable, NotCollected
from lvsdoctor.model.ipvs import Forwarding, VirtualService
from lvsdoctor.model.link import Link
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import Setting

# Key -> whether traffic breaks without it.
_SETTINGS = {
    "net.ipv4.vs.conntrack": True,
    "net.ipv4.ip_forward": True,
    "net.ipv4.vs.expire_nodest_conn": False,
    "net.ipv4.vs.expire_quiescent_template": False,
}


@dataclass(frozen=True, slots=True)
class Overridden:
    """`setting` is not `wanted` any more. `breaks`: traffic is lost at once, where the node `serves`."""

    setting: Setting
    wanted: int
    breaks: bool
    serves: bool
    link: Link

    @property
    def masquerades(self) -> bool:
        """Is it the setting without which IPVS's packets pass no rule that masquerades them?"""
        return self.setting.key.endswith(".conntrack")


def overridden_for_kube_proxy(node: Node) -> Iterator[Overridden]:
    """Reads links and sysctl; ipvs where collected. None on a host without kube-ipvs0.

    kube-ipvs0 may be left over of a kube-proxy that has another mode by now: without services nothing breaks.

    Raises NotApplicable where files alone tell of the host: no file configures that link. Raises NotCollected at the
    end for a key that was not seen.
    """
    if node.planned:
        raise NotApplicable
    link = node.link(KUBE_LINK)
    if link is None:
        return
    # kube-proxy masquerades to all endpoints.
    services: Sequence[VirtualService] = node.seen_rows("ipvs") if node.has("ipvs") else ()
    serves = any(real.forwarding is Forwarding.NAT for service in services for real in service.destinations)
    lacking: NotCollected | None = None
    for key, breaks in _SETTINGS.items():
        if not node.knows_sysctl(key):
            lacking = NotCollected("sysctl", node.name, key, f"sysctl {key}", node.partial("sysctl"))
            continue
        setting = node.sysctl(key)
        if setting.is_number and setting.value == 0:
            yield Overridden(setting, 1, breaks, serves, link)
    if lacking is not None:
        raise lacking
