"""What a renderer may import.

A renderer is a file reports/as_NAME.py: a docstring whose first line says what the format is for, and
`def render(examination: Examination, output: Output) -> None`. It counts and lays out; it computes nothing.
"""

from collections.abc import Callable

from lvsdoctor.cluster import Answering, Cluster, Forwards, Holder, Host, Part
from lvsdoctor.examination import (
    AppliedRule,
    Confirmation,
    Diagnosis,
    Examination,
    Examined,
    Missing,
    Outcome,
    Remark,
    Role,
    Verdict,
)
from lvsdoctor.finding import Certainty, Citation, Finding, Fix, Probed, Severity
from lvsdoctor.legible import cells, legible, shortened, wrapped
from lvsdoctor.model.seen import Seen
from lvsdoctor.page import Output, Page
from lvsdoctor.rulepage import BadPage, RulePage, page_of
from lvsdoctor.tally import Wanted, alike, counted, summary, wanted, worst_first

Render = Callable[[Examination, Output], None]

__all__ = [
    "Answering",
    "AppliedRule",
    "BadPage",
    "Certainty",
    "Citation",
    "Cluster",
    "Confirmation",
    "Diagnosis",
    "Examination",
    "Examined",
    "Finding",
    "Fix",
    "Forwards",
    "Holder",
    "Host",
    "Missing",
    "Outcome",
    "Output",
    "Page",
    "Part",
    "Probed",
    "Remark",
    "Render",
    "Role",
    "RulePage",
    "Seen",
    "Severity",
    "Verdict",
    "Wanted",
    "alike",
    "cells",
    "counted",
    "legible",
    "page_of",
    "shortened",
    "summary",
    "wanted",
    "worst_first",
    "wrapped",
]
