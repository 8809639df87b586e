"""What a renderer may import.

A renderer is a file reports/as_NAME.py: a docstring whose first line says what the format is for, and
`def render(examination: Examination, output: Output) -> None`. It counts and lays out; it computes nothing.
"""

from collections.abc import Callable

from lvsdoctor.finding import (
    Certainty,
    Citation,
    Confirmation,
    Diagnosis,
    Examination,
    Examined,
    Finding,
    Fix,
    Missing,
    Outcome,
    Probed,
    Role,
    Severity,
    Verdict,
)
from lvsdoctor.legible import cells, legible, shortened, wrapped
from lvsdoctor.model.seen import Seen
from lvsdoctor.page import Output, Page
from lvsdoctor.tally import Wanted, alike, counted, summary, wanted, worst_first

Render = Callable[[Examination, Output], None]

__all__ = [
    "Certainty",
    "Citation",
    "Confirmation",
    "Diagnosis",
    "Examination",
    "Examined",
    "Finding",
    "Fix",
    "Missing",
    "Outcome",
    "Output",
    "Page",
    "Probed",
    "Render",
    "Role",
    "Seen",
    "Severity",
    "Verdict",
    "Wanted",
    "alike",
    "cells",
    "counted",
    "legible",
    "shortened",
    "summary",
    "wanted",
    "worst_first",
    "wrapped",
]
