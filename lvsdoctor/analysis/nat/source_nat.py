"""Does a rule of a director that would change the source of masqueraded requests see them at all?

With vs.conntrack=0 IPVS takes what it sends out of connection tracking (net/netfilter/ipvs/ip_vs_xmit.c:
ip_vs_nat_send_or_cont() calls ip_vs_notrack()), and NOTRACK of the table raw does so where requests come in: the table
nat sees no packet that is not tracked (net/netfilter/nf_nat_core.c: nf_nat_inet_fn()).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from lvsdoctor.analysis.filters.director_filters import CONNTRACK
from lvsdoctor.analysis.filters.filter_paths import PROTOCOLS, arrival_links, link_towards, locality, refuse_unseen
from lvsdoctor.analysis.nat.translation import client_in, nat_pairs, passes, real_server, replies_pass
from lvsdoctor.kernel.answer import assume
from lvsdoctor.kernel.ipvs_packets import ipvs_passages
from lvsdoctor.kernel.packet_filter import DELIVERED, SENT, FilterVerdict, filtered
from lvsdoctor.kernel.packet_matching import CLIENT_PORT, Locality, Packet
from lvsdoctor.kernel.route_families import shows_routes
from lvsdoctor.kernel.routing import FAR_AWAY, route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.ipvs import Destination, Forwarding, VirtualService
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import AddressRange, Effect, FilterRule, Match
from lvsdoctor.sanitize import command

_UNTRACKED = frozenset({"UNTRACKED"})
_CHOOSING = frozenset({Match.SOURCE, Match.DESTINATION, Match.IPVS, Match.IPVS_VIP, Match.MARK, Match.DESTINATION_PORT})


@dataclass(frozen=True, slots=True)
class UnseenRequests:
    """The requests to a real server that a rule would give another source, and does not see.

    `notrack` is the rule that takes them out of connection tracking, None where vs.conntrack=0 does. `past` tells that
    replies to such clients do not pass the director; `meant`: the rule is for clients beside the real server, which no
    route of the real server brings to the director.
    """

    service: VirtualService
    real: Destination
    because: tuple[Citation, ...]
    notrack: FilterRule | None
    past: tuple[Citation, ...]
    meant: bool


def unseen_by_source_nat(director: Node) -> Iterator[UnseenRequests]:
    """The masqueraded requests of IPv4 whose source a rule does not change for want of connection tracking, where
    their replies do not pass the director as they are.

    Raises NotCollected where that is not known. Reads ipvs, iptables, sysctl, and addresses, ipvs-stats, links,
    local-routes, policy-rules, routes where collected.
    """
    if not director.has("addresses"):
        yield from _by_rules_alone(director)
        raise NotCollected("addresses", director.name)
    absent: NotCollected | None = None
    for service, real, rip in nat_pairs(director):
        if service.vip is None or real.weight == 0 or replies_pass(director, real):
            continue
        try:
            if (item := _unseen(director, service, real, rip)) is not None:
                yield item
        except NotCollected as lacking:
            absent = absent or lacking.anew()
    if absent is not None:
        raise absent


def _by_rules_alone(director: Node) -> Iterator[UnseenRequests]:
    """A NOTRACK rule for requests whose source another rule is to change: both name the packets, whatever addresses
    the director has."""
    for service in director.services:
        for real in service.destinations:
            rip = real.ip
            if service.vip is None or rip is None or rip.version != 4 or real.forwarding is not Forwarding.NAT:
                continue
            if real.weight == 0 or replies_pass(director, real):
                continue
            host = Locality(lambda ip, vip=service.vip: ip == vip or None)  # type: ignore[misc]
            for client, link in product(_sources(director), _links_untracked(director)):
                verdict, notrack = sent_if_tracked(director, service, real, client, host, link)
                if verdict.lacking is None and verdict.packet.src != client and notrack and _tracks(director):
                    # Tables that were not shown may hold more: it is the two rules that were that tell.
                    shown = tuple(line for line in verdict.because if not line.assumed)
                    yield UnseenRequests(service, real, shown, notrack, (_straight(rip, client),), False)
                    break


def _sources(director: Node) -> Iterator[IP]:
    """A host of each subnet whose source address a rule is to change."""
    for rule in (rule for table in director.packet_filter("iptables") if table.nat for rule in table.rules):
        if any(item.effect in (Effect.SNAT, Effect.MASQUERADE) for item in rule.actions):
            asked = [item for item in rule.conditions if item.match is Match.SOURCE and not item.negated]
            values = [value for item in asked for value in item.values if isinstance(value, AddressRange)]
            yield from (value.low + 1 for value in values if value.low != value.high)


def _links_untracked(director: Node) -> Iterator[str | None]:
    """The links that NOTRACK rules ask for."""
    for rule in (rule for table in director.packet_filter("iptables") for rule in table.rules):
        if any(item.effect is Effect.NOTRACK for item in rule.actions):
            asked = [item for item in rule.conditions if item.match is Match.IN_LINK and not item.negated]
            yield from (str(value) for item in asked for value in item.values)
            if not asked:
                yield None


def _unseen(director: Node, service: VirtualService, real: Destination, rip: IP) -> UnseenRequests | None:
    refuse_unseen(director, 4)
    for client in _clients(director, rip):
        verdict, notrack = sent_if_tracked(director, service, real, client)
        if verdict.lacking is not None:
            raise verdict.lacking
        if verdict.packet.src == client:
            if verdict.assumed:
                raise NotCollected("iptables", director.name, partial=director.partial("iptables"))
            continue
        if notrack is None and _tracks(director):
            continue
        if (past := _past(director, rip, client)) is not None:
            meant = client != FAR_AWAY and any(_chooses(director, line) for line in verdict.because)
            return UnseenRequests(service, real, verdict.because, notrack, past, meant)
    return None


def waits_for_tracking(director: Node, service: VirtualService, real: Destination, client: IP) -> bool:
    """Would a rule of the director give what `client` sends another source, if connection tracking saw it? Reads what
    unseen_by_source_nat() reads; False where that is not known."""
    if not director.has("iptables") or service.vip is None or real.ip is None:
        return False
    try:
        verdict, notrack = sent_if_tracked(director, service, real, client)
        return verdict.lacking is None and verdict.packet.src != client and notrack is None and not _tracks(director)
    except NotCollected:
        return False


def _tracks(director: Node) -> bool:
    if not (director.has("sysctl") and director.knows_sysctl(CONNTRACK)):
        raise NotCollected("sysctl", director.name, CONNTRACK, command("sysctl", CONNTRACK))
    return director.sysctl(CONNTRACK).value != 0


def _clients(director: Node, rip: IP) -> Iterator[IP]:
    """Clients in the subnet of a real server, whose replies need no gateway, and then all others."""
    peer = real_server(director, rip)
    hosts = [host for host in (director, peer) if host is not None]
    for address in director.addresses:
        if rip in address.network and not address.host_only and (client := client_in(address.network, *hosts)):
            yield client
            break
    yield FAR_AWAY


def sent_if_tracked(
    director: Node,
    service: VirtualService,
    real: Destination,
    client: IP,
    host: Locality | None = None,
    link: str | None = None,
) -> tuple[FilterVerdict, FilterRule | None]:
    """What becomes of the first request of a client that IPVS sends to a real server, if it is tracked; and the rule
    by which it is not. `host` and `link` are what is known where the director's addresses are not."""
    assert service.vip is not None
    assert real.ip is not None
    if host is None:
        host = locality(director, 4)
        links = arrival_links(director, service.vip)
        link = links[0] if len(links) == 1 else None
    port = service.port or None
    request = Packet(client, service.vip, PROTOCOLS.get(service.protocol), CLIENT_PORT, port, in_link=link)
    kept = Forwarding.DR if real.forwarding is Forwarding.DR else Forwarding.NAT
    passages = ipvs_passages(request, real.ip, real.port or service.port, kept, tracked=True)
    arriving, leaving = (
        next(item for item in passages if item.part == "first request" and item.hooks == hooks)
        for hooks in (DELIVERED, SENT)
    )
    arrival = filtered(director, arriving.packet, arriving.hooks, host)
    notrack = _rule_of(director, arrival.because) if arrival.packet.states == _UNTRACKED else None
    packet = replace(leaving.packet, mark=arrival.packet.mark, out_link=link_towards(director, real.ip))
    return filtered(director, packet, leaving.hooks, host), notrack


def _rule_of(director: Node, because: Sequence[Citation]) -> FilterRule | None:
    seen = {line.seen for line in because}
    rules = (rule for table in director.packet_filter("iptables") for rule in table.rules if rule.seen in seen)
    return next((rule for rule in rules if any(item.effect is Effect.NOTRACK for item in rule.actions)), None)


def _chooses(director: Node, line: Citation) -> bool:
    """Does the quoted rule ask for more than an interface?"""
    rules = (rule for table in director.packet_filter("iptables") for rule in table.rules if rule.seen == line.seen)
    return any(item.match in _CHOOSING for rule in rules for item in rule.conditions)


def _straight(rip: IP, client: IP) -> Citation:
    """Taken for granted of a real server that is not in the scan."""
    settle = command("ip", "route", "get", client, "from", rip)
    text = f"{rip} has no route to {client} but that of its subnet"
    return assume("routes", text, "on the real server", settle)


def _past(director: Node, rip: IP, client: IP) -> tuple[Citation, ...] | None:
    """What tells that a real server replies to a client past its director; None where it replies through it."""
    peer = real_server(director, rip)
    if peer is None or not shows_routes(peer, 4):
        if client == FAR_AWAY:
            settle = command("ip", "route", "get", client, "from", rip)
            name = str(rip) if peer is None else peer.name
            raise NotCollected("routes", name, f"how {rip} sends its replies", settle)
        return (_straight(rip, client),)
    lookup = route_lookup(peer, client, src=rip)
    return None if passes(peer, lookup, {address.ip for address in director.addresses}) else lookup.because
