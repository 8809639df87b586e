"""Does a rule of a director rewrite the destination of requests before IPVS sees them?

IPVS takes requests at LOCAL_IN (net/netfilter/ipvs/ip_vs_core.c: ip_vs_ops4); DNAT and REDIRECT of nat PREROUTING come
before (net/netfilter/nf_nat_proto.c: nf_nat_ipv4_ops), so IPVS looks for a service of the new destination.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lvsdoctor.analysis.filters.director_filters import CONNTRACK, requests_of
from lvsdoctor.analysis.filters.filter_paths import (
    PROTOCOLS,
    arrival_links,
    filter_fact,
    locality,
    refuse_unseen,
    undecided,
)
from lvsdoctor.kernel.answer import assume
from lvsdoctor.kernel.packet_filter import FilterOutcome, FilterVerdict, filtered
from lvsdoctor.kernel.packet_matching import NEW, SYN, TCP, Packet
from lvsdoctor.kernel.routing import is_local
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Hook, Match
from lvsdoctor.sanitize import command

_FLAGS = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A request as it comes in, and as a rule makes it: `because` are the rule and those that led to it. `taken_by` is
    the service that gets it with its new destination, and whose replies do not come back from the old one."""

    request: Packet
    becomes: Packet
    because: tuple[Citation, ...]
    taken_by: VirtualService | None = None

    @property
    def decided_by(self) -> Citation | None:
        """The rule that rewrites the request; before it stand the rules that lead there."""
        return next((line for line in reversed(self.because) if not line.assumed), None)

    @property
    def target(self) -> str:
        """Where it goes now, as far as that is known."""
        port = self.becomes.dport
        if self.becomes.dst is None:
            return f"port {port} of this host" if port else "this host"
        address = f"[{self.becomes.dst}]" if self.becomes.dst.version == 6 else str(self.becomes.dst)
        return f"{address}:{port}" if port else address


def requests_rewritten(director: Node, service: VirtualService) -> Iterator[Rewritten]:
    """The requests of a service that a rule takes away from it, so that clients get no reply of its real servers.

    Another service may get them. Its replies are translated back only by connection tracking: for masquerading with
    vs.conntrack=1 (measured on Linux 6.1; with 0, and for direct routing, they have the new address).

    Where its addresses were not collected, the director is taken to have the VIP.

    Raises NotCollected where the rules were not collected, or may match. Reads ipvs, the filters, and addresses, links,
    routes, local-routes, policy-rules, sysctl where collected.
    """
    version = service.version
    refuse_unseen(director, version)
    for request in requests_of(director, service):
        if request.dst is None:
            continue
        assumed: tuple[Citation, ...] = ()
        if not (director.has("addresses") or director.has("local-routes")):
            assumed = (assume("addresses", f"{request.dst} is local here"),)
        elif is_local(director, request.dst) is None:
            continue
        links = (request.in_link,) if request.in_link else arrival_links(director, request.dst)
        verdicts = [first_request(director, replace(request, in_link=link)) for link in links]
        taken = [item for verdict in verdicts if (item := taken_away(director, service, request, verdict)) is not None]
        if len(taken) == len(verdicts):
            yield replace(taken[0], because=(*taken[0].because, *assumed))
        elif taken:
            wanted = f"the interface on which requests for {request.dst} arrive"
            raise NotCollected("addresses", director.name, wanted)


def first_request(director: Node, request: Packet) -> FilterVerdict:
    """What becomes of the first request of a connection before the director routes it."""
    flags = SYN if request.protocol == TCP else None if request.protocol is None else _FLAGS
    first = replace(request, states=NEW, tcp_flags=flags)
    return filtered(director, first, (Hook.PREROUTING,), locality(director, request.version))


def taken_away(director: Node, service: VirtualService, request: Packet, verdict: FilterVerdict) -> Rewritten | None:
    """Does the service not get the request, by this verdict? What a filter drops is another trouble. Raises
    NotCollected, and reads, as requests_rewritten() does."""
    packet = verdict.packet
    if verdict.outcome is FilterOutcome.DROPPED:
        return None
    if verdict.lacking is not None:
        raise _link_lacking(director, verdict) or verdict.lacking
    if not packet.changed:
        if verdict.assumed:
            fact = filter_fact(request.version)
            raise NotCollected(fact, director.name, partial=director.partial(fact))
        return None
    other = next((row for row in director.services if _takes(director, row, packet)), None)
    # refuse_unseen() has asked for what is not read; the dump that shows the rule is no sign of others.
    because = tuple(replace(line, hides="") for line in verdict.because)
    if other is None:
        return Rewritten(request, packet, because)
    same = (packet.dst, packet.dport) == (request.dst, request.dport)
    untranslated = None if same else _not_translated_back(director, other)
    if untranslated is None:
        return None
    return Rewritten(request, packet, (*because, *untranslated), other)


def _link_lacking(director: Node, verdict: FilterVerdict) -> NotCollected | None:
    """Is the line in doubt for want of the interface on which the requests arrive?"""
    line = verdict.because[0].seen if verdict.because else None
    tables = director.packet_filter(filter_fact(verdict.packet.version))
    asked = (item.match for table in tables for rule in table.rules if rule.seen == line for item in rule.conditions)
    wanting = not director.has("addresses") and Match.IN_LINK in asked
    return NotCollected("addresses", director.name) if wanting else None


def _not_translated_back(director: Node, service: VirtualService) -> tuple[Citation, ...] | None:
    """None where connection tracking puts the first destination back into the replies of a service; else what is
    taken for granted: where it was not collected, the default of the kernel (net/netfilter/ipvs/ip_vs_ctl.c:
    ip_vs_control_net_init_sysctl())."""
    if any(real.forwarding is not None and real.forwarding.keeps_destination for real in service.destinations):
        return ()
    if not (director.has("sysctl") and director.knows_sysctl(CONNTRACK)):
        return (assume("sysctl", f"{CONNTRACK} = 0, the default", settle=command("sysctl", CONNTRACK)),)
    return None if director.sysctl(CONNTRACK).value != 0 else ()


def _takes(director: Node, service: VirtualService, packet: Packet) -> bool:
    """Does a service get a packet with this destination? Raises NotCollected where the destination is not known.

    net/netfilter/ipvs/ip_vs_ctl.c: ip_vs_service_find() looks for the mark first.
    """
    if service.fwmark is not None:
        if packet.mark is None:
            raise undecided(director, filter_fact(packet.version), f"the mark of packets to {packet.dst}")
        here = packet.dst is None or is_local(director, packet.dst) is not None
        return here and packet.mark == service.fwmark and service.family == packet.version
    if PROTOCOLS.get(service.protocol) != packet.protocol or service.port not in (0, packet.dport):
        return False
    if packet.dst is None and service.vip is not None:
        raise NotCollected("addresses", director.name, "the address to which a rule redirects requests")
    return service.vip == packet.dst
