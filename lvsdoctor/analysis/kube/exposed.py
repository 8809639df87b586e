"""Services of a Kubernetes node itself that the addresses of kube-ipvs0 open: sshd at port 22 of every ClusterIP.

Each of these addresses is local, so what IPVS has no service for goes to the sockets of the host
(net/netfilter/ipvs/ip_vs_core.c: ip_vs_in_hook() accepts what it does not know).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lvsdoctor.analysis.filters.filter_paths import any_client, locality
from lvsdoctor.analysis.kube.addresses import KUBE_LINK
from lvsdoctor.kernel.delivery import home_link
from lvsdoctor.kernel.packet_filter import FilterOutcome, filtered
from lvsdoctor.kernel.packet_matching import NEW, SYN, TCP, Packet
from lvsdoctor.kernel.sockets import listener
from lvsdoctor.model.address import Address
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Effect, Hook

# What kube-proxy (since 1.26) and kube-router send packets for other ports of service addresses to.
_GUARDS = frozenset({"KUBE-IPVS-FILTER", "KUBE-ROUTER-SERVICES"})
_KUBE_LINKS = (KUBE_LINK, "kube-dummy-if")


@dataclass(frozen=True, slots=True)
class Exposed:
    """A port of the host (TCP) that is open on service addresses: the first of them, and how many."""

    port: int
    address: Address
    count: int
    because: tuple[Citation, ...]


def exposed_ports(node: Node) -> Iterator[Exposed]:
    """The ports with a socket of the wildcard address, by their number. IPv4.

    Not where the guard of kube-proxy or kube-router is in the filter. Reads ipvs, addresses, sockets, iptables, and
    routes, local-routes, policy-rules, links, sysctl, memberships where collected. Raises NotCollected at the end for a
    socket or a filter that is not understood.
    """
    kept = [row for name in _KUBE_LINKS for row in node.addresses_on(name) if row.ip.version == 4]
    # kube-proxy keeps no second copy of what the node has for itself.
    kept = [row for row in kept if all(other.link in _KUBE_LINKS for other in node.holding(row.ip))]
    if not kept:
        return
    # A host with these addresses has rules of kube-proxy, and what these are cannot be assumed.
    for fact in ("iptables", "sockets"):
        if not node.has(fact):
            raise NotCollected(fact, node.name)
    if _guarded(node):
        return
    served = {(service.vip, service.port) for service in node.services if service.protocol == "tcp"}
    rows = node.seen_rows("sockets").sockets
    ports = {row.port for row in rows if row.protocol == "tcp" and row.wildcard and row.port}
    absent: NotCollected | None = None
    for port in sorted(ports):
        free = [row for row in kept if (row.ip, port) not in served and (row.ip, 0) not in served]
        try:
            because = _open(node, free[0], port) if free else None
        except NotCollected as unknown:
            absent = absent or unknown
            continue
        if because is not None:
            yield Exposed(port, free[0], len(free), because)
    if absent is not None:
        raise absent.anew()


def _guarded(node: Node) -> bool:
    tables = [table for table in node.packet_filter("iptables") if table.name == "filter"]
    jumps = {action.chain for table in tables for rule in table.rules for action in rule.actions}
    refusing = {
        chain.name
        for table in tables
        for chain in table.chains
        if any(action.effect in (Effect.DROP, Effect.REJECT) for rule in chain.rules for action in rule.actions)
    }
    return bool(_GUARDS & jumps & refusing)


def _open(node: Node, address: Address, port: int) -> tuple[Citation, ...] | None:
    """The socket that takes a client's packet, where the filters let it in."""
    link = home_link(node, address.ip)
    taken = listener(node, "tcp", address.ip, port, arrived_on=link)
    if not taken:
        return None
    packet = Packet(any_client(node, 4), address.ip, TCP, dport=port, in_link=link, states=NEW, tcp_flags=SYN)
    lines = taken.because
    # The marks of kube-proxy are for packets of its services; a packet for another port comes to INPUT without.
    for hook in (Hook.PREROUTING, Hook.INPUT):
        verdict = filtered(node, replace(packet, mark=0), (hook,), locality(node, 4))
        if verdict.lacking is not None:
            raise verdict.lacking
        if verdict.outcome is not FilterOutcome.ACCEPTED or verdict.packet.dst != packet.dst:
            return None
        lines = (*lines, *(line for line in verdict.because if line.assumed))
    return lines
