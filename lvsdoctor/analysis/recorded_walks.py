"""A recording held against walks: who answered for the VIP, where requests were sent on, what came back.

A frame that is there proves something. One that is not there proves nothing: it may have passed another link.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from lvsdoctor.analysis.connections.recorded_connections import (
    Hosts,
    RecordedConnection,
    RecordedSocket,
    askers,
    claims,
    recorded_connections,
)
from lvsdoctor.model.address import IP
from lvsdoctor.model.finding import Citation, cite
from lvsdoctor.model.link import VRRP_MACS
from lvsdoctor.model.node import Node
from lvsdoctor.model.recorded_walk import Agreement, RecordedWalk
from lvsdoctor.model.recording import RecordedFrame, RecordedKind, Recording
from lvsdoctor.model.walk import ClientPlace, Decided, Decision, Served, Step, StepVerdict, Walk

MOST_CLIENTS = 16  # addresses of a recording whose walks are asked for
# Decisions before a request leaves the director, and before a reply leaves the real server.
_BEFORE_SENT_ON = frozenset(
    {Decision.ARP_REPLY, Decision.IPVS, Decision.REAL_SERVER, Decision.ROUTE, Decision.NEIGHBOUR}
)
_FILTERS = frozenset({Decision.SOURCE_VALIDATION, Decision.INPUT_FILTER, Decision.OUTPUT_FILTER})
_BEFORE_REPLY = frozenset({Decision.MTU, Decision.DECAPSULATION, Decision.LOCAL_DELIVERY, Decision.LISTENER})
# What is answered with a RST, and with an ICMP error (a REJECT rule, no route, no neighbour, no real server).
_REFUSING = frozenset({Decision.LISTENER, Decision.INPUT_FILTER, Decision.FORWARD_FILTER, Decision.IPVS})
_UNREACHABLE = frozenset(Decision) - {Decision.REPLY_ROUTE, Decision.RETURN_PATH, Decision.SOURCE_VALIDATION}


def recorded_clients(walks: Iterable[Walk], recording: Recording) -> tuple[IP, ...]:
    """The clients whose connections to the walks' services the recording shows, at most MOST_CLIENTS."""
    sockets = {(walk.vip, walk.port) for walk in walks}
    vips = {vip: {port for other, port in sockets if other == vip} for vip, _ in sockets}
    clients = (f.src for f in recording.frames if f.syn and (ports := vips.get(f.dst)) and ports & {0, f.dport})
    return tuple(dict.fromkeys(clients))[:MOST_CLIENTS]


def recorded_walks(nodes: Sequence[Node], walks: Sequence[Walk], recording: Recording) -> list[RecordedWalk]:
    """What the recording says of these walks, the worst first; connections that are alike are one row with a count."""
    requests = [walk for walk in walks if walk.client.place is not ClientPlace.HEALTH_CHECK]
    hosts = Hosts.of(nodes, {walk.vip for walk in walks})
    rows: list[RecordedWalk] = []
    for vip in dict.fromkeys(walk.vip for walk in requests):
        rows += _of_vip(vip, [walk for walk in requests if walk.vip == vip], nodes, recording, hosts)
    for service in dict.fromkeys((walk.service, walk.vip) for walk in requests):
        own = [walk for walk in requests if (walk.service, walk.vip) == service and walk.protocol == "tcp"]
        if own:
            rows += _of_service(own, nodes, recording, hosts)
    order = [Agreement.PARTS, Agreement.OPEN, Agreement.AGREES]
    return sorted(_together(rows), key=lambda row: order.index(row.agreement))


def _together(rows: Iterable[RecordedWalk]) -> list[RecordedWalk]:
    groups: dict[tuple[object, ...], list[RecordedWalk]] = {}
    for row in rows:
        key = (
            row.service,
            row.agreement,
            row.reason,
            row.step,
            row.real_server,
            row.client if not row.connections else "",
        )
        groups.setdefault(key, []).append(row)
    made = []
    for group in groups.values():
        clients = ", ".join(list(dict.fromkeys(row.client for row in group))[:3])
        made.append(replace(group[0], connections=sum(row.connections for row in group), client=clients))
    return made


# -- who answers for the VIP ------------------------------------------------------------------------------------------


def _of_vip(
    vip: IP, walks: Sequence[Walk], nodes: Sequence[Node], recording: Recording, hosts: Hosts
) -> Iterator[RecordedWalk]:
    predicted = {walk.answering for walk in walks if walk.answering}
    maybe = {v.step.node for walk in walks for v in walk.steps[:1] if v.decided is Decided.UNKNOWN}
    linked = all(node.has("links") for node in nodes)
    service = f"VIP {vip}"
    for mac, frame in claims(vip, recording.frames):
        host = hosts.by_mac.get(mac, "")
        fields = {"vip": str(vip), "mac": mac, "host": host, "predicted": ", ".join(sorted(predicted)) or "no host"}
        because = (cite(frame.seen),)
        step = Step(host, Decision.ARP_REPLY, service) if host else None
        if host in predicted:
            yield RecordedWalk(service, Agreement.AGREES, "{host} answers for {vip}", fields, because, step)
        elif host in maybe:
            text = "{host} answers for {vip}, which the evidence does not show"
            yield RecordedWalk(service, Agreement.OPEN, text, fields, because, step)
        elif host:
            text = "{host} answers for {vip}; predicted: {predicted}"
            yield RecordedWalk(service, Agreement.PARTS, text, fields, because, step)
        elif mac.startswith(VRRP_MACS) or not linked:
            text = "MAC {mac} answers for {vip}; no interface of the evidence has this MAC"
            yield RecordedWalk(service, Agreement.OPEN, text, fields, because)
        else:
            text = "MAC {mac} answers for {vip}; it is no host of this scan; predicted: {predicted}"
            yield RecordedWalk(service, Agreement.PARTS, text, fields, because)
    for mac, frame in askers(vip, recording.frames):
        if (host := hosts.by_mac.get(mac, "")) and host not in predicted:
            yield _of_asker(vip, host, walks, frame)


def _of_asker(vip: IP, host: str, walks: Sequence[Walk], frame: RecordedFrame) -> RecordedWalk:
    step = Step(host, Decision.ARP_SENDER, f"VIP {vip}")
    own = [v.decided for walk in walks for v in walk.steps if v.step.node == host and v.step.decision is step.decision]
    agreement = Agreement.AGREES if Decided.NO in own else Agreement.PARTS if own else Agreement.OPEN
    if own and set(own) == {Decided.UNKNOWN}:
        agreement = Agreement.OPEN
    fields = {"host": host, "vip": str(vip), "target": str(frame.dst)}
    text = "{host} uses {vip} as sender IP address in its ARP request for {target}"
    return RecordedWalk(f"VIP {vip}", agreement, text, fields, (cite(frame.seen),), step)


# -- connections ------------------------------------------------------------------------------------------------------


def _of_service(
    walks: Sequence[Walk], nodes: Sequence[Node], recording: Recording, hosts: Hosts
) -> Iterator[RecordedWalk]:
    first = walks[0]
    rips = {walk.rip: walk.real_server or str(walk.rip) for walk in walks if walk.rip is not None}
    directors = frozenset(node.name for node in nodes if node.is_a("director"))
    socket = RecordedSocket(first.vip, first.port, directors, rips)
    by_client: dict[IP, list[Walk]] = {}
    for walk in walks:
        by_client.setdefault(walk.client.address, []).append(walk)
    connections = recorded_connections(socket, recording.frames, hosts)
    for row in connections:
        yield _Judged(row, by_client.get(row.client, ()), hosts, first.service).verdict()
    clients = {row.client for row in connections if row.established is None and row.unreachable is None}
    for frame in recording.frames:
        if frame.kind is RecordedKind.UNREACHABLE and frame.about == first.vip and frame.dst in clients:
            text = "an ICMP error says that {vip} is unreachable; the recording does not show for which connection"
            fields = {"vip": str(first.vip)}
            yield RecordedWalk(first.service, Agreement.OPEN, text, fields, (cite(frame.seen),), client=str(frame.dst))
        if frame.kind is RecordedKind.REDIRECT and frame.about in by_client and frame.dst in rips:
            yield _of_redirect(frame, [walk for walk in by_client[frame.about] if walk.rip == frame.dst], hosts)
        if frame.kind is RecordedKind.REDIRECT and frame.about == first.vip:
            fields = {"host": hosts.by_address.get(frame.src, str(frame.src)), "gateway": str(frame.gateway)}
            text = "{host} sends an ICMP redirect: clients are to use {gateway} for the VIP"
            yield RecordedWalk(first.service, Agreement.OPEN, text, fields, (cite(frame.seen),), client=str(frame.dst))


def _of_redirect(frame: RecordedFrame, walks: Sequence[Walk], hosts: Hosts) -> RecordedWalk:
    """A real server is told another way for its replies."""
    host = hosts.by_address.get(frame.src, str(frame.src))
    steps = [v for walk in walks for v in walk.steps if v.step.decision is Decision.REDIRECT and v.step.node == host]
    decided = {verdict.decided for verdict in steps}
    agreement = Agreement.AGREES if Decided.NO in decided else Agreement.PARTS if steps else Agreement.OPEN
    if decided == {Decided.UNKNOWN}:
        agreement = Agreement.OPEN
    fields = {"host": host, "rip": str(frame.dst), "client": str(frame.about), "gateway": str(frame.gateway)}
    text = "{host} sends an ICMP redirect to {rip}: it is to reach {client} by {gateway}"
    step = steps[0].step if steps else None
    service, server = (walks[0].service, walks[0].real_server) if walks else (str(frame.dst), "")
    return RecordedWalk(service, agreement, text, fields, (cite(frame.seen),), step, str(frame.about), server)


@dataclass(frozen=True, slots=True)
class _Judged:
    row: RecordedConnection
    walks: Sequence[Walk]
    hosts: Hosts
    service: str

    def verdict(self) -> RecordedWalk:
        if not self.walks:
            first = next(iter(self.row.syns), None) or self.row.established or self.row.syn_ack
            return self._open("of this client no walk is predicted", first)
        return self._arrival() or self._sent_on() or self._end()

    def _row(
        self,
        agreement: Agreement,
        text: str,
        frame: RecordedFrame | None,
        step: StepVerdict | None = None,
        **fields: str,
    ) -> RecordedWalk:
        because: tuple[Citation, ...] = () if frame is None else (cite(frame.seen),)
        if step is not None:
            fields = {"predicted": step.why, **fields}
        server = next((name for name, _ in self.row.sent_on), "")
        at = None if step is None else step.step
        return RecordedWalk(self.service, agreement, text, fields, because, at, str(self.row.client), server, 1)

    def _open(self, text: str, frame: RecordedFrame | None) -> RecordedWalk:
        return self._row(Agreement.OPEN, text, frame)

    def _arrival(self) -> RecordedWalk | None:
        """Does the request go to another host than predicted?"""
        for frame in self.row.syns:
            host = self.hosts.by_mac.get(frame.mac_to, "")
            answering = {walk.answering for walk in self.walks}
            if host and frame.mac_from not in self.hosts.by_mac and host not in answering:
                step = next(
                    (v for walk in self.walks for v in walk.steps if v.step.decision is Decision.ARP_REPLY), None
                )
                expected = ", ".join(sorted(filter(None, answering))) or "no host"
                text = "the request goes to the MAC of {host}; predicted: {expected}"
                return self._row(Agreement.PARTS, text, frame, step, host=host, expected=expected)
        return None

    def _possible(self) -> list[Walk]:
        """The walks through the real server that the recording shows."""
        names = {name for name, _ in self.row.sent_on}
        reply = self.row.syn_ack or self.row.reset
        if not names and reply is not None and (name := self.hosts.by_mac.get(reply.mac_from, "")):
            names = {name}
        own = [walk for walk in self.walks if (walk.real_server or str(walk.rip)) in names]
        return own or list(self.walks)

    def _sent_on(self) -> RecordedWalk | None:
        """Is the request sent on where the walk says that it dies before, or to another real server?"""
        for name, frame in self.row.sent_on:
            own = [walk for walk in self.walks if (walk.real_server or str(walk.rip)) == name]
            if not own:
                return self._row(
                    Agreement.PARTS, "the request is sent on to {name}, which no walk uses", frame, name=name
                )
            lost = [v for walk in own if (v := self._lost_before_sent_on(walk)) is not None]
            if len(lost) == len(own):
                text = "the request is sent on to {name}; predicted: {predicted}"
                return self._row(Agreement.PARTS, text, frame, lost[0], name=name)
        return None

    @staticmethod
    def _lost_before_sent_on(walk: Walk) -> StepVerdict | None:
        verdict = walk.deciding if walk.outcome is Served.DIES else None
        if verdict is None or verdict.step.node != walk.answering:
            return None
        return verdict if verdict.step.decision in _BEFORE_SENT_ON | _FILTERS else None

    def _end(self) -> RecordedWalk:
        row = self.row
        if row.established is not None:
            return self._served(row.established)
        if row.from_rip is not None:
            text = "the reply has the address of the real server as source"
            return self._lost(text, row.from_rip, {Decision.RETURN_PATH}, Decision.RETURN_PATH)
        if row.unreachable is not None:
            text = "an ICMP error says that the destination is unreachable"
            return self._lost(text, row.unreachable, _UNREACHABLE, Decision.LISTENER)
        if row.reset is not None:
            return self._lost("the connection is refused (RST)", row.reset, _REFUSING, Decision.LISTENER)
        if row.syn_ack is not None and (verdict := self._lost_before_reply()) is not None:
            return self._row(Agreement.PARTS, "a reply leaves; predicted: {predicted}", row.syn_ack, verdict)
        if (again := row.sent_again) is not None:
            return self._lost("the client sends its SYN again, so no reply arrives", again, frozenset(Decision), None)
        first = next(iter(row.syns), None) or row.syn_ack
        return self._open("the recording does not show how the connection ends", first)

    def _lost_before_reply(self) -> StepVerdict | None:
        lost = [walk.deciding for walk in self._possible() if walk.outcome is Served.DIES]
        early = [v for v in lost if v is not None and v.step.decision in _BEFORE_SENT_ON | _BEFORE_REPLY]
        return early[0] if early and len(early) == len(self._possible()) else None

    def _served(self, frame: RecordedFrame) -> RecordedWalk:
        walks = self._possible()
        if any(walk.outcome is Served.SERVED for walk in walks):
            return self._row(Agreement.AGREES, "the client acknowledges the reply: served, as predicted", frame)
        dying = [walk.deciding for walk in walks if walk.outcome is Served.DIES]
        if len(dying) == len(walks):
            text = "the client acknowledges the reply; predicted: {predicted}"
            return self._row(Agreement.PARTS, text, frame, dying[0])
        return self._open("the client acknowledges the reply: served, which the evidence does not show", frame)

    def _lost(
        self, text: str, frame: RecordedFrame, decisions: Iterable[Decision], at: Decision | None
    ) -> RecordedWalk:
        """The recording shows that the connection is lost, as a no of one of these decisions would. `at`: the step at
        which a walk that is served parts from it; None: the first that the recording does not show."""
        walks = self._possible()
        dying = [v for walk in walks if walk.outcome is Served.DIES and (v := walk.deciding) is not None]
        fitting = [verdict for verdict in dying if verdict.step.decision in set(decisions)]
        if fitting:
            return self._row(Agreement.AGREES, f"{text}, as predicted: {{predicted}}", frame, fitting[0])
        if any(walk.outcome is Served.UNKNOWN for walk in walks):
            return self._open(f"{text}, which the evidence does not show", frame)
        if dying:
            return self._row(Agreement.PARTS, f"{text}; predicted: {{predicted}}", frame, dying[0])
        step = self._next_step(walks[0], at)
        return self._row(Agreement.PARTS, f"{text}; predicted: served", frame, step)

    def _next_step(self, walk: Walk, at: Decision | None) -> StepVerdict | None:
        if at is not None:
            return next((v for v in walk.steps if v.step.decision is at), None)
        host = walk.real_server if self.row.sent_on else walk.answering
        later = (v for v in walk.steps if v.step.node == host and v.step.decision is not Decision.ARP_REPLY)
        return next(later, None)
