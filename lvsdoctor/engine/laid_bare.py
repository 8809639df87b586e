"""Two faults at once: who cures a bypass of the director lays bare what is wrong on the way through it.

While clients reach a real server directly, a filter of the director, or another real server that takes no requests,
costs few of them anything. Measured: 0 of 12 requests failed before such a fix, and 6 after it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from lvsdoctor.analysis.directors import ipvs_table
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.model.finding import Predicts, Severity
from lvsdoctor.model.node import Node

_THEN = "After this fix all clients of VIP {vip} depend on its director. Fix {others} as well."
_BYPASSES = (Predicts.ANSWERS, Predicts.SENDER)
_FEW = 3


def naming_hidden(
    diagnoses: Sequence[Diagnosis], nodes: Sequence[Node], others: Sequence[Diagnosis] = ()
) -> list[Diagnosis]:
    """The findings, of which those of a bypass name the errors that their fixes lay bare. `others` are findings that
    are not to be shown, as those of rules that nobody selected."""
    if not any(diagnosis.finding.predicts in _BYPASSES for diagnosis in diagnoses):
        return list(diagnoses)
    # By VIP: code and node of the errors on the way of requests.
    errors: dict[str, dict[tuple[str, str], None]] = {}
    vips = {node.name: [str(vip) for row in ipvs_table(node) for vip, _ in row.vips] for node in nodes}
    for diagnosis in (*diagnoses, *others):
        if diagnosis.severity is Severity.ERROR and diagnosis.finding.predicts not in _BYPASSES:
            for vip in _vips(diagnosis, vips[diagnosis.node]):
                errors.setdefault(vip, {})[diagnosis.code, diagnosis.node] = None
    return [_naming(diagnosis, errors.get(diagnosis.about.get("vip", ""), {})) for diagnosis in diagnoses]


def _vips(diagnosis: Diagnosis, directed: Sequence[str]) -> Iterator[str]:
    """Of which VIPs requests are lost: what is wrong with a director itself, all of its own."""
    if (vip := diagnosis.about.get("vip")) is not None:
        yield vip
    else:
        yield from directed


def _naming(diagnosis: Diagnosis, errors: dict[tuple[str, str], None]) -> Diagnosis:
    if diagnosis.finding.predicts not in _BYPASSES:
        return diagnosis
    elsewhere = [f"{code} on {node}" for code, node in errors if node != diagnosis.node]
    if not elsewhere:
        return diagnosis
    more = f" and {len(elsewhere) - _FEW} more" if len(elsewhere) > _FEW else ""
    text = _THEN.format(vip=diagnosis.about["vip"], others=", ".join(islice(elsewhere, _FEW)) + more)
    return replace(diagnosis, finding=diagnosis.finding.amended(warning=text))
