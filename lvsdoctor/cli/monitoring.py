"""A scan as the check of a monitoring system: with -f nagios on standard output its exit codes hold, and no others."""

import sys
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING

from lvsdoctor.cli.errors import CliError

if TYPE_CHECKING:
    from lvsdoctor.model.examination import Examination


def monitored(options: Namespace) -> bool:
    """Does nagios, and nothing else, go to standard output?"""
    return "nagios" in (text.removesuffix("=") for text in options.format)


def check(scan: Callable[[Namespace], int], options: Namespace) -> int:
    """The scan's own code; what keeps it from its end is UNKNOWN, and said where the monitoring system reads."""
    from lvsdoctor.cli.streams import OutputLost, give_up
    from lvsdoctor.reporting.summary import MonitoringState

    try:
        try:
            code = scan(options)
        except OutputLost:
            raise
        except Exception as error:
            _say_unknown(error, options)
            code = MonitoringState.UNKNOWN
        sys.stdout.flush()
        return code
    except OutputLost as lost:
        give_up(lost)
        return MonitoringState.UNKNOWN  # 2 would be CRITICAL


def _say_unknown(error: Exception, options: Namespace) -> None:
    from lvsdoctor.cli.output import standard_output
    from lvsdoctor.reporting.summary import MonitoringState

    said = str(error) if isinstance(error, CliError) else f"internal error: {type(error).__name__}: {error}"
    shown = standard_output(options).legible(said)
    print(f"LVS {MonitoringState.UNKNOWN.name} -", shown.replace("|", r"\x7c"))
    print("lvsdoctor:", shown, file=sys.stderr)


def code(examination: "Examination", options: Namespace) -> int:
    """0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN."""
    from lvsdoctor.reporting.summary import state

    return state(examination, complete=options.require_complete)
