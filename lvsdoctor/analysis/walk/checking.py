"""A director's own health check of a real server: its request to the RIP, and the reply."""

from collections.abc import Iterator
from dataclasses import replace

from lvsdoctor.analysis.connections.own_connections import own_reply
from lvsdoctor.analysis.filters.filter_paths import PROTOCOLS, link_towards, locality, passed
from lvsdoctor.analysis.reply_path import all_tables_seen
from lvsdoctor.analysis.walk.asking import asks_itself
from lvsdoctor.analysis.walk.attempt import ServicePlace
from lvsdoctor.analysis.walk.decider import Decider, unknown
from lvsdoctor.analysis.walk.director import is_address_of, until_no
from lvsdoctor.analysis.walk.filters import idle, of_verdict
from lvsdoctor.analysis.walk.frames import mac_from, mac_of
from lvsdoctor.analysis.walk.receiving import Arrival, at_real_server, home_of
from lvsdoctor.analysis.walk.reply_packet import ReplyPacket
from lvsdoctor.analysis.walk.replying import reply_leaves
from lvsdoctor.analysis.walk.sending import by_routers, neighbour, reached
from lvsdoctor.analysis.walk.subnets import on_other_segment, subnets
from lvsdoctor.kernel.answer import Answer, no, yes
from lvsdoctor.kernel.packet_filter import DELIVERED, SENT
from lvsdoctor.kernel.packet_matching import CLIENT_PORT, NEW, SYN, Packet
from lvsdoctor.kernel.policy_rules import Flow
from lvsdoctor.kernel.routing import route_lookup
from lvsdoctor.kernel.source_address import own_source
from lvsdoctor.model.address import IP
from lvsdoctor.model.facts import NotCollected
from lvsdoctor.model.finding import cite
from lvsdoctor.model.health import HealthCheck
from lvsdoctor.model.ipvs import Destination
from lvsdoctor.model.node import Node
from lvsdoctor.model.packet_filter import Hook
from lvsdoctor.model.walk import ClientClass, ClientPlace, Decided, Decision, Step, StepVerdict

# Of the checks of keepalived and ldirectord: the protocol of those that always have one, and those that ask no port.
_PROTOCOL = dict.fromkeys(("HTTP_GET", "SSL_GET", "TCP_CHECK", "SMTP_CHECK"), "tcp") | dict.fromkeys(
    ("UDP_CHECK", "DNS_CHECK"), "udp"
)
_OTHERWISE = frozenset({
    "PING_CHECK", "MISC_CHECK", "BFD_CHECK", "FILE_CHECK", "ping", "external", "external-perl", "off",
})  # fmt: skip


def checking_client(decider: Decider, director: Node, at: ServicePlace, real: Destination) -> ClientClass | None:
    """The director as a client of its real server; None for its own address, which needs no network. It is shown where
    a health checker is configured."""
    rip = real.ip
    if rip is None:
        return None
    check = check_of(director, at, real)
    source = check.source if check is not None and check.source is not None else _source(decider, director, rip)
    because = (cite(check),) if check is not None else ()
    return ClientClass(
        ClientPlace.HEALTH_CHECK, source if source is not None else rip, evidenced=bool(because), because=because,
        connects=bool(because),
    )  # fmt: skip


def check_of(director: Node, at: ServicePlace, real: Destination) -> HealthCheck | None:
    """The first check that a health checker's file has for a real server and that connects to a port."""
    return next(_connecting(director, at, real), None)


def _connecting(director: Node, at: ServicePlace, real: Destination) -> Iterator[HealthCheck]:
    for checked in director.seen_rows("health-checks") if director.has("health-checks") else ():
        if any(row.key == at.service.key for row in checked.services):
            for server in checked.servers:
                if server.ip == real.ip:
                    yield from (check for check in server.checks if check.kind not in _OTHERWISE)


def _source(decider: Decider, director: Node, rip: IP) -> IP | None:
    def work_out() -> IP | None:
        try:
            return own_source(director, rip).ip
        except NotCollected:
            return None

    return decider.once(("own source", id(director), rip), work_out)


def health_check(
    decider: Decider, director: Node, at: ServicePlace, real: Destination, client: ClientClass
) -> Iterator[StepVerdict]:
    """The steps of the director's own connection to a real server, up to the first no."""
    assert real.ip is not None
    check = check_of(director, at, real)
    target = check.connects_to if check is not None and check.connects_to is not None else real.ip
    port = check.connect_port if check is not None and check.connect_port else (real.port or at.port)
    server = at.real_servers.get(real.ip)
    protocol = _PROTOCOL.get(check.kind, at.protocol) if check is not None else at.protocol
    subject = f"{protocol} {target}:{port}" if port else str(target)
    flow = Flow(PROTOCOLS.get(protocol), CLIENT_PORT, port or None)
    asked = decider.step(
        director, Decision.HEALTH_CHECK, subject, client.address, lambda: _asks(director, target, flow)
    )
    yield asked
    # Without the source nothing can be asked of the real server.
    if asked.decided is Decided.NO or client.address == real.ip:
        return
    yield from (steps := _requested(decider, director, target, server, client, port, protocol))
    if (steps and steps[-1].decided is Decided.NO) or server is None:
        return
    yield from _there(decider, director, server, client, target, port, protocol)


def _asks(director: Node, target: IP, flow: Flow) -> Answer | None:
    source = own_source(director, target)
    if source.ip is None:
        all_tables_seen(director, None, target.version)
        return no("{host} has no route to {target}", *source.because, host=director.name, target=target)
    way = route_lookup(director, target, src=source.ip, flow=flow)
    if way.type not in ("unicast", "local"):
        # net/ipv4/route.c: ip_route_connect() looks again, with the source that the first look-up has told.
        text = "{host} has no route from {source} to {target}"
        return no(text, *way.because, *source.because, host=director.name, source=source.ip, target=target)
    return yes("{host} sends from {source}", *source.because, host=director.name, source=source.ip)


def _packets(director: Node, client: ClientClass, target: IP, port: int, protocol: str) -> tuple[Packet, Packet]:
    """The director's first packet of a check, and the real server's reply to it."""
    link, number = link_towards(director, target), PROTOCOLS.get(protocol)
    flags = SYN if protocol == "tcp" else None
    out = Packet(client.address, target, number, CLIENT_PORT, port or None, out_link=link, states=NEW, tcp_flags=flags)
    states = frozenset({"ESTABLISHED"})
    return out, Packet(target, client.address, number, port or None, CLIENT_PORT, in_link=link, states=states).with_mac(
        mac_of(director, target)
    )


def _passes(
    decider: Decider, director: Node, packet: Packet, hooks: tuple[Hook, ...], decision: Decision
) -> StepVerdict:
    def decide() -> Answer | None:
        if (free := idle(director, packet.version)) is not None:
            return of_verdict(free)
        verdict = passed(director, packet, hooks, locality(director, packet.version))
        answer, source = of_verdict(verdict), verdict.packet.src
        if answer and hooks is SENT and source not in (None, packet.src) and not is_address_of(director, source):
            if not any(source in row.network and packet.dst in row.network for row in subnets(director)):
                return None  # the reply may come back by this director
            text = "a rule gives the check the source {source}, which {host} does not have"
            return no(text, *verdict.because, source=source, host=director.name)
        return answer

    return decider.step(director, decision, f"{packet.src} to {packet.dst}", (packet, hooks), decide)


def _requested(
    decider: Decider, director: Node, target: IP, server: Node | None, client: ClientClass, port: int, protocol: str
) -> list[StepVerdict]:
    out, back = _packets(director, client, target, port, protocol)
    return list(
        until_no(
            lambda: reached(decider, director, target, None),
            lambda: _passes(decider, director, out, SENT, Decision.OUTPUT_FILTER),
            lambda: _passes(decider, director, back, DELIVERED, Decision.INPUT_FILTER),
            lambda: _kept(decider, director, target, port, protocol),
            lambda: neighbour(decider, director, target, server, client.address),
            lambda: by_routers(decider, director, target, out),
            lambda: unscanned(target) if server is None else None,
        )
    )


def _kept(decider: Decider, director: Node, target: IP, port: int, protocol: str) -> StepVerdict:
    """Behind the filters, IPVS sees the reply as well."""
    subject = f"reply of {target}"
    return decider.step(
        director, Decision.HEALTH_CHECK, subject, (port, protocol), lambda: own_reply(director, target, port, protocol)
    )


def unscanned(rip: IP | str) -> StepVerdict:
    """What a real server that the scan does not have would decide."""
    lacking = NotCollected("addresses", str(rip), f"what real server {rip} shows", f"# scan {rip} as well")
    return unknown(Step(str(rip), Decision.LOCAL_DELIVERY, str(rip)), lacking)


def _there(
    decider: Decider, director: Node, server: Node, client: ClientClass, target: IP, port: int, protocol: str
) -> Iterator[StepVerdict]:
    arrival = Arrival(client.address, target, port, protocol, home_of(server, target), mac_from(director, target))
    for verdict in at_real_server(decider, server, arrival):
        yield verdict
        if verdict.decided is Decided.NO:
            return
    asked = asks_itself(director, target, client.address)
    reply = ReplyPacket(server, target, port, protocol, client.address, False, request=arrival.packet, asked=asked)
    for verdict in (*reply_leaves(decider, reply), *_back(decider, director, reply)):
        yield verdict


def _back(decider: Decider, director: Node, reply: ReplyPacket) -> Iterator[StepVerdict]:
    """Where a scanned router on the path of the reply does not pass it on. Of a check that did not come by it its
    connection tracking has no entry."""
    try:
        lookup = reply.lookup
        straight = not route_lookup(director, reply.src, src=reply.client).gateways
        astray = not straight and on_other_segment(reply.node, None, lookup, reply.client, (director,))
    except NotCollected:
        return
    if astray:  # no neighbour may be there to take it
        subject = f"from {reply.src} to {reply.client}"
        yield decider.step(reply.node, Decision.RETURN_PATH, subject, ("astray", reply.key), lambda: None)
        return
    states = frozenset({"INVALID"}) if straight and reply.protocol == "tcp" else reply.packet.states
    stop = by_routers(decider, reply.node, reply.client, replace(reply.packet, states=states), lookup)
    if stop is not None:
        yield stop
