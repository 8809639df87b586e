"""Walks (lvsdoctor/analysis/walk) against what was measured: for each client and real server, health check, answer.

A client's requests are told apart by the host that they entered at and the real server that its director chose.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from lvsdoctor.analysis.walk import walks
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import ClientPlace, Decided, Decision, Served, StepVerdict, Walk
from tests.lab.cluster import Cluster
from tests.lab.symptoms import Measured, Request

SERVED, DIES, SOMETIMES, NO_WALK = Served.SERVED.value, Served.DIES.value, "sometimes", "no walk"


class About(StrEnum):
    """What is compared; the table has a row for each."""

    CLIENT = "client and real server"
    HEALTH = "health check"
    RESPONDERS = "who answers for the VIP"
    SENDER = "who asks as the VIP"
    REDIRECT = "who sends ICMP redirects"


@dataclass(frozen=True, slots=True)
class Predicted:
    """`outcome` as it is measured, or "unknown", or "no walk". `why` names the step. `proved`: nothing is assumed."""

    outcome: str
    why: str = ""
    proved: bool = False


_NOTHING = Predicted(Served.UNKNOWN.value)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was measured of a subject ("far, by lb1, to 192.0.2.21"), and what the walks say of it."""

    about: About
    subject: str
    measured: str
    predicted: Predicted

    @property
    def unknown(self) -> bool:
        return self.predicted.outcome == Served.UNKNOWN

    @property
    def right(self) -> bool:
        return self.predicted.outcome == self.measured

    @property
    def wrong(self) -> bool:
        return not self.right and not self.unknown

    @property
    def wrong_and_proved(self) -> bool:
        return self.wrong and self.predicted.proved

    def __str__(self) -> str:
        proved = ", called proved" if self.predicted.proved else ""
        why = f" ({self.predicted.why})" if self.predicted.why else ""
        return (
            f"{self.about}: {self.subject}: measured {self.measured}, predicted {self.predicted.outcome}{proved}{why}"
        )


def comparisons(nodes: Sequence[Node], measured: Measured) -> tuple[Comparison, ...]:
    """`nodes` are read from the dumps of the cluster that was measured."""
    addresses = [ip_address(address_of(measured.cluster, client)) for client in measured.requests]
    vip = ip_address(measured.cluster.vip)
    kept = {
        node.name
        for node in nodes
        if node.has("neighbours") and any(row.ip == vip and row.state == "PERMANENT" for row in node.neighbours)
    }
    return compared_with(walks(nodes, clients=addresses), measured, {node.name for node in nodes}, kept)


def compared_with(
    predicted: Sequence[Walk], measured: Measured, scanned: Collection[str], kept: Collection[str] = ()
) -> tuple[Comparison, ...]:
    """Of a host that was not `scanned` nothing is claimed where no walk meets it.

    Hosts that have `kept` an entry for the VIP do not ask for its MAC, and no walk tells who would answer.
    """
    compared: list[Comparison] = []
    clients: list[Walk] = []
    for client, requests in measured.requests.items():
        address = ip_address(address_of(measured.cluster, client))
        own = [w for w in predicted if w.client.address == address and w.client.place is not ClientPlace.HEALTH_CHECK]
        compared += _of_client(measured.cluster, client, requests, own, scanned)
        if asker(measured, client) not in kept:
            compared += _of_responders(measured, client, own, scanned)
        clients += own
    compared += _of_health(measured, [w for w in predicted if w.client.place is ClientPlace.HEALTH_CHECK])
    return (*compared, *_of_senders(measured, clients), *_of_redirects(measured, clients, scanned))


def address_of(cluster: Cluster, host: str) -> str:
    """The first that its base gives it."""
    return next(line.split()[2].partition("/")[0] for line in cluster.hosts[host].ip if line.startswith("addr add "))


# -- a client's requests ----------------------------------------------------------------------------------------------


def _of_client(
    cluster: Cluster, client: str, requests: Sequence[Request], own: Sequence[Walk], scanned: Collection[str]
) -> Iterator[Comparison]:
    """Of each real server that was chosen; where no director was asked or chose, of each that it could choose."""
    leaking = {v.step.node for w in own for v in w.steps if _leaks(v.step.decision, v.decided)}
    answers: dict[tuple[str, str], list[str | None]] = {}
    for request in requests:
        host, rip = _path(cluster, request)
        # Its neighbour entry moved to a host of which that is predicted: another comparison tells about that.
        if request.by is None and host != request.entered and request.entered in leaking:
            continue
        if not rip and request.entered in leaking and not any(w.answering == request.entered for w in own):
            continue
        answers.setdefault((host, rip), []).append(request.by)
    for (host, rip), some in answers.items():
        measured = SOMETIMES if None in some and any(some) else SERVED if any(some) else DIES
        here = [w for w in own if w.answering == host] if host else list(own)
        if rip:
            # Of some clients not even is known which real servers they have: that walk is of each.
            places = {rip: [w for w in here if str(w.rip) == rip or (w.rip is None and w.outcome is Served.UNKNOWN)]}
        else:
            places = {}
            for walk in here:
                if walk.share or walk.rip is None:
                    places.setdefault(str(walk.rip or ""), []).append(walk)
            if not places and here:
                places[""] = here  # no real server gets a connection
        for place, through in (places or {"": []}).items():
            subject = f"{client}, by {host or 'nobody'}, {f'to {place}' if place else 'to no real server'}"
            claimed = bool(through) or (own and (not host or host in scanned))
            predicted = _predicted(through) if claimed else _NOTHING
            if measured == SOMETIMES and predicted.outcome == SERVED and all(map(_redirected, through)):
                predicted = Predicted(SOMETIMES, "a redirect was taken")  # whether and when, the timing tells
            yield Comparison(About.CLIENT, subject, measured, predicted)


def _path(cluster: Cluster, request: Request) -> tuple[str, str]:
    """The host at which it entered, and the real server that was chosen there; either may be empty."""
    if request.chosen:
        director, rip, _ = min(request.chosen, key=lambda place: place[0] != request.entered)
        return director, rip
    if request.entered is not None:
        return request.entered, ""
    # Nobody asked for the VIP's MAC: it is routed, and to the director unless somebody else answered.
    return request.by or cluster.active, ""


def _redirected(walk: Walk) -> bool:
    """Does the director tell the real server of a shorter way, which that one takes?"""
    told = [v.decided for v in _redirects(walk)]
    return len(told) > 1 and set(told) == {Decided.NO}


def _redirects(walk: Walk) -> list[StepVerdict]:
    """That of the director first, then that of the real server."""
    return [v for v in walk.steps if v.step.decision is Decision.REDIRECT]


def _leaks(decision: Decision, decided: Decided) -> bool:
    return decision is Decision.ARP_SENDER and decided is Decided.NO


def _predicted(through: Sequence[Walk]) -> Predicted:
    """Several walks may be possible: then it is known only where they end alike."""
    outcomes = {walk.outcome for walk in through}
    if not outcomes:
        return Predicted(NO_WALK)
    why = "; ".join(dict.fromkeys(filter(None, map(_why, through))))
    if len(outcomes) > 1:
        return Predicted(SOMETIMES if Served.UNKNOWN not in outcomes else Served.UNKNOWN, why)
    (outcome,) = outcomes
    return Predicted(outcome.value, why, outcome is not Served.UNKNOWN and all(map(_proved, through)))


def _why(walk: Walk) -> str:
    verdict = walk.deciding
    return f"{verdict.step.node}, {verdict.step.decision}: {verdict.why}" if verdict else ""


def _proved(walk: Walk) -> bool:
    """Whether no assumption stands behind the step that ends it, or behind any step of a walk that is served."""
    steps = walk.steps if walk.deciding is None else (walk.deciding,)
    return not any(citation.assumed for verdict in steps for citation in verdict.because)


# -- answers and questions on the wire --------------------------------------------------------------------------------


def asker(measured: Measured, client: str) -> str:
    """Who asks for the VIP's MAC on behalf of this client."""
    return client if client in measured.arp else "router"


def _of_responders(
    measured: Measured, client: str, own: Sequence[Walk], scanned: Collection[str]
) -> Iterator[Comparison]:
    """Who answers the client, or its router on the segment where the router looks for the VIP."""
    cluster, asking = measured.cluster, asker(measured, client)
    if any(w.steps and w.steps[0].step.decision is not Decision.ARP_REPLY for w in own):
        return  # the router is known to look for the VIP elsewhere
    front = cluster.hosts["router"].links["eth0"]
    if asking not in measured.arp or cluster.hosts[asking].links[_physical(cluster.asks[asking][0])] != front:
        return
    answering = {w.answering for w in own if not _decided(w, Decision.ARP_REPLY) <= {Decided.NO}}
    outcome, open_ = _names(answering - {asking}), any(Decided.UNKNOWN in _decided(w, Decision.ARP_REPLY) for w in own)
    yield Comparison(
        About.RESPONDERS,
        f"{asking} for {client}",
        _names(measured.arp[asking]),
        Predicted(outcome) if own and not open_ and set(scanned).issuperset(measured.arp[asking]) else _NOTHING,
    )


def _physical(link: str) -> str:
    """The lab's link that carries a VLAN, a bond or a bridge of tests/lab/shapes.py."""
    return link if link.startswith("eth") and "." not in link else "eth0"


def _names(names: Collection[str]) -> str:
    return ", ".join(sorted(set(filter(None, names)))) or "nobody"


def _decided(walk: Walk, decision: Decision) -> set[Decided]:
    return {v.decided for v in walk.steps if v.step.decision is decision} or {Decided.YES}


def _of_senders(measured: Measured, some: Sequence[Walk]) -> Iterator[Comparison]:
    """Of each real server that a director sent a request to: did it ask as the VIP?

    Where the request came right from its client it need not ask: it knows its MAC.
    """
    cluster = measured.cluster
    everything = [request for requests in measured.requests.values() for request in requests]
    reached = {rip for request in everything for _, rip, _ in request.chosen}
    for name, rip in cluster.real_servers.items():
        if name == cluster.active or rip not in reached:
            continue
        decided = {
            v.decided for w in some for v in w.steps if v.step.decision is Decision.ARP_SENDER and v.step.node == name
        }
        outcome = "asks" if Decided.NO in decided else "unknown" if Decided.UNKNOWN in decided else "does not"
        yield Comparison(About.SENDER, name, "asks" if name in measured.vip_senders else "does not", Predicted(outcome))


def _of_redirects(measured: Measured, some: Sequence[Walk], scanned: Collection[str]) -> Iterator[Comparison]:
    """Of each director and real server: did it tell another host of a shorter way? Only of IPv4 walks tell.

    A real server that does not take the requests may pass them on, which is no walk's matter.
    """
    cluster = measured.cluster
    if ":" in cluster.vip:
        return
    everything = [request for requests in measured.requests.values() for request in requests]
    reached = {rip for request in everything for _, rip, _ in request.chosen}
    own = [w for w in some if str(w.rip) in reached]
    for name in dict.fromkeys((*cluster.directors, *cluster.real_servers)):
        if name not in scanned:
            continue
        decided = {v.decided for w in own for v in _redirects(w)[:1] if v.step.node == name}
        passing = any(
            v.step.node == name and v.step.decision is Decision.LOCAL_DELIVERY and v.decided is not Decided.YES
            for w in some
            for v in w.steps
        )
        outcome = "sends" if Decided.NO in decided else "does not"
        # Of a director that masquerades to a host that was not seen, nothing of the reply is known.
        unseen = any(w.answering == name and w.outcome is Served.UNKNOWN and not _redirects(w) for w in own)
        open_ = (outcome != "sends" and (Decided.UNKNOWN in decided or unseen)) or passing
        yield Comparison(
            About.REDIRECT,
            name,
            "sends" if name in measured.redirecting else "does not",
            _NOTHING if open_ else Predicted(outcome),
        )


def _of_health(measured: Measured, some: Sequence[Walk]) -> Iterator[Comparison]:
    for director, checks in measured.health.items():
        for name, healthy in checks.items():
            rip = measured.cluster.real_servers[name]
            through = [w for w in some if str(w.rip) == rip and w.steps and w.steps[0].step.node == director]
            # What listens on another port than the service has is checked there.
            port = next(iter(measured.cluster.hosts[name].serves), None)
            through = [w for w in through if port is None or w.steps[0].step.subject.endswith(f":{port}")]
            # Behind a mark of TCP a walk asks TCP, whatever the cluster's service is asked by.
            through = [w for w in through if w.steps[0].step.subject.startswith(f"{measured.cluster.protocol} ")]
            # Whether a director asks itself, and by which address, no dump tells.
            if name != director and through:
                yield Comparison(
                    About.HEALTH, f"{director} of {name}", SERVED if healthy else DIES, _predicted(through)
                )


# -- the table --------------------------------------------------------------------------------------------------------


def walk_table(compared: Sequence[Comparison]) -> Iterator[str]:
    yield f"{'walks':28}{'right':>8}{'wrong':>8}{'unknown':>9}{'wrong and called proved':>25}"
    for about in About:
        some = [one for one in compared if one.about is about]
        count = Counter("right" if one.right else "unknown" if one.unknown else "wrong" for one in some)
        proved = sum(one.wrong_and_proved for one in some)
        yield f"{about:28}{count['right']:>8}{count['wrong']:>8}{count['unknown']:>9}{proved:>25}"
