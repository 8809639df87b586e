"""Which service suffers, and how much: the walks of each service counted by real server, and said in a sentence."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from lvsdoctor.language import joined, template, translated
from lvsdoctor.model.coverage import Origin
from lvsdoctor.model.examination import Examination
from lvsdoctor.model.finding import Severity
from lvsdoctor.model.service_outcome import Lacking, ServiceOutcome, ServiceState
from lvsdoctor.model.walk import ClientClass, ClientPlace, Decided, Decision, Served, Step, StepVerdict, Walk
from lvsdoctor.reporting.summary import counted, natural
from lvsdoctor.reporting.walks import clients, is_of_service, real_server, service_name
from lvsdoctor.reporting.wording import FEW, calm, checked, conjoined, openings, some

_STATES = list(ServiceState)


# What has to happen first, where no command's answer tells what runs.
CONDITIONS: Mapping[Origin, str] = {
    Origin.TYPED: template("If these commands ran"),
    Origin.CONFIGURED: template("Once these files are deployed"),
}


def service_outcomes(
    walks: Iterable[Walk], contradictory: Collection[str] = (), planned: Mapping[str, Origin] = MappingProxyType({})
) -> tuple[ServiceOutcome, ...]:
    """One for each service, those that suffer first, otherwise in the order of the walks.

    Nothing is known of a walk that passes a host of `contradictory`: its evidence contradicts itself. Of hosts in
    `planned` files or typed commands alone tell.
    """
    by_service: dict[str, list[Walk]] = {}
    for walk in walks:
        by_service.setdefault(service_name(walk), []).append(walk)
    outcomes = [_of_service(name, group, frozenset(contradictory)) for name, group in by_service.items()]
    conditions = [_condition(group, planned) for group in by_service.values()]
    outcomes = [replace(outcome, condition=first) for outcome, first in zip(outcomes, conditions, strict=True)]
    return tuple(sorted(outcomes, key=_worst_first))


def _worst_first(outcome: ServiceOutcome) -> tuple[int, int, bool]:
    return _STATES.index(outcome.state), -len(outcome.losing), not outcome.without_server


def _of_service(name: str, every: Sequence[Walk], contradictory: frozenset[str]) -> ServiceOutcome:
    """What its own real servers do; where all is well there, what a host does that is none of them and has the VIP."""
    own = [walk for walk in every if is_of_service(walk)]
    outcome = _outcome(name, own, contradictory)
    alone = len(own) == len(every) or outcome.state is ServiceState.SUFFERS
    return outcome if alone else _outcome(name, every, contradictory)


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
        if walk.bypassing is not None and not doubtful:
            direct.add(server)
        concerned = [server] if server else servers
        if doubtful or walk.outcome is Served.UNKNOWN:
            open_ones.append(walk)
            unknown.update(concerned)
        elif walk.outcome is Served.DIES and (walk.share or not server):
            lost.append(walk)
            losing.update(concerned)
    without_server = bool(walks) and not open_ones and all(map(_ends_unchosen, walks))
    losing = set(servers) if without_server else losing
    idle = set(servers) - chosen - losing - unknown
    serving = set(servers) - losing - unknown - idle
    to_losing = [walk for walk in walks if real_server(walk) in losing and (walk.share or walk.outcome is Served.DIES)]
    dying = set(map(id, lost))
    whole = bool(losing) and all(id(walk) in dying for walk in to_losing)
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
        whole=whole,
        evidenced=any(walk.client.evidenced for walk in suffering),
    )


def _condition(walks: Sequence[Walk], planned: Mapping[str, Origin]) -> str:
    origins = {planned.get(verdict.step.node) for walk in walks for verdict in walk.steps} if planned else set()
    return next((condition for origin, condition in CONDITIONS.items() if origin in origins), "")


def _counts(client: ClientClass) -> bool:
    """Clients that there are, or that any service may be taken to have: those far away and those beside the VIP.

    That somebody in another connected network asks for the VIP is for the evidence to show. In the network of
    masqueraded real servers nobody has to.
    """
    usual = client.place in (ClientPlace.ON_SEGMENT, ClientPlace.BEYOND_ROUTER) and not (
        client.part or _is_routed(client)
    )
    return client.place is not ClientPlace.HEALTH_CHECK and (client.evidenced or usual)


def _is_routed(client: ClientClass) -> bool:
    return client.place is ClientPlace.BEYOND_ROUTER and client.prefix is not None


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


def at_a_glance(examination: Examination, most: int = 3) -> list[str]:
    """What a report says first: which services suffer; else what could not be judged, then how the services fare."""
    services, blind = examination.services, list(openings(examination))
    if suffering := suffering_sentences(services, most):
        return [*suffering, *blind]
    errors = [_whole(errors)] if services and (errors := _errors(examination)) else []
    quiet = _calm_sentence(examination)
    if unknown := [outcome for outcome in services if outcome.state is ServiceState.UNKNOWN]:
        return [*blind, *errors, *quiet, *_first(unknown, most, "{number} more services are not known.")]
    return [*blind, *_first(services, most, "{number} more services are served."), *(quiet or errors)]


def _calm_sentence(examination: Examination) -> list[str]:
    if examination.diagnoses or not examination.services:
        return []
    known = translated("{fact}: {checked}", fact=calm(examination.outcomes), checked=checked(examination.outcomes))
    return [_whole(f"{known[0].upper()}{known[1:]}")]


def _whole(sentence: str) -> str:
    return translated("{sentence}.", sentence=sentence)


def suffering_sentences(outcomes: Iterable[ServiceOutcome], most: int = 3) -> list[str]:
    """A sentence for each service that suffers, of more than `most` the rest counted."""
    suffering = [outcome for outcome in outcomes if outcome.state is ServiceState.SUFFERS]
    return _first(suffering, most, "{number} more services suffer.")


_MORE = (
    template("{number} more services are not known."),
    template("{number} more services are served."),
    template("{number} more services suffer."),
)


def _first(outcomes: Sequence[ServiceOutcome], most: int, more: str) -> list[str]:
    shown = outcomes if len(outcomes) <= most + 1 else outcomes[:most]
    rest = [translated(more, number=len(outcomes) - len(shown))] if len(shown) < len(outcomes) else []
    return [*map(service_sentence, shown), *rest]


def _errors(examination: Examination) -> str:
    """`2 errors on rs1, rs3`."""
    errors = [d for d in examination.diagnoses if d.severity is Severity.ERROR and d.accepted is None]
    nodes = sorted({diagnosis.node for diagnosis in errors}, key=natural)
    if not errors:
        return ""
    return translated("{errors} on {nodes}", errors=counted(len(errors), "error"), nodes=some(nodes))


def service_sentence(outcome: ServiceOutcome) -> str:
    """`tcp 192.0.2.10:80: 3 of 12 real servers (rs3, rs7, rs11) receive client traffic directly, 1 (rs4) loses it.`"""
    text = "{service}: {condition}: {sentences}" if outcome.condition else "{service}: {sentences}"
    sentences = joined(_sentences(outcome))
    condition = translated(outcome.condition)
    return translated(text, service=outcome.service, condition=condition, sentences=sentences)


def _sentences(outcome: ServiceOutcome) -> Iterator[str]:
    if outcome.state is ServiceState.SUFFERS:
        yield _suffering(outcome)
        if outcome.unknown and len(outcome.unknown) < len(outcome.real_servers):
            yield translated("Not known of {servers}.", servers=_share(outcome.unknown, outcome))
        return
    if outcome.serving:
        text = "{servers} serves clients." if len(outcome.serving) == 1 else "{servers} serve clients."
        yield translated(text, servers=_share_of(outcome.serving, outcome))
    if outcome.state is ServiceState.UNKNOWN:
        yield _open(outcome)


def _suffering(outcome: ServiceOutcome) -> str:
    if outcome.without_server:
        return translated("no real server gets new connections.")
    share = _share_of(outcome.direct or outcome.losing, outcome)
    if not outcome.direct and outcome.whole and outcome.evidenced and len(outcome.clients) > 1:
        text = "{servers} loses all connections." if len(outcome.losing) == 1 else "{servers} lose all connections."
        return translated(text, servers=share)
    if not outcome.direct:
        text = "{servers} loses connections of {clients}."
        text = text if len(outcome.losing) == 1 else "{servers} lose connections of {clients}."
        return translated(text, servers=share, clients=_suffering_clients(outcome))
    text = "{servers} {receive} client traffic directly."
    if outcome.direct == outcome.losing:
        text = "{servers} {receive} client traffic directly and {lose} it."
    elif outcome.losing:
        text = "{servers} {receive} client traffic directly, {others} {lose} it."
    lose = _verb("lose", outcome.losing, outcome)
    if outcome.direct == outcome.losing and not outcome.evidenced:
        lose = "lose"  # may receive and lose
    words = {"receive": translated(_verb("receive", outcome.direct, outcome)), "lose": translated(lose)}
    return translated(text, servers=share, others=_share(outcome.losing, outcome), **words)


_VERBS = (template("may receive"), template("may lose"), template("receives"), template("loses"))
_VERBS_OF_MANY = (template("receive"), template("lose"))


def _verb(word: str, servers: Sequence[str], outcome: ServiceOutcome) -> str:
    return f"may {word}" if not outcome.evidenced else f"{word}s" if len(servers) == 1 else word


def _suffering_clients(outcome: ServiceOutcome) -> str:
    clients = _classes(outcome.clients)
    return clients if outcome.evidenced else translated("{clients} (assumed)", clients=clients)


def _classes(clients: Sequence[str]) -> str:
    clients = [translated(each) for each in clients]
    if len(clients) > FEW:
        return translated("{clients} and {number} other groups", clients=clients[0], number=len(clients) - 1)
    return conjoined(clients)


def _share_of(names: Sequence[str], outcome: ServiceOutcome) -> str:
    """`3 of 12 real servers (rs3, rs7, rs11)`; all of them need no names."""
    every = counted(len(outcome.real_servers), "real server")
    share = translated("{number} of {servers}", number=len(names), servers=every)
    if len(names) == len(outcome.real_servers):
        return share
    return translated("{share} ({names})", share=share, names=some(names))


def _share(names: Sequence[str], outcome: ServiceOutcome) -> str:
    """`1 (rs4)`."""
    every = len(names) == len(outcome.real_servers)
    return str(len(names)) if every else translated("{number} ({names})", number=len(names), names=some(names))


def _open(outcome: ServiceOutcome) -> str:
    whole = translated("It is not known whether clients are served")
    if outcome.unknown:
        text = "It is not known whether {servers} serves clients"
        text = text if len(outcome.unknown) == 1 else "It is not known whether {servers} serve clients"
        whole = translated(text, servers=_share_of(outcome.unknown, outcome))
    if not (needed := needed_first(outcome)):
        return translated("{sentence}.", sentence=whole)
    return translated("{fact}. {needed}.", fact=whole, needed=f"{needed[0].upper()}{needed[1:]}")


def needed_first(outcome: ServiceOutcome) -> str:
    """The command that most hosts lack; "" where none would tell more."""
    if not outcome.lacking:
        return ""
    first = outcome.lacking[0]
    whose = "" if first.command.startswith("scan ") else some(first.hosts)  # more hosts, or a command of these
    text = "needed first: {command} of {hosts}" if whose else "needed first: {command}"
    return translated(text, command=translated(first.command), hosts=whose)
