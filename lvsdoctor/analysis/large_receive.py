"""Links of a director that join the packets of clients in the network card (large receive offload).

The kernel turns LRO off on a link that forwards (net/ipv4/devinet.c: inet_forward_change(), devinet_sysctl_forward()),
and ip_forward() alone drops what was joined all the same (skb_warn_if_lro()). IPVS sends packets on from LOCAL_IN,
whether the link forwards or not, and has no such check (net/netfilter/ipvs/ip_vs_xmit.c).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.kernel.effective_sysctl import Effective, effective, is_known
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import Destination, Forwarding
from lvsdoctor.model.machine import Offload
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import conf_key
from lvsdoctor.sanitize import command


@dataclass(frozen=True, slots=True)
class LargeReceive:
    """LRO is on for a link that does not forward, and `real` is the first real server of direct routing or TUN."""

    offload: Offload
    forwarding: Effective
    real: Destination
    method: str


def large_receive(node: Node) -> Iterator[LargeReceive]:
    """Reads ipvs, offloads, sysctl. Raises NotCollected where the table or the link's forwarding is not known."""
    real, method = next(
        (
            (real, real.forwarding.value)
            for service in node.services
            for real in service.destinations
            if real.forwarding in (Forwarding.DR, Forwarding.TUN)
        ),
        (None, ""),
    )
    if real is None:
        return
    for offload in node.seen_rows("offloads"):
        if offload.feature != "lro" or not offload.on or offload.fixed:
            continue
        if not is_known(node, "forwarding", offload.link):
            key = conf_key(offload.link, "forwarding")
            raise NotCollected("sysctl", node.name, key, command("sysctl", key), node.partial("sysctl"))
        if not (forwarding := effective(node, "forwarding", offload.link)):
            yield LargeReceive(offload, forwarding, real, method)
    if (absent := node.unseen("offloads")) is not None:
        raise absent
