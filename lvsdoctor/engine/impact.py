"""What the walks of a cluster say of each finding: whose connections die at the step that it explains."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from lvsdoctor.engine.rule import Rule
from lvsdoctor.model.address import IP
from lvsdoctor.model.examination import Diagnosis, Examination
from lvsdoctor.model.impact import ClientSees, Impact
from lvsdoctor.model.walk import Decided, Decision, Served, Step, Walk
from lvsdoctor.reporting.walks import clients

# A host that hears a packet and has nobody for it answers at once; who drops a packet does not.
_ANSWERED = frozenset({Decision.LISTENER})


def with_impact(examination: Examination, walks: Sequence[Walk], rules: Sequence[Rule]) -> Examination:
    """The same, each finding with its impact where a walk meets the step that it explains.

    Of findings that are as severe, as sure and as near to the cause, that which concerns most clients comes first.
    """
    met: dict[tuple[str, Decision], list[tuple[Walk, ClientSees]]] = {}
    for walk in walks:
        for step, sees in _suffering(walk):
            met.setdefault((step.node, step.decision), []).append((walk, sees))
    by_name = {rule.name: rule for rule in rules}

    def alike(diagnosis: Diagnosis) -> tuple[object, ...]:
        rule = by_name[diagnosis.rule]
        return diagnosis.severity, diagnosis.probed, rule.consequence, rule.cause, diagnosis.certainty

    diagnoses = [replace(diagnosis, impact=_impact(diagnosis, met)) for diagnosis in examination.diagnoses]
    ordered = [d for _, some in groupby(diagnoses, key=alike) for d in sorted(some, key=_weight)]
    return replace(examination, diagnoses=tuple(ordered))


def _weight(diagnosis: Diagnosis) -> float:
    return -diagnosis.impact.share if diagnosis.impact is not None else 0.0


def _suffering(walk: Walk) -> Iterator[tuple[Step, ClientSees]]:
    """The steps of a walk at which a client suffers, or would later. To a real server of weight 0 no client comes."""
    if not walk.share:
        return
    if walk.outcome is Served.DIES and (deciding := walk.deciding) is not None:
        yield deciding.step, ClientSees.REFUSED if deciding.step.decision in _ANSWERED else ClientSees.HANG
    for verdict in walk.steps:
        if verdict.step.decision is Decision.ARP_SENDER and verdict.decided is Decided.NO:
            yield verdict.step, ClientSees.LATER
    if walk.steps and walk.forwarding is None and walk.answering and walk.answering == walk.real_server:
        first = walk.steps[0]
        if first.step.decision is Decision.ARP_REPLY and first.decided is Decided.YES:
            yield first.step, ClientSees.BYPASSED


def _impact(diagnosis: Diagnosis, met: dict[tuple[str, Decision], list[tuple[Walk, ClientSees]]]) -> Impact | None:
    step = diagnosis.explains
    rows = met.get((step.node, step.decision), ()) if step is not None else ()
    rows = [(walk, sees) for walk, sees in rows if _concerns(diagnosis, walk)]
    if not rows:
        return None
    shares: dict[tuple[str, str, str], dict[IP | None, float]] = {}
    for walk, _ in rows:
        group = (walk.service, clients(walk.client), walk.answering)
        shares.setdefault(group, {}).setdefault(walk.rip, walk.share)
    sees = min((sees for _, sees in rows), key=list(ClientSees).index)
    whole = sees in (ClientSees.BYPASSED, ClientSees.LATER)  # whom the neighbour sends here, it sends all
    return Impact(
        services=tuple(dict.fromkeys(walk.service for walk, _ in rows)),
        clients=tuple(dict.fromkeys(clients(walk.client) for walk, _ in rows)),
        share=1.0 if whole else min(1.0, max(sum(by_rip.values()) for by_rip in shares.values())),
        sees=sees,
        evidenced=any(walk.client.evidenced for walk, _ in rows),
    )


def _concerns(diagnosis: Diagnosis, walk: Walk) -> bool:
    """Is the walk of the service, the VIP and the real server that the finding names, if it names some?"""
    about = diagnosis.about
    vip, rip = about.get("vip", str(walk.vip)), about.get("rip", str(walk.rip))
    service = about.get("service", walk.service)
    return vip == str(walk.vip) and rip == str(walk.rip) and service.lower() == walk.service.lower()
