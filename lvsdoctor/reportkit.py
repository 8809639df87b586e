"""What a renderer may import.

A renderer is a file reports/as_NAME.py: a docstring whose first line says what the format is for, and
`def render(examination: Examination, output: Output) -> None`. It counts and lays out; it computes nothing.
"""

from collections.abc import Callable

from lvsdoctor import markdown, sentences
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
from lvsdoctor.hypertext import hypertext
from lvsdoctor.legible import cells, legible, shortened, wrapped
from lvsdoctor.model.seen import Seen
from lvsdoctor.page import CannotRender, Output, Page
from lvsdoctor.picture import Picture, picture
from lvsdoctor.places import Place, Places, percent_encoded
from lvsdoctor.result import result
from lvsdoctor.rulepage import BadPage, RulePage, page_of
from lvsdoctor.tally import (
    State,
    Wanted,
    alike,
    blind,
    cited_once,
    counted,
    fix_of_all,
    state,
    summary,
    wanted,
    worst_first,
)

Render = Callable[[Examination, Output], None]

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
    "Finding",
    "Fix",
    "Missing",
    "Outcome",
    "Output",
    "Page",
    "Picture",
    "Place",
    "Places",
    "Probed",
    "Remark",
    "Render",
    "Role",
    "RulePage",
    "Seen",
    "Severity",
    "State",
    "Verdict",
    "Wanted",
    "alike",
    "blind",
    "cells",
    "cited_once",
    "counted",
    "fix_of_all",
    "hypertext",
    "legible",
    "markdown",
    "page_of",
    "percent_encoded",
    "picture",
    "result",
    "sentences",
    "shortened",
    "state",
    "summary",
    "wanted",
    "worst_first",
    "wrapped",
]
