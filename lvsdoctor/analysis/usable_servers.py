"""Which real servers a scheduler may choose.

net/netfilter/ipvs/ip_vs_rr.c and its like: a weight above 0 and no IP_VS_DEST_F_OVERLOAD; where none is left
net/netfilter/ipvs/ip_vs_core.c: ip_vs_leave() answers with ICMP port unreachable.
"""

from collections.abc import Iterator
from ipaddress import ip_address

from lvsdoctor.analysis.directors import ipvs_table
from lvsdoctor.analysis.kube.addresses import KUBE_LINK
from lvsdoctor.kernel.delivery import delivered
from lvsdoctor.kernel.routing import FAR_AWAY, captured_by_mark
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.standing import Membership

# --service-node-port-range, as Kubernetes has it unless told otherwise.
NODE_PORTS = range(30000, 32768)
# A rule for marked packets leads to a table where all is local: any address will do to ask for it.
_ANY = {4: FAR_AWAY, 6: ip_address("2001:db8:ffff::1")}
_QUIESCENT = "net.ipv4.vs.expire_quiescent_template"


def without_usable(director: Node) -> Iterator[VirtualService]:
    """The services whose real servers are none, all of weight 0, or at their upper threshold as well. Reads ipvs.

    None before the whole table was read: the row that was not may be a real server of any.
    """
    for service in tuple(director.services):
        if all(real.weight == 0 or overloaded(real) for real in service.destinations):
            yield service


def unavailable(service: VirtualService) -> list[Destination]:
    """The real servers that a scheduler may not choose, where it may choose another. None of a table not read whole."""
    lost = [real for real in service.destinations if real.weight == 0 or overloaded(real)]
    return lost if len(lost) < len(service.destinations) else []


# Those that leave a connection without a real server where the one that its hash gives it is unavailable
# (net/netfilter/ipvs/ip_vs_sh.c, ip_vs_mh.c, ip_vs_dh.c), unless told to fall back.
HASHES = ("mh", "sh", "dh")


def hashes_to_unavailable(service: VirtualService) -> bool:
    """Does the scheduler refuse connections because it assigns them to a real server that is unavailable?"""
    fallback = f"{service.scheduler}-fallback" in service.flags
    return service.scheduler in HASHES and not fallback and bool(unavailable(service))


def flags_shown(service: VirtualService) -> bool:
    """Would the dump show the flags of the scheduler? /proc/net/ip_vs does not (ip_vs_ctl.c: ip_vs_info_seq_show()),
    and is told by its hexadecimal addresses; a real server without the line of its service shows none either."""
    return bool(service.scheduler) and (service.vip is None or str(service.vip) in service.seen.text)


def overloaded(real: Destination) -> bool:
    """Has it as many connections as its upper threshold lets it (ip_vs_conn.c: ip_vs_bind_dest())? Not if unknown."""
    counted = (real.active or 0) + (real.inactive or 0)
    return real.upper_threshold > 0 and counted >= real.upper_threshold


def drained(service: VirtualService, real: Destination) -> bool:
    """Does it get no clients: of weight 0, and no persistence that may send back those that it had?"""
    return real.weight == 0 and not service.persistent


def kept_by_persistence(listed: Membership) -> bool:
    """Do clients that persistence sent there still come at weight 0? net/netfilter/ipvs/ip_vs_conn.c:
    ip_vs_check_template() lets a template go only if expire_quiescent_template. Reads sysctl where collected."""
    director = listed.director
    known = director.has("sysctl") and director.knows_sysctl(_QUIESCENT)
    return bool(listed.service.persistent) and not (known and director.sysctl(_QUIESCENT).value)


def kept_by_kube_proxy(director: Node, vip: IP | None) -> bool:
    """Does kube-proxy look after this VIP?"""
    known = vip is not None and director.has("addresses")
    return known and any(held.link == KUBE_LINK for held in director.addresses if held.ip == vip)


def served_by_kube_proxy(director: Node, service: VirtualService) -> bool:
    """Does kube-proxy look after this service? Then without real servers it is one without endpoints, or a NodePort
    without local ones (externalTrafficPolicy: Local). Reads ipvs, ipvs-stats; links and addresses where collected.

    kube-proxy is known by its link, and where no addresses were collected by the NodePorts that it serves.
    """
    if service.vip is None:
        return False
    if director.has("links") and director.link(KUBE_LINK):
        return True
    if director.has("addresses"):
        # No file configures what kube-proxy keeps.
        return not director.planned and any(held.link == KUBE_LINK for held in director.addresses)
    others = sum(other.port in NODE_PORTS for other in ipvs_table(director))
    return service.port in NODE_PORTS and (others > 1 or service.vip.is_loopback)


def seen_with_kube_proxy(director: Node, service: VirtualService) -> bool:
    """The same, where what was not seen of links and addresses is no sign of it."""
    try:
        return served_by_kube_proxy(director, service)
    except NotCollected:
        return False


def takes_requests(director: Node, service: VirtualService) -> bool | None:
    """Is this director the active one for a service, so far as it has the VIP? None: its dumps do not tell.

    Where no rule tells which VIPs a mark stands for, the director of a pair that is active has its other VIPs, or one
    host's address more on a wire; where it has other services and none of their VIPs, it stands by. Reads ipvs,
    addresses, links, local-routes, policy-rules, routes where collected.
    """
    if service.vip is not None:
        known = director.has("addresses") or director.has("local-routes")
        if director.planned:  # by files that say nothing of the VIP it may be the active one
            known = director.has("addresses") and any(row.ip == service.vip for row in director.seen_rows("addresses"))
        return bool(delivered(director, service.vip)) if known else None
    if not director.has("addresses"):
        return None
    if service.marked:
        delivers = any(delivered(director, vip) for vip, _ in service.marked)
        return delivers or captured_by_mark(director, _ANY[service.family]) is not None
    vips = {other.vip for other in director.services if other.vip is not None}
    if vips:
        return any(delivered(director, vip) for vip in vips)
    wires = {link.name for link in director.links_hearing_arp} if director.has("links") else None
    extra = (held for held in director.addresses if held.host_only and held.ip.version == service.family)
    if any(held.link in wires if wires is not None else held.link != "lo" for held in extra):
        return True
    return True if captured_by_mark(director, _ANY[service.family]) else None
