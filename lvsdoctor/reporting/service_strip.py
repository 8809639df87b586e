"""A line for what becomes of the connections to real servers of a service, with the findings that explain it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lvsdoctor.language import template, translated
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.impact import ClientSees
from lvsdoctor.model.service_outcome import ServiceOutcome
from lvsdoctor.reporting.service_outcomes import needed_first
from lvsdoctor.reporting.summary import natural
from lvsdoctor.reporting.walks import service_key
from lvsdoctor.reporting.wording import listed

# The sign of each, and what single real servers and several do. The worst first.
_KINDS = {
    "losing": ("\u2717", template("loses connections"), template("lose connections")),
    "direct": ("!", template("receives client traffic directly"), template("receive client traffic directly")),
    "later": ("~", template("may receive client traffic directly later"), "may receive client traffic directly later"),
    "unknown": ("?", template("is not known to serve"), template("are not known to serve")),
    "idle": ("\u2013", template("gets no new connections"), template("get no new connections")),
    "serving": ("\u2713", template("serves"), template("serve")),
}


# No line is about those that are redirected: today they are served.
_SEEN = {ClientSees.BYPASSED: "direct", ClientSees.LATER: "later", ClientSees.REDIRECTED: "redirected"}


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """Real servers (`names`) of which the same is to be said; none where it is said of the service. `note` says of
    which clients, or what would tell. `start` and `share` are hundredths of all real servers: each has its place with
    the first line that names it."""

    kind: str
    sign: str
    says: str
    names: tuple[str, ...] = ()
    note: str = ""
    diagnoses: tuple[Diagnosis, ...] = ()
    start: float = 0.0
    share: float = 0.0


def service_lines(outcome: ServiceOutcome, diagnoses: Sequence[Diagnosis]) -> Iterator[ServiceLine]:
    """What is to be said of a service, the worst first; `diagnoses` are all of the scan."""
    explain = _findings(outcome, diagnoses)
    later = {diagnosis.node for diagnosis in explain["later"]} & {*outcome.serving, *outcome.unknown}
    names = {kind: getattr(outcome, kind) for kind in _KINDS if kind != "later"}
    names["later"] = tuple(sorted(later - set(outcome.direct), key=natural))
    notes = {"losing": _clients(outcome), "unknown": needed_first(outcome)}
    notes["direct"] = "" if outcome.losing else _clients(outcome)
    if outcome.without_server:
        sign = _KINDS["losing"][0]
        says = translated("no real server gets new connections")
        yield ServiceLine("losing", sign, says, (), "", explain["losing"], 0.0, 100.0)
        return
    if not outcome.real_servers:
        says = translated("what becomes of its connections is not known")
        yield ServiceLine("unknown", _KINDS["unknown"][0], says, (), notes["unknown"], (), 0.0, 100.0)
    start, placed = 0.0, set[str]()
    for kind, (sign, single, several) in _KINDS.items():
        if not names[kind]:
            continue
        again = len(placed.intersection(names[kind]))
        share = 100 * (len(names[kind]) - again) / len(outcome.real_servers)
        note = notes.get(kind) or (translated("{number} of them named above", number=again) if again else "")
        says = translated(single if len(names[kind]) == 1 else several)
        found = explain.get(kind, ())
        yield ServiceLine(kind, sign, says, names[kind], note, found, start, share)
        placed.update(names[kind])
        start += share


def _clients(outcome: ServiceOutcome) -> str:
    if not outcome.clients:
        return ""
    clients = listed(map(translated, outcome.clients))
    return clients if outcome.evidenced else translated("{clients} (assumed)", clients=clients)


def _findings(outcome: ServiceOutcome, diagnoses: Sequence[Diagnosis]) -> dict[str, tuple[Diagnosis, ...]]:
    """The open ones that say why: those that a walk meets, and those that name the service."""
    service = service_key(outcome.service)
    lost_at = {(step.node, step.decision) for step in outcome.lost_at}
    kinds: dict[str, list[Diagnosis]] = {"losing": [], "direct": [], "later": [], "redirected": []}
    for diagnosis in diagnoses:
        if diagnosis.accepted is not None:
            continue
        impact = diagnosis.impact
        if impact is not None:
            kind = _SEEN.get(impact.sees, "losing")
            concerned = service in set(map(service_key, impact.services))
        else:
            kind, step = "losing", diagnosis.explains
            concerned = service_key(diagnosis.about.get("service", "")) == service or (
                step is not None and "service" not in diagnosis.about and (step.node, step.decision) in lost_at
            )
        if concerned:
            kinds[kind].append(diagnosis)
    return {kind: tuple(some_of) for kind, some_of in kinds.items()}
