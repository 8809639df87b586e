"""lvsdoctor scan: collect, examine, report."""

from argparse import Action, ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lvsdoctor.cli import choosing, collecting, writing
from lvsdoctor.cli.exits import FINDINGS, INCOMPLETE, OK

if TYPE_CHECKING:
    from lvsdoctor.examination import Examination

_PROBE = ("--probe", "--probe=require")
_LEVELS = ("error", "warning", "note", "never")
_DESCRIPTION = """Look for known pitfalls.

Without PATH this node is inspected, live and read-only. A PATH is a file, a
directory or - (a paste on stdin). A directory that holds dumps is one node, a
directory of such directories a cluster; nodes named together are a cluster.

--probe asks the wire besides, from this host or --netns: three ARP requests
for each VIP and each host of the scan, in a second, none in a VIP's name. A
finding is then confirmed, or contradicted, which comes first in the report,
or the report says why no probe tells. A contradicted finding counts as any.
"""


def add_to(verbs: "_SubParsersAction[Any]") -> None:
    """Add `scan` and its options."""
    parser = verbs.add_parser(
        "scan",
        help="look for known pitfalls, on this node or in dumps",
        description=_DESCRIPTION,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    collecting.add_options(parser, "inspect this network namespace instead (with PATH: probe from there)")
    add = parser.add_argument
    add(*_PROBE, action=_ProbeOption, help="hold the findings against the wire (require: exit 2 if it cannot be asked)")
    add("--fail-on", choices=_LEVELS, default="error", metavar="LEVEL", help="error, warning, note, never")
    add("--require-complete", action="store_true", help="exit 3 if something could not be checked")
    choosing.add_options(parser)
    writing.add_options(parser)


class _ProbeOption(Action):
    """Both words are options of their own: a value that may be left out would swallow the PATH behind it."""

    def __init__(self, option_strings: Sequence[str], dest: str, **how: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **how)

    def __call__(self, parser: ArgumentParser, options: Namespace, values: object, word: str | None = None) -> None:
        setattr(options, self.dest, "require" if word == _PROBE[1] else "if-possible")


def run(options: Namespace) -> int:
    """Scan, report, and tell by the exit code."""
    from dataclasses import replace
    from datetime import UTC, datetime
    from time import monotonic

    from lvsdoctor.examine import examine

    writers = writing.writers(options)
    rules = choosing.chosen(options)
    began, clock = datetime.now(UTC), monotonic()
    nodes = collecting.collected(options)
    if options.probe:
        from lvsdoctor.cli.probing import ask_about
        from lvsdoctor.confirming import confirmed

        nodes, asked = ask_about(nodes, options, collecting.named_vips(options))
        examination = confirmed(examine(nodes, rules), nodes, asked)
    else:
        examination = examine(nodes, rules)
    examination = replace(examination, began=began, seconds=monotonic() - clock)
    for write in writers:
        write(examination)
    return _code(examination, options)


def _code(examination: "Examination", options: Namespace) -> int:
    from lvsdoctor.examination import Verdict
    from lvsdoctor.finding import Severity

    if options.fail_on != "never":
        worst = Severity(options.fail_on).rank
        if any(d.severity.rank <= worst and d.accepted is None for d in examination.diagnoses):
            return FINDINGS
    open_ones = (Verdict.NOT_CHECKED, Verdict.CRASHED)
    if options.require_complete and any(o.verdict in open_ones or o.missing for o in examination.outcomes):
        return INCOMPLETE
    return OK
