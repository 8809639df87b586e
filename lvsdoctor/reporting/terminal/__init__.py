"""The parts of the report for people, each put on a page of lines (reporting/console.py)."""

from lvsdoctor.reporting.terminal.finding import ALIKE, Shown, put_accepted, put_findings
from lvsdoctor.reporting.terminal.first_steps import put_first_steps, put_fix_command
from lvsdoctor.reporting.terminal.nodes import (
    MANY,
    put_crashed,
    put_not_checked,
    put_not_checked_of_all,
    put_notes_of_all,
    put_standing,
    put_table,
    put_unread,
)

__all__ = [
    "ALIKE",
    "MANY",
    "Shown",
    "put_accepted",
    "put_crashed",
    "put_findings",
    "put_first_steps",
    "put_fix_command",
    "put_not_checked",
    "put_not_checked_of_all",
    "put_notes_of_all",
    "put_standing",
    "put_table",
    "put_unread",
]
