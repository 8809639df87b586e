"""What a renderer may import.

A renderer is a file reports/as_NAME.py: a docstring whose first line says what the format is for, and
`def render(examination: Examination, output: Output) -> None`. It counts and lays out; it computes nothing.

A name is imported when a renderer asks for it, for most scans write one format. Type checkers read
reportkit.pyi, which `make rulekit` writes.
"""

from typing import Any

# Module of lvsdoctor -> its names.
HOMES = {
    "language": "joined spoken template translated",
    "model.examination": (
        "AppliedRule Confirmation Diagnosis Examination Examined ExaminedRole Missing Outcome Remark UnreadPath Verdict"
    ),
    "model.finding": "Certainty Citation Finding Fix Probed Severity",
    "model.seen": "Seen",
    "model.service_outcome": "Lacking ServiceOutcome ServiceState",
    "reporting": "asides markdown terminal wording",
    "reporting.alike_nodes": "AlikeFindings alike_on_nodes",
    "reporting.as_data": "result",
    "reporting.console": "STYLES CannotRender Output Page Render",
    "reporting.diagram": "FindingMark Picture picture",
    "reporting.json_text": "write_json",
    "reporting.matrix": "Matrix matrix",
    "reporting.node_counts": "NodeCounts node_counts wanted_on_nodes",
    "reporting.page_html": "hypertext",
    "reporting.page_walks": "ServiceLadders page_ladders",
    "reporting.rule_page": "BadPage RulePage page_of",
    "reporting.service_outcomes": "at_a_glance service_sentence suffering_sentences",
    "reporting.service_strip": "ServiceLine service_lines",
    "reporting.source_locations": "Place Places guilty_lines percent_encoded",
    "reporting.summary": (
        "MonitoringState Wanted alike cited_once counted fix_of_all natural state summary unjudged unread_paths "
        "wanted worst_first"
    ),
    "reporting.verifying": "Verification verification",
    "sanitize": "cells legible shortened wrapped",
}
_HOMES = {name: home for home, names in HOMES.items() for name in names.split()}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """PEP 562: called for a name that was not asked for yet. Raises AttributeError for one that is not a renderer's."""
    if name not in _HOMES:
        raise AttributeError(f"the reportkit has no {name!r}")
    # As `from home import name` does: a module of a package is imported for its name.
    value = globals()[name] = getattr(__import__(f"lvsdoctor.{_HOMES[name]}", fromlist=[name]), name)
    return value
