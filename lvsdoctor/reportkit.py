"""What a renderer may import.

A renderer is a file reports/as_NAME.py: a docstring whose first line says what the format is for, and
`def render(examination: Examination, output: Output) -> None`. It counts and lays out; it computes nothing.
"""

from lvsdoctor.language import joined, spoken, template, translated
from lvsdoctor.model.examination import (
    AppliedRule,
    Confirmation,
    Diagnosis,
    Examination,
    Examined,
    ExaminedRole,
    Missing,
    Outcome,
    Remark,
    UnreadPath,
    Verdict,
)
from lvsdoctor.model.finding import Certainty, Citation, Finding, Fix, Probed, Severity
from lvsdoctor.model.seen import Seen
from lvsdoctor.model.service_outcome import Lacking, ServiceOutcome, ServiceState
from lvsdoctor.reporting import asides, markdown, terminal, wording
from lvsdoctor.reporting.alike_nodes import AlikeFindings, alike_on_nodes
from lvsdoctor.reporting.as_data import result
from lvsdoctor.reporting.console import STYLES, CannotRender, Output, Page, Render
from lvsdoctor.reporting.diagram import FindingMark, Picture, picture
from lvsdoctor.reporting.json_text import write_json
from lvsdoctor.reporting.matrix import Matrix, matrix
from lvsdoctor.reporting.node_counts import NodeCounts, node_counts, wanted_on_nodes
from lvsdoctor.reporting.page_html import hypertext
from lvsdoctor.reporting.page_walks import ServiceLadders, page_ladders
from lvsdoctor.reporting.rule_page import BadPage, RulePage, page_of
from lvsdoctor.reporting.service_outcomes import at_a_glance, service_sentence, suffering_sentences
from lvsdoctor.reporting.service_strip import ServiceLine, service_lines
from lvsdoctor.reporting.source_locations import Place, Places, guilty_lines, percent_encoded
from lvsdoctor.reporting.summary import (
    MonitoringState,
    Wanted,
    alike,
    cited_once,
    counted,
    fix_of_all,
    natural,
    state,
    summary,
    unjudged,
    unread_paths,
    wanted,
    worst_first,
)
from lvsdoctor.reporting.verifying import Verification, verification
from lvsdoctor.sanitize import cells, legible, shortened, wrapped

__all__ = [
    "STYLES",
    "AlikeFindings",
    "AppliedRule",
    "BadPage",
    "CannotRender",
    "Certainty",
    "Citation",
    "Confirmation",
    "Diagnosis",
    "Examination",
    "Examined",
    "ExaminedRole",
    "Finding",
    "FindingMark",
    "Fix",
    "Lacking",
    "Matrix",
    "Missing",
    "MonitoringState",
    "NodeCounts",
    "Outcome",
    "Output",
    "Page",
    "Picture",
    "Place",
    "Places",
    "Probed",
    "Remark",
    "Render",
    "RulePage",
    "Seen",
    "ServiceLadders",
    "ServiceLine",
    "ServiceOutcome",
    "ServiceState",
    "Severity",
    "UnreadPath",
    "Verdict",
    "Verification",
    "Wanted",
    "alike",
    "alike_on_nodes",
    "asides",
    "at_a_glance",
    "cells",
    "cited_once",
    "counted",
    "fix_of_all",
    "guilty_lines",
    "hypertext",
    "joined",
    "legible",
    "markdown",
    "matrix",
    "natural",
    "node_counts",
    "page_ladders",
    "page_of",
    "percent_encoded",
    "picture",
    "result",
    "service_lines",
    "service_sentence",
    "shortened",
    "spoken",
    "state",
    "suffering_sentences",
    "summary",
    "template",
    "terminal",
    "translated",
    "unjudged",
    "unread_paths",
    "verification",
    "wanted",
    "wanted_on_nodes",
    "wording",
    "worst_first",
    "wrapped",
    "write_json",
]
