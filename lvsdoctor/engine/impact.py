"""What the walks of a cluster say of each finding: whose connections die at the step that it explains, and whether a
real server that gets connections is concerned at all."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from lvsdoctor.engine.easing import warning_at_weight_0, warning_of_standby
from lvsdoctor.engine.rule import Rule
from lvsdoctor.model.address import IP
from lvsdoctor.model.examination import Diagnosis, Examination
from lvsdoctor.model.finding import Probed, Severity, cite
from lvsdoctor.model.impact import ClientSees, Impact
from lvsdoctor.model.ipvs import Forwarding
from lvsdoctor.model.walk import Decided, Decision, Served, Step, Walk
from lvsdoctor.reporting.summary import natural
from lvsdoctor.reporting.walks import clients, service_key

_ORDER = {decision: place for place, decision in enumerate(Decision)}
# A host that hears a packet and has nobody for it answers at once; who drops a packet does not.
_ANSWERED = frozenset({Decision.LISTENER})
# What a host decides that harms others, whatever the weight of a real server is.
_OF_OTHERS = frozenset({Decision.ARP_REPLY, Decision.ARP_SENDER, Decision.IPVS, Decision.REAL_SERVER})


def with_impact(examination: Examination, walks: Sequence[Walk], rules: Sequence[Rule]) -> Examination:
    """The same, each finding with its impact where a walk meets the step that it explains.

    Of findings that are as severe, as sure and as near to the cause, that which concerns most clients comes first, and
    of equals that whose step comes first. What concerns no real server that gets clients, such as a service that was
    drained, comes after what does, if no client is known to connect there. An error of which no real server that gets
    clients is concerned is a warning, where no operator has set the severity.
    """
    met: _Met = {}
    for walk in walks:
        for step, sees in _suffering(walk):
            for named in (_ANY, *_named_by(walk)):
                met.setdefault((step.node, step.decision, named), []).append((walk, sees))
    by_name = {rule.name: rule for rule in rules}

    def alike(diagnosis: Diagnosis) -> tuple[object, ...]:
        rule = by_name[diagnosis.rule]
        return diagnosis.severity, diagnosis.probed, rule.consequence, rule.cause, diagnosis.certainty

    of = _by_name(walks)
    diagnoses = [
        replace(d if by_name[d.rule].severity_set else _eased(d, of), impact=_impact(d, met))
        for d in examination.diagnoses
    ]
    idle = {id(d) for d in diagnoses if _concerns_no_client(d, of)}
    diagnoses.sort(
        key=lambda d: (
            d.probed is not Probed.CONTRADICTED,
            d.probed is Probed.CONTRADICTED or d.severity.rank,
            id(d) in idle,
        )
    )
    ordered = [
        d for _, some in groupby(diagnoses, key=lambda d: (id(d) in idle, alike(d))) for d in sorted(some, key=_place)
    ]
    return replace(examination, diagnoses=tuple(ordered))


def _by_name(walks: Sequence[Walk]) -> dict[tuple[str, str], list[Walk]]:
    """The walks by what findings name, and by the host of the real server; nothing where all get connections."""
    of: dict[tuple[str, str], list[Walk]] = {}
    for walk in walks if any(walk.drained or walk.standby for walk in walks) else ():
        for named in (*_named_by(walk), (_SERVER, walk.real_server)):
            of.setdefault(named, []).append(walk)
    return of


_SERVER = "real server"


def _eased(diagnosis: Diagnosis, of: dict[tuple[str, str], list[Walk]]) -> Diagnosis:
    """A warning where every director has weight 0 for the real servers that the finding is about, or sends them
    clients only after others failed."""
    step = diagnosis.explains
    if step is None or step.decision in _OF_OTHERS or diagnosis.severity is not Severity.ERROR:
        return diagnosis
    wanted, named = [*_about(diagnosis).items()], "rip" in diagnosis.about
    fewest = min((of.get(name, []) for name in (*wanted, *(() if named else ((_SERVER, step.node),)))), key=len)
    own = [walk for walk in fewest if (named or walk.real_server == step.node) and concerns(diagnosis, walk)]
    standby = all(walk.standby for walk in own)
    if not own or not (standby or all(walk.drained for walk in own)):
        return diagnosis
    chosen = (verdict for walk in own for verdict in walk.steps if verdict.step.decision is Decision.REAL_SERVER)
    weight = next(
        (cite(line.seen, "this real server gets no new clients") for verdict in chosen for line in verdict.because),
        None,
    )
    if weight is None:
        return diagnosis
    return warning_of_standby(diagnosis, weight) if standby else warning_at_weight_0(diagnosis, weight)


def _concerns_no_client(diagnosis: Diagnosis, of: dict[tuple[str, str], list[Walk]]) -> bool:
    """Is it about a service or a real server to which no director sends clients, and no client is known to connect?"""
    wanted = _about(diagnosis)
    if diagnosis.impact is not None or not {"service", "rip"}.intersection(wanted):
        return False
    own = [walk for walk in min((of.get(name, []) for name in wanted.items()), key=len) if concerns(diagnosis, walk)]
    by_director = [walk for walk in own if walk.forwarding is not None]
    return bool(by_director) and all(w.drained for w in by_director) and not any(w.client.connects for w in own)


def _place(diagnosis: Diagnosis) -> tuple[object, ...]:
    """The larger share first; then what is decided earlier on a packet's way; then rs2 before rs11."""
    step = diagnosis.explains
    return _weight(diagnosis), len(_ORDER) if step is None else _ORDER[step.decision], natural(diagnosis.node)


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
    redirects = [verdict for verdict in walk.steps if verdict.step.decision is Decision.REDIRECT]
    # By masquerading alone the replies have to pass the director; a redirect that is not taken harms nobody.
    if len(redirects) > 1 and walk.forwarding is Forwarding.NAT and all(v.decided is Decided.NO for v in redirects):
        yield from ((verdict.step, ClientSees.REDIRECTED) for verdict in redirects)
    if (answer := walk.bypassing) is not None:
        yield answer.step, ClientSees.BYPASSED


# By host, decision, and a name and value of what findings are about: a scan of thousands of services has as many
# findings of one decision, and each is of few walks.
_Met = dict[tuple[str, Decision, tuple[str, str]], list[tuple[Walk, ClientSees]]]
_ANY = "", ""


def _named_by(walk: Walk) -> tuple[tuple[str, str], ...]:
    return ("vip", str(walk.vip)), ("rip", str(walk.rip)), ("service", service_key(walk.service))


def _about(diagnosis: Diagnosis) -> dict[str, str]:
    about = {name: diagnosis.about[name] for name in ("vip", "rip", "service") if name in diagnosis.about}
    if "service" in about:
        about["service"] = service_key(about["service"])
    return about


def concerns(diagnosis: Diagnosis, walk: Walk) -> bool:
    """Is the walk of the service, the VIP and the real server that the finding names, if it names some?"""
    return _about(diagnosis).items() <= set(_named_by(walk))


def _rows(diagnosis: Diagnosis, met: _Met) -> list[tuple[Walk, ClientSees]]:
    step, wanted = diagnosis.explains, _about(diagnosis)
    if step is None:
        return []
    kept = (met.get((step.node, step.decision, named), []) for named in wanted.items() or (_ANY,))
    fewest = min(kept, key=len)
    return [row for row in fewest if wanted.items() <= set(_named_by(row[0]))] if len(wanted) > 1 else fewest


def _impact(diagnosis: Diagnosis, met: _Met) -> Impact | None:
    rows = _rows(diagnosis, met)
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
