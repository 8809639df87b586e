"""lvsdoctor scan: collect, examine, report."""

from argparse import Action, ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lvsdoctor.cli import (
    choosing,
    collecting,
    configuring,
    gate,
    monitoring,
    next_command,
    rule_settings,
    segments,
    supposing,
    workers,
    writing,
)

if TYPE_CHECKING:
    from lvsdoctor.engine.rule import Rule
    from lvsdoctor.model.examination import Examination
    from lvsdoctor.model.node import Node
    from lvsdoctor.model.topology import Cluster
    from lvsdoctor.model.work import Apply

_PROBE = ("--probe", "--probe=require")
_DESCRIPTION = """Look for known pitfalls.

Without PATH this node is inspected, live and read-only. A PATH is a file, a
directory, an archive of one (tar, zip, sosreport; it is not unpacked) or - (a
paste, or an archive, on stdin). A directory that holds dumps is one node, a
directory of such directories a cluster; nodes named together are a cluster.
A directory may hold what configures hosts: hosts/rs1/etc/..., rs1/sysctl.d/...
or Ansible's roles, whose nodes are the hosts of the inventory. --node NAME=PATH
says whose the files are where no name does.

--probe asks the wire besides, from this host or --netns: three ARP requests
for each VIP and each host of the scan, in a second, none in a VIP's name. A
finding is then confirmed, or contradicted, which comes first in the report,
or the report says why no probe tells. A contradicted finding counts as any.

Many hosts are read and examined in several processes, one for each core (-j).
What they find is what one process finds, to the byte.

What is accepted, in lvsdoctor.toml, by a comment in the dumps
(# lvsdoctor: accept RULE REASON) or as known to the --baseline, stays in the
report and does not count.

With -f nagios on standard output the scan is the check of a monitoring system:
it exits 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (a node could not be judged, a
rule crashed, unreadable input), whatever --fail-on says.
"""
_EPILOG = """exit codes:
  0  nothing at or above --fail-on
  1  findings at or above --fail-on
  2  wrong usage, unreadable input, internal error,
     evidence of a host that contradicts itself
  3  a node could not be judged: no rule could be checked on it; or a PATH holds
     no dump; with --require-complete: anything could not be checked
"""


def add_to(verbs: "_SubParsersAction[Any]") -> None:
    """Add `scan` and its options."""
    parser = verbs.add_parser(
        "scan",
        help="look for known pitfalls, on this node or in dumps",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    collecting.add_options(parser, "inspect this network namespace instead (with PATH: probe from there)")
    collecting.add_node(parser)
    add = parser.add_argument
    add(*_PROBE, action=_ProbeOption, help="hold the findings against the wire (require: exit 2 if it cannot be asked)")
    supposing.add_options(parser)
    gate.add_options(parser)
    choosing.add_options(parser)
    configuring.add_options(parser)
    add("--show-config", action="store_true", help="print settings and options of rules, and scan nothing")
    writing.add_options(parser)


class _ProbeOption(Action):
    """Both words are options of their own: a value that may be left out would swallow the PATH behind it."""

    def __init__(self, option_strings: Sequence[str], dest: str, **how: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **how)

    def __call__(self, parser: ArgumentParser, options: Namespace, values: object, word: str | None = None) -> None:
        setattr(options, self.dest, "require" if word == _PROBE[1] else "if-possible")


def run(options: Namespace) -> int:
    """Scan, report, and tell by the exit code."""
    return monitoring.check(_scan, options) if monitoring.monitored(options) else _scan(options)


def _scan(options: Namespace) -> int:
    import gc
    from dataclasses import replace
    from datetime import UTC, datetime
    from functools import partial
    from time import monotonic

    from lvsdoctor.engine.runner import examine

    options.fix_command = next_command.fix_command(options)
    settings = configuring.configured(options)
    writers = writing.writers(options)
    known = rule_settings.applied(choosing.load(options.rules), settings)
    if options.show_config:
        return rule_settings.show(known, settings)
    rules = choosing.left(known, options, settings)
    chosen = {rule.name for rule in rules}
    others = [rule for rule in known if rule.name not in chosen]
    terms = gate.terms(known, options, settings)
    began, clock = datetime.now(UTC), monotonic()
    collection = collecting.collected(options, rules)
    nodes = supposing.supposed(collection.nodes, options)
    gc.freeze()  # what was collected stays until the end: nothing in there is garbage to look for
    if options.probe:
        from lvsdoctor.cli.probing import ask_about
        from lvsdoctor.engine.probe_verdicts import confirmed

        nodes, asked = ask_about(nodes, options, collecting.named_vips(options))
        examination = confirmed(examine(nodes, rules, _apply(options, nodes), others), nodes, asked)
    else:
        examination = examine(nodes, rules, _apply(options, nodes), others)
    examination = _with_impact(_with_guilty_lines(examination, nodes), nodes, rules)
    examination = segments.with_segments(replace(examination, unread_paths=collection.unread), nodes)
    examination = supposing.with_remark(gate.judged(examination, terms, began.date()), options)
    examination = replace(examination, began=began, seconds=monotonic() - clock, drawn=partial(_drawn, nodes))
    for write in writers:
        write(examination)
    return monitoring.code(examination, options) if monitoring.monitored(options) else gate.code(examination, options)


def _apply(options: Namespace, nodes: Sequence["Node"]) -> "Apply":
    """What judges the nodes. Packets are followed beside it, which takes as long and needs no judgement."""
    from lvsdoctor.analysis.walk import walks_beside

    return workers.workers(options, walks_beside(nodes))


def _with_guilty_lines(examination: "Examination", nodes: Sequence["Node"]) -> "Examination":
    if not examination.diagnoses:
        return examination  # and no change has to be known
    from lvsdoctor.fixes.guilty_lines import with_guilty_lines

    return with_guilty_lines(examination, nodes)


_NOT_FOLLOWED = "no finding says whose connections suffer: packets could not be followed (our bug: {error})"


def _with_impact(examination: "Examination", nodes: Sequence["Node"], rules: Sequence["Rule"]) -> "Examination":
    """The same with what becomes of each service's connections, and whose connections suffer from each finding."""
    from dataclasses import replace

    from lvsdoctor.analysis.walk import walks_of_scan
    from lvsdoctor.engine.impact import with_impact
    from lvsdoctor.engine.services import services

    try:
        walked = walks_of_scan(nodes[0]) if nodes else ()  # a rule may have worked them out
        followed = replace(examination, services=services(nodes, walked), walks=walked)
        return with_impact(followed, walked, rules)
    except Exception as error:  # the findings stand without it
        from lvsdoctor.model.examination import Remark

        fields = {"error": f"{type(error).__name__}: {error}"}
        return replace(examination, remarks=(*examination.remarks, Remark(_NOT_FOLLOWED, fields)))


def _drawn(nodes: Sequence["Node"]) -> "Cluster":
    from lvsdoctor.analysis.topology import drawn  # most reports show no picture

    return drawn(nodes)
