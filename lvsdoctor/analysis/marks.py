"""Which packets get the mark of a virtual service, and whether the director delivers them.

IPVS looks for a service by the mark that a packet has at LOCAL_IN (net/netfilter/ipvs/ip_vs_ctl.c:
ip_vs_service_find()), so a rule of mangle PREROUTING sets it, or one of mangle INPUT (measured on Linux 6.1).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lvsdoctor.analysis.filters.filter_paths import (
    any_client,
    arrival_links,
    filter_fact,
    locality,
    refuse_unseen,
    undecided,
)
from lvsdoctor.kernel.packet_filter import DELIVERED, FilterOutcome, FilterVerdict, filtered
from lvsdoctor.kernel.packet_matching import NEW, SYN, TCP, UDP, Locality, Packet
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.ipvs import VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import (
    Action,
    AddressRange,
    Chain,
    Condition,
    Effect,
    FilterRule,
    FilterTable,
    Hook,
    Match,
    Range,
    Value,
)

_JUMPS = 16
_COMING_IN = (Hook.PREROUTING, Hook.INPUT)


@dataclass(frozen=True, slots=True)
class MarkingRule:
    """A rule that marks what comes in, with the rules that lead to it: all that they ask of a packet.

    `subnet` is the destination that they ask for, if it is not a single address.
    """

    rule: FilterRule
    path: tuple[FilterRule, ...]
    hook: Hook
    subnet: AddressRange | None = None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(condition for rule in (*self.path, self.rule) for condition in rule.conditions)

    @property
    def marks(self) -> tuple[int, ...]:
        """The marks that it gives an unmarked packet."""
        return tuple(item.mark.of(0) for item in _marking(self.rule) if item.mark is not None)


@dataclass(frozen=True, slots=True)
class MarkedPacket:
    """A packet as a rule names it, and what becomes of it until IPVS sees it."""

    by: MarkingRule
    packet: Packet
    verdict: FilterVerdict

    @property
    def gets(self) -> int | None:
        """Its mark there; None where that is not known."""
        mark = self.verdict.packet.mark
        # What is not known of a packet that has a mark by then is whether a filter drops it.
        return mark if mark or self.verdict.outcome is not FilterOutcome.UNKNOWN else None

    @property
    def reached(self) -> bool:
        """Does such a packet get to the rule that names it?"""
        return any(line.seen == self.by.rule.seen for line in self.verdict.because)

    @property
    def later(self) -> tuple[Citation, ...]:
        """The rules that change it besides."""
        return tuple(line for line in self.verdict.because if line.seen != self.by.rule.seen) if self.reached else ()

    @property
    def mark_for_routing(self) -> int:
        """Its mark when the host looks for a route: that of mangle INPUT comes later."""
        return (self.gets or 0) if self.by.hook is Hook.PREROUTING else 0


def marking_rules(node: Node, version: int) -> Iterator[MarkingRule]:
    """The rules that may mark what comes in, in the order of the dump. Reads the filters."""
    fact = filter_fact(version)
    for table in node.packet_filter(fact) if node.has(fact) else ():
        for chain in table.chains:
            if chain.hook in _COMING_IN:
                assert chain.hook is not None
                yield from _in_chain(table, chain, (), chain.hook)


def _in_chain(table: FilterTable, chain: Chain, path: tuple[FilterRule, ...], hook: Hook) -> Iterator[MarkingRule]:
    for rule in chain.rules:
        if any(_marking(rule)):
            places = [v for c in rule.conditions if c.match is Match.DESTINATION and not c.negated for v in c.values]
            wide = next((v for v in places if isinstance(v, AddressRange) and v.low != v.high), None)
            yield MarkingRule(rule, path, hook, wide)
        for action in rule.actions:
            below = table.chain(action.chain) if action.chain else None
            if below is not None and len(path) < _JUMPS and rule not in path:
                yield from _in_chain(table, below, (*path, rule), hook)


def _marking(rule: FilterRule) -> Iterator[Action]:
    return (item for item in rule.actions if item.effect in (Effect.MARK, Effect.TPROXY) and item.mark is not None)


def marked_packets(director: Node, version: int) -> Iterator[MarkedPacket]:
    """For each rule that marks what comes in a packet that it asks for, on each link where clients' requests arrive,
    and the mark that it has in the end.

    Reads the filters, addresses, and links, local-routes, policy-rules, routes, memberships, ipvs where collected.
    """
    host, client = locality(director, version), any_client(director, version)
    services = director.services if director.has("ipvs") else ()
    served = {real.port for service in services if service.fwmark is not None for real in service.destinations}
    ports = sorted(port for port in served if port)
    for by in marking_rules(director, version):
        if not any(by.marks):
            continue  # it sets no bit, and clears what other rules have set
        for packet in _asked_for(by.conditions, client, ports):
            links: Sequence[str | None] = (None,)
            if packet.dst is not None:
                links = arrival_links(director, packet.dst)
            for link in links:
                yield from _marked(director, by, replace(packet, in_link=link), ports, host)


def _marked(
    director: Node, by: MarkingRule, packet: Packet, ports: Sequence[int], host: Locality
) -> Iterator[MarkedPacket]:  # fmt: skip
    """What becomes of the packet; where that depends on a port of which the rule says nothing, of each port served."""
    # What routing makes of it is another question: the mark of mangle INPUT is asked for, too.
    item = MarkedPacket(by, packet, filtered(director, packet, DELIVERED, host))
    if item.gets is not None or packet.dport is not None or not ports or packet.protocol not in (TCP, UDP):
        yield item
        return
    for port in ports:
        known = replace(packet, dport=port)
        yield MarkedPacket(by, known, filtered(director, known, DELIVERED, host))


def _asked_for(conditions: Sequence[Condition], client: IP | None, served: Sequence[int]) -> Iterator[Packet]:
    """Packets that meet the conditions, as far as these name them; one for each destination and port. `served` are the
    ports that stand for a range which holds them."""
    asked: dict[Match, tuple[Value, ...]] = {c.match: c.values for c in conditions if not c.negated}
    addresses = [v.low for v in asked.get(Match.DESTINATION, ()) if isinstance(v, AddressRange)]
    protocols = [v for v in asked.get(Match.PROTOCOL, ()) if isinstance(v, int)]
    ranges = [v for v in asked.get(Match.DESTINATION_PORT, ()) if isinstance(v, Range)]
    ports = [port for v in ranges for port in ([port for port in served if port in v] or [v.low])]
    for dst in addresses or (None,):
        for protocol in protocols or (None,):
            for port in ports or (None,):
                flags = SYN if protocol == TCP else None if protocol is None else frozenset[str]()
                known = protocol if protocol is not None or port is None else TCP
                yield Packet(client, dst, known, dport=port, states=NEW, tcp_flags=flags)


def unmarked(director: Node, service: VirtualService) -> tuple[MarkedPacket, ...] | None:
    """None where some request gets the mark of the service; else the packets that get other marks, or that would get
    this one if they came in by another link.

    Raises NotCollected where the rules were not collected, or may set the mark. Reads as marked_packets() does.
    """
    version = service.family
    refuse_unseen(director, version)
    packets = tuple(marked_packets(director, version))
    if any(item.gets == service.fwmark for item in packets):
        return None
    fact = filter_fact(version)
    for item in packets:
        if item.gets is None:
            raise item.verdict.lacking or _unknown_packets(director, service)
    for table in director.packet_filter(fact):
        for rule in table.rules:
            if any(item.effect in (Effect.RESTORE_MARK, Effect.UNKNOWN) for item in rule.actions):
                raise _unknown_packets(director, service)
    refuse_unseen_marks(director, version)
    return packets


def refuse_unseen_marks(director: Node, version: int) -> None:
    """Raises NotCollected where more rules than those that were seen may mark packets. Reads the filters where
    collected."""
    fact = filter_fact(version)
    if (partial := director.partial(fact)) is None:
        return
    # What marks packets is known of the table of services already, for rules that do not ask the filters too.
    tables = [table for table in director.evidence.get(fact, ()) if table.name == "mangle"]
    damaged = [place.partial for table in tables for place in (table, *table.chains) if place.partial is not None]
    if damaged or not tables:
        raise NotCollected(fact, director.name, partial=damaged[0] if damaged else partial)


def for_other_ports(director: Node, service: VirtualService) -> tuple[MarkedPacket, ...]:
    """The packets that get the mark of a service, where all of them are for other ports than those that its real
    servers are listed with. Masquerading changes ports, so nothing follows there. Reads as marked_packets() does."""
    if any(real.forwarding is None or not real.forwarding.keeps_destination for real in service.destinations):
        return ()
    wanted = {real.port for real in service.destinations if real.port}
    marked = tuple(item for item in marked_packets(director, service.family) if item.gets == service.fwmark)
    other = all(item.packet.dport not in (None, *wanted) for item in marked)
    return marked if wanted and other else ()


def other_link(director: Node, item: MarkedPacket) -> tuple[str, str] | None:
    """The interface that a rule asks for, and the one where such packets arrive, where these differ."""
    asked = [v for c in item.by.conditions if c.match is Match.IN_LINK and not c.negated for v in c.values]
    link = item.packet.in_link
    if not asked or link is None or link in asked:
        return None
    return str(asked[0]), link


def marked_vips(director: Node, service: VirtualService) -> Mapping[IP, MarkedPacket]:
    """The single addresses to which a request gets the mark of a service, each with a packet that does.

    Raises NotCollected where the rules were not collected, or may set the mark for others. Reads as marked_packets()
    does.
    """
    refuse_unseen(director, service.family)
    found: dict[IP, MarkedPacket] = {}
    for item in marked_packets(director, service.family):
        if item.gets is None:
            raise item.verdict.lacking or _unknown_packets(director, service)
        if item.gets == service.fwmark and item.by.subnet is None and item.packet.dst is not None:
            found.setdefault(item.packet.dst, item)
    return found


def _unknown_packets(director: Node, service: VirtualService) -> NotCollected:
    return undecided(director, filter_fact(service.family), f"which packets get mark {service.fwmark}")
