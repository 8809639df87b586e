"""The examination as plain data, as JSON has it: keys are never renamed, only added (lvsdoctor-1.schema.json)."""

from typing import Any

from lvsdoctor.language import ENGLISH, speaking
from lvsdoctor.model.contradiction import Contradiction
from lvsdoctor.model.coverage import Coverage, Unread
from lvsdoctor.model.examination import (
    Confirmation,
    Diagnosis,
    Examination,
    Examined,
    Missing,
    Outcome,
    UnreadPath,
    Verdict,
)
from lvsdoctor.model.finding import Citation
from lvsdoctor.model.impact import Impact
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.segment import NetworkSegment
from lvsdoctor.model.service_outcome import ServiceOutcome
from lvsdoctor.model.walk import Step
from lvsdoctor.reporting import wording
from lvsdoctor.reporting.source_locations import guilty_line
from lvsdoctor.reporting.summary import summary, unjudged


def result(examination: Examination) -> dict[str, Any]:
    """Everything, in the examination's own order."""
    with speaking(ENGLISH):  # a page in another language holds it as well
        return _result(examination)


def _result(examination: Examination) -> dict[str, Any]:
    blind = set(unjudged(examination))
    return {
        "schema": "lvsdoctor/1",
        "version": examination.version,
        "summary": summary(examination),
        "nodes": [_node(node, node.name in blind) for node in examination.nodes],
        "findings": [_finding(diagnosis) for diagnosis in examination.diagnoses],
        "outcomes": [_outcome(outcome) for outcome in examination.outcomes],
        "unread": [_seen(seen) for seen in examination.unread],
        "unread_paths": [_unread_path(path) for path in examination.unread_paths],
        "services": list(map(_service, examination.services)),
        "remarks": [{"message": remark.says, **_seen(remark.seen)} for remark in examination.remarks],
        "segments": list(map(segment, examination.segments)),
    }


def segment(row: NetworkSegment) -> dict[str, Any]:
    """As reports and traces have it."""
    return {
        "name": row.name,
        "interfaces": [{"node": node, "interface": link} for node, link in row.interfaces],
        "by": "named by the user" if row.named else "assumed from addresses",
    }


def _service(outcome: ServiceOutcome) -> dict[str, Any]:
    return {
        "service": outcome.service,
        "state": outcome.state.value,
        "real_servers": list(outcome.real_servers),
        "direct": list(outcome.direct),
        "losing": list(outcome.losing),
        "unknown": list(outcome.unknown),
        "idle": list(outcome.idle),
        "serving": list(outcome.serving),
        "without_server": outcome.without_server,
        "lost_at": [_step(step) for step in outcome.lost_at],
        "lacking": [{"command": item.command, "nodes": list(item.hosts)} for item in outcome.lacking],
        "clients": list(outcome.clients),
        "evidenced": outcome.evidenced,
        "condition": outcome.condition,
    }


def _seen(seen: Seen | None) -> dict[str, Any]:
    if seen is None:
        return {"where": None, "line": None, "text": None}
    return {"where": seen.where, "line": seen.line, "text": seen.text}


def _node(node: Examined, blind: bool) -> dict[str, Any]:
    return {
        "name": node.name,
        "roles": [role.name for role in node.roles],
        "source": node.source,
        "why": [{"role": role.name, "reason": role.why, **_seen(role.seen)} for role in node.roles],
        "vips": list(node.vips),
        "notes": list(node.notes),
        "facts": {fact: _coverage(coverage) for fact, coverage in node.facts.items()},
        "not_read": [_unread_kind(kind) for kind in node.unread_kinds if not kind.read],
        "unjudged": blind,
        "no_ipvs": node.no_ipvs,
        "contradictions": [_contradiction(contradiction) for contradiction in node.contradictions],
    }


def _contradiction(contradiction: Contradiction) -> dict[str, Any]:
    lines = [_seen(contradiction.first), _seen(contradiction.second)]
    return {"fact": contradiction.fact, "message": contradiction.claim, "lines": lines}


def _coverage(coverage: Coverage) -> dict[str, Any]:
    partial = coverage.partial
    shown: dict[str, Any] = {"origin": coverage.origin.value, "coverage": "whole" if partial is None else "partial"}
    return shown if partial is None else {**shown, "reason": partial.says, **_seen(partial.seen)}


def _unread_kind(kind: Unread) -> dict[str, Any]:
    return {"kind": kind.kind, "name": kind.name, **_seen(kind.seen)}


def _unread_path(path: UnreadPath) -> dict[str, Any]:
    return {"path": path.path, "message": wording.not_read(path), "kinds": list(map(_unread_kind, path.kinds))}


def _finding(diagnosis: Diagnosis) -> dict[str, Any]:
    fix, guilty = diagnosis.fix, guilty_line(diagnosis)
    return {
        "rule": diagnosis.rule,
        "code": diagnosis.code,
        "severity": diagnosis.severity.value,
        "severity_set": _severity_set(diagnosis),
        "certainty": diagnosis.certainty.value,
        "node": diagnosis.node,
        "message": diagnosis.message,
        "clients": diagnosis.clients,
        "template": diagnosis.finding.message,
        "fields": dict(diagnosis.finding.fields),
        "about": dict(diagnosis.about),
        "evidence": [citation(item) for item in diagnosis.evidence],
        "cause": None if guilty is None else citation(guilty),
        "fix": {
            "now": list(fix.now),
            "persist": list(fix.persist),
            "node": diagnosis.fix_node,
            "warning": fix.warning,
        },
        "explains": _step(diagnosis.explains),
        "impact": _impact(diagnosis.impact),
        "also": list(dict.fromkeys((*diagnosis.clears, *diagnosis.also))),
        "clears": list(diagnosis.clears),
        "confirmation": _confirmation(diagnosis.confirmation),
        "accepted": None if diagnosis.accepted is None else dict(diagnosis.accepted),
        "lapsed": None if diagnosis.lapsed is None else dict(diagnosis.lapsed),
        "fingerprint": diagnosis.fingerprint,
    }


def _severity_set(diagnosis: Diagnosis) -> dict[str, str] | None:
    before = diagnosis.severity_before
    return None if before is None else {"before": before.value, "by": diagnosis.severity_by}


def _step(step: Step | None) -> dict[str, str] | None:
    return None if step is None else {"node": step.node, "decision": step.decision.value, "subject": step.subject}


def _impact(impact: Impact | None) -> dict[str, Any] | None:
    if impact is None:
        return None
    return {
        "services": list(impact.services),
        "clients": list(impact.clients),
        "share": round(impact.share, 4),
        "sees": impact.sees.value,
        "evidenced": impact.evidenced,
    }


def _missing(item: Missing) -> dict[str, Any]:
    shown: dict[str, Any] = {"fact": item.fact, "node": item.node, "command": item.command}
    if item.reason:
        shown |= {"reason": item.reason, **_seen(item.seen)}
    return shown


def citation(item: Citation) -> dict[str, Any]:
    """A quoted line, what it means, and of an assumption the command that would tell."""
    return {**_seen(item.seen), "note": item.says, "settle": item.settle or None}


def _confirmation(probed: Confirmation | None) -> dict[str, Any] | None:
    if probed is None:
        return None
    return {"verdict": probed.verdict.value, "why": probed.says, "perhaps": probed.suggests, **_seen(probed.seen)}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "rule": outcome.rule,
        "node": outcome.node,
        "outcome": outcome.verdict.value,
        "missing": [_missing(item) for item in outcome.missing],
        "explained_by": list(outcome.explained_by),
    }
    if outcome.verdict is Verdict.CRASHED:
        shown["traceback"] = outcome.traceback
    return shown
