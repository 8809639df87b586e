"""lvsdoctor fix: what would clear the findings, as a script or a play. It runs nothing."""

import sys
from argparse import Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from typing import TYPE_CHECKING, Any

from lvsdoctor.cli import choosing, collecting, configuring, gate, rule_settings, workers
from lvsdoctor.cli.errors import ERROR, FINDINGS, INCOMPLETE, OK, say, unknown

if TYPE_CHECKING:
    from lvsdoctor.cli.fix.document import FixDocument

# lasting/systems.py has them; not imported, because every verb's options are made at each start.
_NETWORKS = ("auto", "netplan", "networkd", "networkmanager", "ifcfg", "ifupdown", "none")
_DESCRIPTION = """Print what would clear the findings of a scan, as a shell script or a play for
Ansible. Nothing is run and nothing is written.

Every fix is first tried on the model: it is applied to the evidence, and that
is scanned again. What would not clear its finding, or would raise another, is
not offered; it is named on stderr and at the end of the script, with what is
left to be done by hand. What is accepted, or known to the baseline, is left
alone.

The script has commands for now, in an order that keeps a VIP quiet, and then
what makes them last over a reboot: sysctl.d, and addresses in the way of the
host's own network configuration (--network). Each step says what it changes,
what it may cut, and how to undo it. Read it, then run it on the host:

  lvsdoctor fix dumps/ > fix.sh
  sh fix.sh --now      only until the next reboot, to see whether it helps
  sh fix.sh            all of it
"""
_EPILOG = """exit codes:
  0  the fixes were printed, or nothing needs a fix
  1  the fix of a finding could not be offered
  2  wrong usage, unreadable input, internal error,
     evidence of a host that contradicts itself
  3  a node could not be judged: no rule could be checked on it; or a PATH holds
     no dump
"""


def add_to(verbs: "_SubParsersAction[Any]") -> None:
    """Add `fix` and its options."""
    parser = verbs.add_parser(
        "fix",
        help="print what clears the findings, as a script; runs nothing",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    collecting.add_options(parser)
    add = parser.add_argument
    add("--node", metavar="NAME", help="only what is to be done on this node")
    add("--as", dest="form", choices=("sh", "ansible"), default="sh", metavar="FORM", help="sh (default), ansible")
    networks = f"what configures addresses at boot: {', '.join(_NETWORKS)} (default auto: by the files that are there)"
    add("--network", choices=_NETWORKS, default="auto", metavar="NAME", help=networks)
    gate.add_what_counts(parser)
    choosing.add_options(parser)
    configuring.add_options(parser)


def run(options: Namespace) -> int:
    """Scan, plan, print; tell by the exit code whether anything is left."""
    from dataclasses import replace
    from datetime import UTC, datetime

    from lvsdoctor.cli.fix.document import fix_document
    from lvsdoctor.engine.laid_bare import naming_hidden
    from lvsdoctor.engine.runner import examine
    from lvsdoctor.fixes.plan import plan
    from lvsdoctor.reporting.wording import openings

    settings = configuring.configured(options)
    known_rules = rule_settings.applied(choosing.load(options.rules), settings)
    rules = choosing.left(known_rules, options, settings)
    terms = gate.terms(known_rules, options, settings)
    collection = collecting.collected(options, rules)
    nodes = collection.nodes
    silent = [rule for rule in known_rules if rule not in rules]
    examination = examine(nodes, rules, workers.workers(options), silent)
    examination = replace(examination, unread_paths=collection.unread)
    if others := choosing.unselected(known_rules, rules, options, settings):
        named = naming_hidden(examination.diagnoses, nodes, examine(nodes, others).diagnoses)
        examination = replace(examination, diagnoses=tuple(named))
    examination = gate.judged(examination, terms, datetime.now(UTC).date())
    planned = plan(nodes, rules, role=options.role, vips=collecting.named_vips(options), examination=examination)
    if options.node is not None:
        known = {node.name for node in nodes} | set(planned.nodes)
        if options.node not in known:
            raise unknown("node", options.node, sorted(known))
    unjudged = openings(examination)
    document = fix_document(planned, nodes, options, unjudged)
    for sentence in unjudged:
        say(sentence)
    if document.fixes or document.left:
        sys.stdout.write(_written(document, options.form))
    elif gate.incomplete(examination):
        say("no fix is known to be needed, and not all nodes could be judged")
    else:
        say("nothing to fix")
    for left in document.left:
        say(left.says)
    if gate.contradictory(examination):
        return ERROR
    if not all(left.remark for left in document.left):
        return FINDINGS
    return INCOMPLETE if gate.incomplete(examination) else OK


def _written(document: "FixDocument", form: str) -> str:
    if form == "ansible":
        from lvsdoctor.cli.fix.play import play

        return play(document)
    from lvsdoctor.cli.fix.script import script

    return script(document)
