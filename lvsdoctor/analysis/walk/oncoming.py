"""What a scanned client and the scanned routers between it and a director do with its requests."""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.analysis.walk.attempt import Attempt
from lvsdoctor.analysis.walk.client_filters import dropped_at_client
from lvsdoctor.analysis.walk.decider import Decider
from lvsdoctor.analysis.walk.routers import stopped_by, untracked
from lvsdoctor.analysis.walk.subnets import subnets
from lvsdoctor.kernel.answer import Answer, no
from lvsdoctor.kernel.delivery import passes_on
from lvsdoctor.kernel.packet_matching import NEW, SYN, TCP, Packet
from lvsdoctor.kernel.routing import Lookup, is_local, route_lookup
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import cite
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import ClientPlace, Decision, StepVerdict

_MOST_HOPS = 8
_ACK = frozenset({"ACK"})


def requests_arrive(decider: Decider, director: Node, attempt: Attempt) -> Iterator[StepVerdict]:
    """Where a scanned router does not bring this client's requests to the director: by its own route, its forwarding
    or its filter; and where the client's own host drops them, or the replies. Nothing where no scanned host is known to
    stop them."""
    found = decider.once(("oncoming", id(director), attempt.request), lambda: _stopped(director, attempt))
    if found is not None:
        router, answer = found
        yield decider.step(router, Decision.ROUTE, f"requests to {attempt.at.vip}", attempt.request, lambda: answer)


def _stopped(director: Node, attempt: Attempt) -> tuple[Node, Answer | None] | None:
    try:
        return _on_path(director, attempt)
    except NotCollected:
        return None


def _on_path(director: Node, attempt: Attempt) -> tuple[Node, Answer | None] | None:
    vip, flags = attempt.at.vip, SYN if attempt.at.protocol == "tcp" else frozenset[str]()
    beyond = attempt.client.place is ClientPlace.BEYOND_ROUTER
    host = _router(director, attempt.client.router if beyond else attempt.src)
    link = _link_towards_client(host, attempt.src) if host is not None and beyond else None
    request = replace(attempt.request, states=NEW, tcp_flags=flags)
    asks = host is not None and not beyond and host.name != director.name and not is_local(host, vip)
    if host is not None and asks and (lost := dropped_at_client(host, request)) is not None:
        return host, lost
    for _ in range(_MOST_HOPS):
        if host is None or host.name == director.name or is_local(host, vip):
            return None
        if link is not None and (stop := stopped_by(host, request, link)) is not None:
            return host, stop
        if link is not None and (stop := _stopped_later(host, request, link)) is not None:
            return host, stop
        lookup = route_lookup(host, vip, src=attempt.src)
        gateway = next(iter(lookup.gateways), None)
        if lookup.type != "unicast":
            return host, no("{host} has no route to {vip}", *lookup.because, host=host.name, vip=vip)
        if gateway is None:
            return None if _beside(host, director, lookup) else (host, _unanswered(host, vip, lookup))
        if len(set(lookup.gateways)) > 1:
            return None
        if (lost := _kept_astray(host, gateway, director)) is not None:
            return host, lost
        if director.holding(gateway):
            return None
        following = _router(director, gateway)
        if following is None:
            return None
        link = next(row.link for row in following.holding(gateway))
        if (astray := _astray(host, following, link, lookup, director, attempt)) is not None:
            return host, astray
        host = following
    return None


def _stopped_later(router: Node, request: Packet, link: str) -> Answer | None:
    """Where a rule takes the replies out of a router's connection tracking, what the client sends after its SYN is
    INVALID there (net/netfilter/nf_conntrack_proto_tcp.c: tcp_conntracks: ACK in SYN_SENT)."""
    if request.protocol != TCP or request.src is None or request.dst is None:
        return None
    reply = Packet(request.dst, request.src, TCP, request.dport, request.sport, states=NEW, tcp_flags=SYN | _ACK)
    try:
        lookup = route_lookup(router, request.dst, src=request.src, arrived_on=link)
    except NotCollected:
        return None
    back = lookup.links[0] if lookup.type == "unicast" and lookup.links else link
    if not untracked(router, reply, back) or untracked(router, request, link):
        return None
    return stopped_by(router, replace(request, states=frozenset({"INVALID"}), tcp_flags=_ACK), link)


def _beside(host: Node, director: Node, lookup: Lookup) -> bool:
    """Does a route without a gateway leave by a link on a segment of the director?"""
    rows = [row for row in subnets(host) if row.link in lookup.links]
    return any(address.ip in row.network for row in rows for address in director.addresses)


def _unanswered(host: Node, vip: IP, lookup: Lookup) -> Answer | None:
    """No host of another segment has the VIP, as a neighbour entry without an answer tells; without one it is open."""
    for entry in host.seen_rows("neighbours") if host.has("neighbours") else ():
        if entry.ip == vip and entry.link in lookup.links and not entry.mac and entry.unresolved:
            text = "{host} sends requests for {vip} to {link}, where no host answers"
            note = cite(entry, "no host answers {host}", host=host.name)
            return no(text, *lookup.because, note, host=host.name, vip=vip, link=lookup.links[0])
    return None


def _kept_astray(host: Node, gateway: IP, director: Node) -> Answer | None:
    """Has a host a permanent neighbour entry for its next hop with a MAC of no scanned host with that address? Or an
    entry without an answer, and all hosts of the scan show that none has it?"""
    hosts = [*([director] if director.holding(gateway) else ()), *director.peers_holding(gateway)]
    for entry in host.seen_rows("neighbours") if host.has("neighbours") else ():
        if entry.ip != gateway:
            continue
        if entry.unresolved and not hosts and all(peer.has("addresses") for peer in director.peers):
            text = "{host} does not reach {target}: its entry is {state}, and the scanned hosts lack that address"
            return no(text, cite(entry), host=host.name, target=gateway, state=entry.state)
        if not entry.fixed or not entry.mac or "proxy" in entry.flags:
            continue
        if hosts and all(other.has("links") and not other.links_with_mac(entry.mac) for other in hosts):
            text = "{host} does not reach {target}: its permanent neighbour entry has {mac}, not a MAC of {peer}"
            note = "this entry is never renewed"
            return no(
                text, cite(entry, note), host=host.name, target=gateway, mac=entry.mac, peer=hosts[0].name
            )  # fmt: skip
    return None


def _astray(
    host: Node, following: Node, link: str, lookup: Lookup, director: Node, attempt: Attempt
) -> Answer | None:  # fmt: skip
    """Why a host that is not the director does not pass requests on that come to it by this route of another."""
    vip, names = attempt.at.vip, {"host": host.name, "following": following.name}
    if is_local(following, vip):
        if any(other.name == following.name for other in attempt.at.directors):
            return None
        text = "{host} sends requests to {following}, which holds {vip}, and not to {director}"
        return no(text, *lookup.because, vip=vip, director=director.name, **names)
    onward = passes_on(following, src=attempt.src, dst=vip, arrived_on=link)
    if onward:
        return None
    text = "{host} sends requests to {following}, which does not hold {vip} and drops the requests: {why}"
    return no(text, *lookup.because, *onward.because, vip=vip, why=onward.why, **names)


def _router(director: Node, ip: IP | None) -> Node | None:
    """The scanned host with this address whose routes were collected."""
    peers = director.peers_holding(ip) if ip is not None else ()
    return next((peer for peer in peers if peer.has("routes")), None)


def _link_towards_client(router: Node, client: IP) -> str | None:
    return next((row.link for row in subnets(router) if client in row.network), None)
