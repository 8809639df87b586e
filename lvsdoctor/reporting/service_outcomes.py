"""Which service suffers, and how much: the walks of each service counted by real server, and said in a sentence."""

from collections.abc import Collection, Iterable, Sequence

from lvsdoctor.model.service_outcome import Lacking, ServiceOutcome, ServiceState
from lvsdoctor.model.walk import ClientClass, ClientPlace, Decided, Decision, Served, Step, StepVerdict, Walk
from lvsdoctor.reporting.summary import natural
from lvsdoctor.reporting.walks import clients, real_server, service_name
from lvsdoctor.reporting.wording import listed, some

_STATES = list(ServiceState)


def service_outcomes(walks: Iterable[Walk], contradictory: Collection[str] = ()) -> tuple[ServiceOutcome, ...]:
    """One for each service, those that suffer first, otherwise in the order of the walks.

    Nothing is known of a walk that passes a host of `contradictory`: its evidence contradicts itself.
    """
    by_service: dict[str, list[Walk]] = {}
    for walk in walks:
        by_service.setdefault(service_name(walk), []).append(walk)
    outcomes = (_outcome(name, group, frozenset(contradictory)) for name, group in by_service.items())
    return tuple(sorted(outcomes, key=lambda outcome: (_STATES.index(outcome.state), -len(outcome.losing))))


def _outcome(name: str, every: Sequence[Walk], contradictory: frozenset[str]) -> ServiceOutcome:
    walks = [walk for walk in every if _counts(walk.client)]
    servers = sorted({real_server(walk) for walk in every} - {""}, key=natural)
    lost, open_ones = [], []
    direct, losing, unknown, chosen = set[str](), set[str](), set[str](), set[str]()
    for walk in walks:
        server = real_server(walk)
        doubtful = not contradictory.isdisjoint(verdict.step.node for verdict in walk.steps)
        if walk.share and server:
            chosen.add(server)
        if _is_direct(walk) and not doubtful:
            direct.add(server)
        concerned = [server] if server else servers
        if doubtful or walk.outcome is Served.UNKNOWN:
            open_ones.append(walk)
            unknown.update(concerned)
        elif walk.outcome is Served.DIES and (walk.share or not server):
            lost.append(walk)
            losing.update(concerned)
    known = [walk for walk in walks if walk not in open_ones]
    without_server = bool(walks) and len(known) == len(walks) and all(map(_ends_unchosen, walks))
    losing = set(servers) if without_server else losing
    idle = set(servers) - chosen - losing - unknown
    serving = set(servers) - losing - unknown - idle
    suffering = [*lost, *(walk for walk in walks if real_server(walk) in direct)]

    def ordered(names: Collection[str]) -> tuple[str, ...]:
        return tuple(server for server in servers if server in names)

    return ServiceOutcome(
        service=name.lower() if not name.startswith("FWM ") else name,
        real_servers=tuple(servers),
        direct=ordered(direct),
        losing=ordered(losing),
        unknown=ordered(unknown - losing),
        idle=ordered(idle),
        serving=ordered(serving),
        without_server=without_server,
        lost_at=_lost_at(lost or (walks if without_server else ())),
        lacking=_lacking(open_ones),
        clients=tuple(dict.fromkeys(clients(walk.client) for walk in suffering)),
        evidenced=any(walk.client.evidenced for walk in suffering),
    )


def _counts(client: ClientClass) -> bool:
    """Clients that there are, or that any service may be taken to have: those far away and those beside the VIP.

    That somebody in another connected network asks for the VIP is for the evidence to show. In the network of
    masqueraded real servers nobody has to.
    """
    usual = client.place in (ClientPlace.ON_SEGMENT, ClientPlace.BEYOND_ROUTER) and not _is_routed(client)
    return client.place is not ClientPlace.HEALTH_CHECK and (client.evidenced or usual)


def _is_routed(client: ClientClass) -> bool:
    return client.place is ClientPlace.BEYOND_ROUTER and client.prefix is not None


def _is_direct(walk: Walk) -> bool:
    """Does this real server itself answer for the VIP?"""
    if walk.forwarding is not None or not walk.answering or walk.answering != walk.real_server or not walk.steps:
        return False
    first = walk.steps[0]
    return first.step.decision is Decision.ARP_REPLY and first.decided is Decided.YES


def _ends_unchosen(walk: Walk) -> bool:
    deciding = walk.deciding
    return deciding is not None and deciding.step.decision is Decision.REAL_SERVER and not walk.share


def _lost_at(walks: Iterable[Walk]) -> tuple[Step, ...]:
    verdicts = (walk.deciding for walk in walks)
    return tuple(dict.fromkeys(verdict.step for verdict in verdicts if verdict is not None))


def _lacking(walks: Iterable[Walk]) -> tuple[Lacking, ...]:
    """The commands that would tell, the one that most hosts lack first."""
    hosts: dict[str, dict[str, None]] = {}
    for verdict in (verdict for walk in walks for verdict in walk.steps):
        if verdict.decided is Decided.UNKNOWN and verdict.settle:
            hosts.setdefault(verdict.settle.removeprefix("# "), {})[_host(verdict)] = None
    made = [Lacking(command, tuple(sorted(names, key=natural))) for command, names in hosts.items()]
    return tuple(sorted(made, key=lambda item: -len(item.hosts)))


def _host(verdict: StepVerdict) -> str:
    return verdict.fields.get("host", verdict.step.node)


# -- said in a sentence -----------------------------------------------------------------------------------------------


def suffering_sentences(outcomes: Iterable[ServiceOutcome], most: int = 3) -> list[str]:
    """A sentence for each service that suffers, of more than `most` the rest counted."""
    suffering = [outcome for outcome in outcomes if outcome.state is ServiceState.SUFFERS]
    shown = suffering if len(suffering) <= most + 1 else suffering[:most]
    more = [f"{len(suffering) - len(shown)} more services suffer."] if len(shown) < len(suffering) else []
    return [*map(service_sentence, shown), *more]


def service_sentence(outcome: ServiceOutcome) -> str:
    """`tcp 192.0.2.10:80: 3 of 12 real servers (rs3, rs7, rs11) receive client traffic directly. 1 (rs4) loses it.`"""
    return f"{outcome.service}: {' '.join(_sentences(outcome))}"


def _sentences(outcome: ServiceOutcome) -> Iterable[str]:
    if outcome.without_server:
        yield "no real server gets new connections."
        return
    number = len(outcome.real_servers)
    of = f"of {number} real {'server' if number == 1 else 'servers'}"
    assumed = "" if outcome.evidenced else " (assumed)"
    if outcome.direct and outcome.direct == outcome.losing:
        verb = "receives" if len(outcome.direct) == 1 else "receive"
        end = "loses" if len(outcome.direct) == 1 else "lose"
        yield f"{_share(outcome.direct, outcome, of)} {verb} client traffic{assumed} directly and {end} it."
    elif outcome.direct:
        verb = "receives" if len(outcome.direct) == 1 else "receive"
        first = f"{_share(outcome.direct, outcome, of)} {verb} client traffic{assumed} directly"
        if outcome.losing:
            first += f", {_share(outcome.losing, outcome)} {'loses' if len(outcome.losing) == 1 else 'lose'} it"
        yield f"{first}."
    elif outcome.losing:
        verb = "loses" if len(outcome.losing) == 1 else "lose"
        yield f"{_share(outcome.losing, outcome, of)} {verb} connections of {listed(outcome.clients)}{assumed}."
    elif outcome.serving:
        verb = "serves" if len(outcome.serving) == 1 else "serve"
        yield f"{_share(outcome.serving, outcome, of)} {verb} clients."
    if outcome.unknown or (outcome.lacking and outcome.state is ServiceState.UNKNOWN):
        yield _open(outcome, of)


def _share(names: Sequence[str], outcome: ServiceOutcome, of: str = "") -> str:
    """`3 of 12 real servers (rs3, rs7, rs11)`; all of them need no names."""
    text = f"{len(names)} {of}".rstrip()
    return text if len(names) == len(outcome.real_servers) else f"{text} ({some(names)})"


def _open(outcome: ServiceOutcome, of: str) -> str:
    if outcome.unknown:
        verb = "serves" if len(outcome.unknown) == 1 else "serve"
        whole = f"It is not known whether {_share(outcome.unknown, outcome, of)} {verb} clients"
    else:
        whole = "It is not known whether clients are served"
    if not outcome.lacking:
        return f"{whole}."
    first = outcome.lacking[0]
    return f"{whole}, because {first.command} of {some(first.hosts)} was not collected."
