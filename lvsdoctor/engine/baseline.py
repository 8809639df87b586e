"""The findings that were there when somebody began to look: only what is new counts."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from lvsdoctor.engine.accept import settled
from lvsdoctor.model.examination import Diagnosis, Examination, Remark
from lvsdoctor.model.finding import Severity

SCHEMA = "lvsdoctor-baseline/1"
KNOWN = "known since the baseline"
FIXED = "{rule} on {node} is fixed and can leave {file} (--baseline {file} --write-baseline {file}): {message}"
WORSE = "{rule} on {node} counts again: it was known to {file} as {before} and is {severity} now"


class BadBaseline(Exception):
    """The file is no baseline; the message says why, in a sentence without its full stop."""


@dataclass(frozen=True, slots=True)
class Known:
    """A finding as the baseline remembers it: the fingerprint is its identity, the rest is for whoever reads it."""

    node: str
    rule: str
    severity: str
    message: str
    fingerprint: str

    @property
    def rank(self) -> int:
        return Severity(self.severity).rank


@dataclass(frozen=True, slots=True)
class Baseline:
    """What is known, by fingerprint, and the file that it came from or goes to."""

    file: str
    known: Mapping[str, Known]

    def knows(self, diagnosis: Diagnosis) -> bool:
        """One that is worse than it was is another one."""
        known = self.known.get(diagnosis.fingerprint)
        return known is not None and diagnosis.severity.rank >= known.rank


def read_baseline(text: str, file: str) -> Baseline:
    """Raises BadBaseline."""
    try:
        told = json.loads(text)
        if told["schema"] != SCHEMA:
            raise BadBaseline(f"{file}: is not written as {SCHEMA}")
        found = [_known(each) for each in told["findings"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadBaseline(f"{file}: is not a baseline as --write-baseline writes it") from None
    return Baseline(file, {known.fingerprint: known for known in found})


def _known(row: Any) -> Known:
    words = [row[name] for name in ("node", "rule", "severity", "message", "fingerprint")]
    if not all(isinstance(word, str) for word in words):
        raise TypeError
    Severity(words[2])
    return Known(*words)


def as_text(baseline: Baseline) -> str:
    """As the file holds it: the same findings make the same file, and a new one is a few lines of a diff."""
    ordered = sorted(baseline.known.values(), key=lambda known: (known.node, known.rule, known.fingerprint))
    # ensure_ascii: nothing out of the evidence may play tricks with whoever looks into the file.
    return json.dumps({"schema": SCHEMA, "findings": [asdict(each) for each in ordered]}, indent=1) + "\n"


def baseline_of(examination: Examination, file: str) -> Baseline:
    """All that counts now. What is accepted already has a better reason, and an end perhaps: it stays out."""
    known: dict[str, Known] = {}
    for d in examination.diagnoses:
        if d.accepted is None:
            new = Known(d.node, d.rule, d.severity.value, d.message, d.fingerprint)
            known[d.fingerprint] = min(known.get(d.fingerprint, new), new, key=lambda each: each.rank)
    return Baseline(file, known)


def pruned(baseline: Baseline, examination: Examination, file: str) -> Baseline:
    """Without what is fixed, and nothing new in it; what this scan did not look at stays."""
    gone = {known.fingerprint for known in _fixed(baseline, examination)}
    return Baseline(file, {name: known for name, known in baseline.known.items() if name not in gone})


def against_baseline(examination: Examination, baseline: Baseline) -> Examination:
    """The examination with what is known accepted, and remarks about what is fixed or has become worse."""
    terms = {"reason": KNOWN, "by": baseline.file}
    diagnoses: list[Diagnosis] = []
    remarks: list[Remark] = []
    for diagnosis in examination.diagnoses:
        if diagnosis.accepted is None and baseline.knows(diagnosis):
            diagnosis = replace(diagnosis, accepted=terms, lapsed=None)
        elif diagnosis.accepted is None and (known := baseline.known.get(diagnosis.fingerprint)):
            remarks.append(_remark(WORSE, known, baseline, before=known.severity, severity=diagnosis.severity.value))
        diagnoses.append(diagnosis)
    remarks += [_remark(FIXED, known, baseline, message=known.message) for known in _fixed(baseline, examination)]
    return replace(examination, diagnoses=tuple(diagnoses), remarks=(*examination.remarks, *remarks))


def _fixed(baseline: Baseline, examination: Examination) -> Iterable[Known]:
    there = {diagnosis.fingerprint for diagnosis in examination.diagnoses}
    looked_at = {(outcome.rule, outcome.node) for outcome in examination.outcomes if settled(outcome)}
    for known in baseline.known.values():
        if known.fingerprint not in there and (known.rule, known.node) in looked_at:
            yield known


def _remark(template: str, known: Known, baseline: Baseline, **fields: str) -> Remark:
    return Remark(template, {"rule": known.rule, "node": known.node, "file": baseline.file, **fields})
