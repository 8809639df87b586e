"""What two scans show differently as plain data, as JSON has it: keys are never renamed, only added
(lvsdoctor-diff-1.schema.json)."""

from collections.abc import Iterable
from typing import Any

from lvsdoctor.model.difference import FactDifference, FindingDifference, NodeDifference, NotCompared, ScanDifference
from lvsdoctor.model.examination import Diagnosis, Remark
from lvsdoctor.model.seen import Seen
from lvsdoctor.reporting import wording
from lvsdoctor.reporting.terminal.differences import counts


def differences_as_data(
    difference: ScanDifference, names: tuple[str, str], remarks: Iterable[Remark] = ()
) -> dict[str, Any]:
    """Everything, in the order of the nodes; `names` are the two sources as the user named them."""
    return {
        "schema": "lvsdoctor-diff/1",
        "first": names[0],
        "second": names[1],
        "same": difference.same,
        "summary": counts(difference),
        "nodes": [_node(node) for node in difference.nodes],
        "only_first": list(difference.only_first),
        "only_second": list(difference.only_second),
        "remarks": [wording.remarked(remark) for remark in remarks],
    }


def _node(node: NodeDifference) -> dict[str, Any]:
    return {
        "first": node.first,
        "second": node.second,
        "facts": [_fact(item) for item in node.facts],
        "findings": [_finding(item) for item in node.findings],
        "not_compared": [_not_compared(item) for item in node.not_compared],
        "not_shown": [
            {
                "fact": item.fact,
                "side": item.side,
                "command": item.command,
                "values": list(item.values),
                "rows": item.rows,
            }
            for item in node.not_shown
        ],
        "not_known": [{"side": item.side, **_diagnosis(item.diagnosis)} for item in node.not_known],
    }


def _fact(item: FactDifference) -> dict[str, Any]:
    return {
        "fact": item.fact,
        "row": item.row,
        "change": item.change.value,
        "what": item.what,
        "before": item.before,
        "after": item.after,
        "first": _seen(item.first),
        "second": _seen(item.second),
    }


def _finding(item: FindingDifference) -> dict[str, Any]:
    before = None if item.before is None else item.before.value
    return {"change": item.change.value, "severity_before": before, **_diagnosis(item.diagnosis)}


def _diagnosis(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "rule": diagnosis.rule,
        "code": diagnosis.code,
        "severity": diagnosis.severity.value,
        "node": diagnosis.node,
        "message": diagnosis.message,
        "clients": diagnosis.clients,
        "about": dict(diagnosis.about),
        "fingerprint": diagnosis.fingerprint,
    }


def _not_compared(item: NotCompared) -> dict[str, Any]:
    return {
        "fact": item.fact,
        "side": item.side,
        "command": item.command,
        "reason": item.reason,
        "line": _seen(item.seen),
        "rows": item.rows,
    }


def _seen(seen: Seen | None) -> dict[str, Any] | None:
    return None if seen is None else {"where": seen.where, "line": seen.line, "text": seen.text}
