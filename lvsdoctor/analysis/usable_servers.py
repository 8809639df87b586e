"""Which real servers a scheduler may choose.

net/netfilter/ipvs/ip_vs_rr.c and its like: a weight above 0 and no IP_VS_DEST_F_OVERLOAD; where none is left
net/netfilter/ipvs/ip_vs_core.c: ip_vs_leave() answers with ICMP port unreachable.
"""

from collections.abc import Iterator

from lvsdoctor.model.address import IP
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Membership

_QUIESCENT = "net.ipv4.vs.expire_quiescent_template"


def without_usable(director: Node) -> Iterator[VirtualService]:
    """The services whose real servers are none, all of weight 0, or at their upper threshold as well. Reads ipvs."""
    for service in director.services:
        if all(real.weight == 0 or overloaded(real) for real in service.destinations):
            yield service


def overloaded(real: Destination) -> bool:
    """Has it as many connections as its upper threshold lets it (ip_vs_conn.c: ip_vs_bind_dest())? Not if unknown."""
    counted = (real.active or 0) + (real.inactive or 0)
    return real.upper_threshold > 0 and counted >= real.upper_threshold


def kept_by_persistence(listed: Membership) -> bool:
    """Do clients that persistence sent there still come at weight 0? net/netfilter/ipvs/ip_vs_conn.c:
    ip_vs_check_template() lets a template go only if expire_quiescent_template. Reads sysctl where collected."""
    director = listed.director
    known = director.has("sysctl") and director.knows_sysctl(_QUIESCENT)
    return bool(listed.service.persistent) and not (known and director.sysctl(_QUIESCENT).value)


def kept_by_kube_proxy(director: Node, vip: IP | None) -> bool:
    """Does kube-proxy look after this VIP? Then a service without real servers is one without endpoints."""
    known = vip is not None and director.has("addresses")
    return known and any(held.link == "kube-ipvs0" for held in director.addresses if held.ip == vip)
