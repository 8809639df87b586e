"""What the packet filters of a host do to the packets of a virtual service, and what of these packets is known.

Clients may be anywhere: a rule that asks for a source may match some of them, so the verdict is unknown there.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from lvsdoctor.kernel.ipvs_packets import Passage
from lvsdoctor.kernel.own_address import own_address
from lvsdoctor.kernel.packet_filter import DELIVERED, SENT, FilterOutcome, FilterVerdict, filtered
from lvsdoctor.kernel.packet_matching import NEW, SYN_ACK, TCP, UDP, Locality, Packet
from lvsdoctor.kernel.routing import FAR_AWAY, route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.coverage import Partial
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.ipvs import Destination, VirtualService
from lvsdoctor.model.link import EVERY_INTERFACE
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import AddressRange, Effect, Hook, Match, Range
from lvsdoctor.model.walk import Decision

PROTOCOLS = {"tcp": TCP, "udp": UDP, "sctp": 132}
# The protocol of the outer packet, by the type of a tunnel, around IPv4 and around IPv6.
OUTER_PROTOCOLS = {"ipip": (4, 41), "gre": (47, 47), "gue": (UDP, UDP)}
_FAR_AWAY: dict[int, IP] = {4: FAR_AWAY, 6: IPv6Address("2001:4860:4860::8888")}
TUNNELLED = "tunnelled request"
CHECK, CHECK_REPLY = "health check", "reply to a health check"
_ESTABLISHED = frozenset({"ESTABLISHED"})


_DECISIONS: Mapping[Hook | None, Decision] = {
    Hook.FORWARD: Decision.FORWARD_FILTER,
    Hook.OUTPUT: Decision.OUTPUT_FILTER,
    Hook.POSTROUTING: Decision.OUTPUT_FILTER,
}


@dataclass(frozen=True, slots=True)
class FilteredPacket:
    """A packet of a connection of `service` (of its share for `real`), and what the filters of the host do to it.

    `stateful`: it is dropped for the state that connection tracking gives it here, and an ordinary connection is not.
    """

    service: VirtualService
    real: Destination | None
    passage: Passage
    verdict: FilterVerdict
    stateful: bool = False

    @property
    def dropped(self) -> bool:
        return self.verdict.outcome is FilterOutcome.DROPPED

    @property
    def sent(self) -> bool:
        """Is it what this host sends?"""
        return self.passage.hooks == SENT

    @property
    def tunnelled(self) -> bool:
        """Is it the outer packet, which a tunnel unpacks?"""
        return self.passage.part == TUNNELLED

    @property
    def check(self) -> bool:
        """Is it of a health check, which asks the RIP itself?"""
        return self.passage.part in (CHECK, CHECK_REPLY)

    @property
    def replies(self) -> bool:
        """Is it what a real server replies?"""
        return self.passage.is_reply or self.passage.part == CHECK_REPLY

    @property
    def chain(self) -> str:
        """The built-in chain in which its way ends."""
        return self.verdict.hook.value.upper() if self.verdict.hook is not None else ""

    @property
    def decision(self) -> Decision:
        """The step of its way that is decided there."""
        return _DECISIONS.get(self.verdict.hook, Decision.INPUT_FILTER)

    @property
    def rip(self) -> IP | None:
        return self.real.ip if self.real is not None else None


def filter_fact(version: int) -> str:
    """The fact that holds the rules for this version of IP."""
    return "iptables" if version == 4 else "ip6tables"


def locality(node: Node, version: int) -> Locality:
    """What the host knows of its own addresses. Reads addresses, and what is_local() reads."""

    def local(ip: IP) -> bool | None:
        if own_address(node, ip) is not None:
            return True
        return False if node.has("local-routes") else None

    def first(link: str) -> IP | None:
        rows = node.addresses_on(link) if node.has("addresses") else ()
        return next((row.ip for row in rows if row.ip.version == version), None)

    def bare(link: str) -> bool:
        known = node.has("addresses") and node.unseen("addresses") is None
        return known and all(row.ip.version != version for row in node.addresses_on(link))

    return Locality(local, first, bare=bare)


def any_client(node: Node, version: int) -> IP | None:
    """An address that stands for all clients, where no rule asks for a source but for hosts of the cluster; None where
    one may ask for clients.

    Reads the filters, addresses, ipvs, memberships, and addresses of the directors.
    """
    fact = filter_fact(version)
    tables = node.packet_filter(fact) if node.has(fact) else ()
    conditions = [item for table in tables for rule in table.rules for item in rule.conditions]
    if any(item.match is Match.IN_SET and "src" in str(item.values[1:]) for item in conditions):
        return None
    asked = {
        value
        for condition in conditions
        if condition.match is Match.SOURCE
        for value in condition.values
        if isinstance(value, AddressRange) and not value.low.is_loopback
    }
    if any(part.low != part.high for part in asked):
        return None
    of_cluster = not asked or {part.low for part in asked} <= _cluster(node)
    return _FAR_AWAY[version] if of_cluster else None


def _cluster(node: Node) -> set[IP | None]:
    """The addresses of a host, of the real servers that it lists, and of its directors: none of them is a client."""
    directors = (
        {listing.director.name: listing.director for listing in node.memberships} if node.has("memberships") else {}
    )
    hosts = [host for host in (node, *directors.values()) if host.has("addresses")]
    services = node.services if node.has("ipvs") else ()
    own: set[IP | None] = {real.ip for service in services for real in service.destinations}
    return own | {row.ip for host in hosts for row in host.known_rows("addresses")}


def arrival_links(node: Node, vip: IP) -> tuple[str | None, ...]:
    """The links on which clients' packets to an address of this host may arrive: those that have it or its subnet, or
    any where none does. (None,) where that is not known. Reads addresses, and links where collected."""
    if not node.has("addresses"):
        return (None,)
    rows = node.known_rows("addresses")
    if node.has("links"):
        hearing = {link.name for link in node.links_hearing_arp} - {EVERY_INTERFACE}
    else:
        hearing = {row.link for row in rows} - {"lo"}
    having = {row.link for row in rows if row.ip == vip} & hearing
    wires = {row.link for row in rows if vip in row.network and not row.host_only} & hearing
    return tuple(sorted(having | wires or hearing)) or (None,)


def link_towards(node: Node, ip: IP) -> str | None:
    """The link of the route to a host; None where several or none are known. Reads what route_lookup() does."""
    try:
        way = route_lookup(node, ip)
    except NotCollected as unseen:
        node.assuming(unseen)  # a rule that then is quiet might not be, had the route been collected
        return None
    links = way.links if way.type == "unicast" else ()
    return links[0] if len(set(links)) == 1 else None


def passed(node: Node, packet: Packet, hooks: Sequence[Hook], host: Locality) -> FilterVerdict:
    """filtered(), and what becomes of a packet whose new destination is an address of this host, too."""
    verdict = filtered(node, packet, hooks, host)
    dst = verdict.packet.dst
    if verdict.outcome is FilterOutcome.REWRITTEN and tuple(hooks) == DELIVERED and dst and host.is_local(dst):
        here = filtered(node, verdict.packet, (Hook.INPUT,), host)
        return replace(here, because=(*here.because, *verdict.because))
    return verdict


def reply_passed(node: Node, reply: Packet, hooks: Sequence[Hook], host: Locality) -> FilterVerdict:
    """passed() for the replies of a connection. TCP's first has SYN and ACK: where that is dropped, no other comes."""
    if reply.protocol == TCP and reply.tcp_flags is None:
        first = passed(node, replace(reply, tcp_flags=SYN_ACK), hooks, host)
        if first.outcome is FilterOutcome.DROPPED and first.lacking is None:
            return first
    return passed(node, reply, hooks, host)


def of_all(verdicts: Sequence[FilterVerdict], lacking: NotCollected) -> FilterVerdict:
    """The verdict where any of these may hold: unknown for lack of `lacking` where they differ."""
    first = verdicts[0]
    unknown = next((verdict for verdict in verdicts if verdict.outcome is FilterOutcome.UNKNOWN), None)
    if unknown is not None or all(verdict.outcome is first.outcome for verdict in verdicts):
        return unknown or first
    return FilterVerdict(FilterOutcome.UNKNOWN, first.packet, str(lacking), first.because, first.hook, lacking=lacking)


def as_ordinary(passage: Passage) -> Packet:
    """The packet with the state that it has in a connection of which the host sees both directions."""
    return replace(passage.packet, states=NEW if passage.part == "first request" else _ESTABLISHED)


def drops_for_state(node: Node, passage: Passage, verdict: FilterVerdict, host: Locality) -> bool:
    """Is the packet dropped here, and would not be in an ordinary connection?"""
    if verdict.outcome is not FilterOutcome.DROPPED or as_ordinary(passage) == passage.packet:
        return False
    return filtered(node, as_ordinary(passage), passage.hooks, host).outcome is FilterOutcome.ACCEPTED


def filters_unread(node: Node, fact: str) -> NotCollected | None:
    """What keeps the rules that decide over packets from being known: a dump in the evidence that may hold some, and is
    none of those that `fact` was read from. None where there is no such dump.

    Beside the rules that run, those of a file decide nothing.
    """
    read = {"iptables", "ipset"} if node.has(fact) else set[str]()
    read |= {"nftables"} if shows_nft(node, fact) else set()
    kinds = (kind for kind in node.unread_kinds if "packets" in kind.hides)
    unread = next((kind for kind in kinds if kind.kind not in read), None)
    if unread is None:
        return None
    if unread.read:  # it shows the rules for the other version of IP alone
        return NotCollected(fact, node.name)
    fields = {"where": unread.seen.where, "name": unread.name}
    why = Partial("{where} holds {name}, which is not read yet", unread.seen, fields)
    return NotCollected(fact, node.name, partial=why)


def shows_nft(node: Node, fact: str) -> bool:
    """Were the tables of nftables shown?"""
    return node.has(fact) and any(table.form == "nft" for table in node.packet_filter(fact))


def filters_seen(node: Node, version: int) -> bool:
    """Does the evidence show the rules that decide over the packets of this host?"""
    return node.has(filter_fact(version)) and filters_unread(node, filter_fact(version)) is None


def refuse_unseen(node: Node, version: int) -> None:
    """Raises NotCollected where the rules for packets were not collected, or a part of them lies there unread."""
    fact = filter_fact(version)
    if not node.has(fact):
        raise NotCollected(fact, node.name)
    refuse_unread(node, fact)


def refuse_unread(node: Node, fact: str) -> None:
    """Raises NotCollected beside a dump that may hold rules for packets and is not read."""
    if (absent := filters_unread(node, fact)) is not None:
        raise absent


def undecided(node: Node, fact: str, what: str) -> NotCollected:
    """To raise where the rules leave something open, or were not collected."""
    partial = Partial("the rules do not tell {what}", None, {"what": what}) if node.has(fact) else None
    return NotCollected(fact, node.name, what, partial=partial)


def refuse_unknown(node: Node, items: Iterable[FilteredPacket]) -> None:
    """Raises NotCollected for the first packet whose fate is not known, or is known only if no table was left out."""
    for item in items:
        fact = filter_fact(item.passage.packet.version)
        if item.verdict.lacking is not None:
            raise item.verdict.lacking
        if not item.dropped and item.verdict.assumed:
            raise NotCollected(fact, node.name, partial=node.partial(fact))
        if not item.dropped:
            refuse_unread(node, fact)


def marked_requests(node: Node, mark: int, version: int) -> Iterator[Packet]:
    """The packets that the rules of the host give this mark, as far as the rules name them: destination, protocol, port
    and link. Reads the filters."""
    fact = filter_fact(version)
    for table in node.packet_filter(fact) if node.has(fact) else ():
        for rule in table.rules:
            marks = [action.mark for action in rule.actions if action.effect is Effect.MARK and action.mark is not None]
            if any(change.of(0) == mark for change in marks):
                asked = {item.match: item.values for item in rule.conditions if not item.negated}
                dst, port = asked.get(Match.DESTINATION, ()), asked.get(Match.DESTINATION_PORT, ())
                links, protocols = asked.get(Match.IN_LINK, ()), asked.get(Match.PROTOCOL, ())
                yield Packet(
                    None,
                    next((p.low for p in dst if isinstance(p, AddressRange) and p.low == p.high), None),
                    next((p for p in protocols if isinstance(p, int)), None),
                    dport=next((p.low for p in port if isinstance(p, Range) and p.low == p.high), None),
                    in_link=next((p for p in links if isinstance(p, str) and not p.endswith("*")), None),
                )
