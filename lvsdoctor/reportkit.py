"""What a renderer may import.

A renderer is a file reports/as_NAME.py: a docstring whose first line says what the format is for, and
`def render(examination: Examination, output: Output) -> None`. It counts and lays out; it computes nothing.
"""

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
from lvsdoctor.reporting import markdown, wording
from lvsdoctor.reporting.as_data import result
from lvsdoctor.reporting.console import CannotRender, Output, Page, Render
from lvsdoctor.reporting.diagram import Picture, picture
from lvsdoctor.reporting.page_html import hypertext
from lvsdoctor.reporting.rule_page import BadPage, RulePage, page_of
from lvsdoctor.reporting.source_locations import Place, Places, guilty_lines, percent_encoded
from lvsdoctor.reporting.summary import (
    MonitoringState,
    Wanted,
    alike,
    cited_once,
    counted,
    fix_of_all,
    state,
    summary,
    unjudged,
    unread_paths,
    wanted,
    worst_first,
)
from lvsdoctor.sanitize import cells, legible, shortened, wrapped

__all__ = [
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
    "Fix",
    "Missing",
    "MonitoringState",
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
    "Severity",
    "UnreadPath",
    "Verdict",
    "Wanted",
    "alike",
    "cells",
    "cited_once",
    "counted",
    "fix_of_all",
    "guilty_lines",
    "hypertext",
    "legible",
    "markdown",
    "page_of",
    "percent_encoded",
    "picture",
    "result",
    "shortened",
    "state",
    "summary",
    "unjudged",
    "unread_paths",
    "wanted",
    "wording",
    "worst_first",
    "wrapped",
]
