"""Steps that wait for what only a hand can mend.

While a real server answers clients directly, they are served though the way through the director is broken. Who then
silences the real server takes the last way from them. So the walks of the nodes after the steps are held against those
before: where clients that were served are served no more, the fixes that end the bypass wait.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from lvsdoctor.engine.last_resort import causes_of
from lvsdoctor.fixes.plan.nouns import ByHand
from lvsdoctor.model.address import IP
from lvsdoctor.model.examination import Diagnosis, Examination
from lvsdoctor.model.finding import Predicts
from lvsdoctor.model.node import Node
from lvsdoctor.model.walk import Served, Walk

_BYPASSES = (Predicts.ANSWERS, Predicts.SENDER)
_WAITS = (
    "it waits, because clients of VIP {vip} reach a real server directly, and after this fix none of them is served "
    "({node}: {why}). First {first}, then run lvsdoctor fix again"
)


def waiting(
    cures: Iterable[Diagnosis], before: Sequence[Node], after: Sequence[Node], examination: Examination
) -> dict[str, ByHand]:
    """By fingerprint the fixes of bypasses after which no client of their VIP is served, where some are now."""
    bypasses = [diagnosis for diagnosis in cures if diagnosis.finding.predicts in _BYPASSES]
    if not bypasses or not before or not after:
        return {}
    from lvsdoctor.analysis.walk import walks_of_scan  # most plans end no bypass

    lost = dict(_lost(walks_of_scan(before[0]), walks_of_scan(after[0])))
    kept: dict[str, ByHand] = {}
    for diagnosis in bypasses:
        walk = next((walk for vip, walk in lost.items() if str(vip) == diagnosis.about.get("vip")), None)
        if walk is not None and walk.deciding is not None:
            cause = next(iter(causes_of(walk, examination.diagnoses)), None)
            first = f"mend {cause.code} on {cause.node} by hand" if cause is not None else "mend that by hand"
            fields = {"vip": walk.vip, "node": walk.deciding.step.node, "why": walk.deciding.why, "first": first}
            why = ". ".join(filter(None, (_WAITS.format(**fields), diagnosis.fix.warning)))
            kept[diagnosis.fingerprint] = ByHand(diagnosis.fix_node, diagnosis.fix.now, diagnosis, why)
    return kept


def _lost(before: Iterable[Walk], after: Iterable[Walk]) -> Iterator[tuple[IP, Walk]]:
    """The VIPs of which clients of a place are, or may be, served before, and those of all places lose all connections
    after; with a walk that shows where."""
    known, then = _by_clients(before), _by_clients(after)
    every = [walk for walks in then.values() for walk in walks]
    left = {walk.vip for walk in every if walk.outcome is not Served.DIES}
    for key, walks in then.items():
        served = any(walk.outcome is not Served.DIES for walk in known.get(key, ()))
        if served and walks[0].vip not in left:
            yield walks[0].vip, walks[0]


def _by_clients(walks: Iterable[Walk]) -> Mapping[object, list[Walk]]:
    """The walks that get connections, without a director's health checks."""
    from lvsdoctor.model.walk import ClientPlace

    groups: dict[object, list[Walk]] = {}
    for walk in walks:
        if walk.client.place is not ClientPlace.HEALTH_CHECK and (walk.share or walk.forwarding is None):
            groups.setdefault((walk.service, walk.vip, walk.client.place, walk.client.prefix), []).append(walk)
    return groups
