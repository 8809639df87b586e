"""For GitLab's Code Quality report: every finding at a line, told from the others by a fingerprint of its own.

GitLab Docs, "Code Quality report format". It knows no accepted findings: they stay as `info`, with the reason.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from lvsdoctor.reportkit import Diagnosis, Examination, Output, Places, Severity, asides, legible, unread_paths, wording

SEVERITY = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render(examination: Examination, output: Output) -> None:
    """Write a list, in the examination's own order; without findings it is empty, which GitLab takes for "fixed"."""
    places = Places(examination)
    told: dict[str, int] = {}
    report = []
    for found in examination.diagnoses:
        told[found.fingerprint] = number = told.get(found.fingerprint, 0) + 1
        # Of two with one fingerprint GitLab shows one.
        own = found.fingerprint if number == 1 else f"{found.fingerprint}-{number}"
        report.append({"fingerprint": own, **_issue(found, places)})
    report += _unjudged(examination)
    json.dump(report, output.stream, indent=2, ensure_ascii=True)
    output.stream.write("\n")


def _unjudged(examination: Examination) -> Iterator[dict[str, Any]]:
    """An empty list would read as "all is fixed" where no rule could look."""
    blind = [(name, group.says) for group in wording.unjudged_nodes(examination) for name in group.nodes]
    blind += [(path.path, wording.not_read(path)) for path in unread_paths(examination)]
    for path, says in blind:
        yield {
            "fingerprint": sha256(f"unjudged {path}".encode("utf-8", "backslashreplace")).hexdigest()[:32],
            "description": legible(says),
            "check_name": "unjudged",
            "severity": "major",
            "location": {"path": _storable(path), "lines": {"begin": 1}},
        }


def _issue(diagnosis: Diagnosis, places: Places) -> dict[str, Any]:
    home = places.home(diagnosis)
    # What was read from the kernel or a paste has no file, and a path there must be: it is called as the node.
    path = home.path if home else diagnosis.node
    return {
        "description": legible(_description(diagnosis)),
        "check_name": diagnosis.rule,
        "severity": "info" if diagnosis.accepted else SEVERITY[diagnosis.severity],
        "location": {
            "path": _storable(path),
            "lines": {"begin": home.line or 1 if home else 1},
        },
    }


def _storable(path: str) -> str:
    """A name that is not UTF-8 cannot be stored by GitLab, and matches no file there anyway."""
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def _description(diagnosis: Diagnosis) -> str:
    """One line: it is all that GitLab shows."""
    said = wording.sentence(diagnosis)
    if diagnosis.clients:
        said += f". {wording.CLIENTS}: {diagnosis.clients.removesuffix('.')}"
    if others := asides.others_of([diagnosis]):
        said += f". {wording.ALSO}: {others}"
    said += "".join(f". {sentence.removesuffix('.')}" for sentence in asides.severities_set([diagnosis]))
    if diagnosis.accepted:
        return f"{said}. Accepted: {wording.accepted(diagnosis.accepted)}"
    lapsed = f". {wording.lapsed(diagnosis.lapsed)}" if diagnosis.lapsed else ""
    commands = "; ".join(f"`{command}`" for command in diagnosis.fix.now)
    return said + lapsed + (f". {wording.fix_now(diagnosis)}: {commands}" if commands else "")
