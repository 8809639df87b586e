"""Connections that a director itself opens to a real server that it masquerades to: a health check, say.

With net.ipv4.vs.nat_icmp_send=1 IPVS drops what comes from the address and port of such a real server and belongs to no
connection of its own, and answers it with an ICMP error; a TCP reset passes (net/netfilter/ipvs/ip_vs_core.c:
ip_vs_out_hook(), which sees what is delivered to the director as well; ip_vs_ctl.c: ip_vs_has_real_service()).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lvsdoctor.analysis.directors import ipvs_table
from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import cite
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.sysctl import Setting

NAT_ICMP_SEND = "net.ipv4.vs.nat_icmp_send"


@dataclass(frozen=True, slots=True)
class DroppedReplies:
    """The masqueraded real servers of a service whose replies to the director itself are dropped."""

    service: VirtualService
    reals: tuple[Destination, ...]
    setting: Setting


def dropped_replies(director: Node) -> Iterator[DroppedReplies]:
    """Reads ipvs and sysctl, and addresses where collected: what it sends to its own addresses does not leave it.
    Raises NotCollected where the setting was not seen."""
    own = {row.ip for row in director.seen_rows("addresses")} if director.has("addresses") else frozenset()
    for service in director.services:
        reals = tuple(
            real
            for real in service.destinations
            if real.forwarding is Forwarding.NAT
            and real.ip is not None
            and not real.ip.is_loopback
            and real.ip not in own
        )
        if reals and _set(setting := director.sysctl(NAT_ICMP_SEND)):
            yield DroppedReplies(service, reals, setting)


def own_reply(director: Node, ip: IP, port: int, protocol: str) -> Answer:
    """Does a reply from this address and port reach the director's own program? Reads ipvs and sysctl as far as they
    were seen: the kernel starts with 0 (ip_vs_ctl.c: ip_vs_control_net_init_sysctl())."""
    if director.has("sysctl") and director.knows_sysctl(NAT_ICMP_SEND) and _set(director.sysctl(NAT_ICMP_SEND)):
        for service in ipvs_table(director):
            for real in service.destinations:
                alike = service.fwmark is not None or service.protocol == protocol
                if alike and real.forwarding is Forwarding.NAT and (real.ip, real.port or service.port) == (ip, port):
                    setting = cite(
                        director.sysctl(NAT_ICMP_SEND), "IPVS drops what belongs to no connection of its own"
                    )
                    text = "IPVS drops replies from {ip} port {port} to {director} itself"
                    return no(text, setting, cite(real, "masqueraded"), ip=ip, port=port, director=director.name)
    return yes("IPVS lets replies to the director itself pass")


def _set(setting: Setting) -> bool:
    return setting.is_number and setting.value != 0
