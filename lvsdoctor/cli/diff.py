"""lvsdoctor diff: what two scans show differently."""

from argparse import Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from functools import partial
from typing import TYPE_CHECKING, Any

from lvsdoctor.cli import choosing, collecting
from lvsdoctor.cli.errors import ERROR, FINDINGS, OK, CliError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lvsdoctor.engine.rule import Rule
    from lvsdoctor.engine.scan_differences import ExaminedNodes
    from lvsdoctor.model.node import Node

_DESCRIPTION = """Compare two snapshots, two directors, or what files configure and what runs.

Each PATH is read as scan reads it. With one PATH it is compared with this host,
live and read-only. Nodes of one name are compared; two PATHs of one node each
are compared whatever the names.

Facts are compared as rules read them: without counters, timers, lifetimes and
the states of neighbours and connections. Of findings it is said which came,
which went, and which have another severity.

What one side does not tell is no difference. It is listed as not compared,
with the command that collects it.
"""
_EPILOG = """exit codes:
  0  nothing that both sides tell differs
  1  facts or findings differ
  2  wrong usage, unreadable input, a PATH without a dump, internal error,
     evidence of a host that contradicts itself
"""


def add_to(verbs: "_SubParsersAction[Any]") -> None:
    """Add `diff` and its options."""
    parser = verbs.add_parser(
        "diff",
        help="what two snapshots, or two hosts, show differently",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    collecting.add_options(parser, "with one PATH: compare it with this network namespace")
    choosing.add_options(parser)
    add = parser.add_argument
    add("-f", "--format", choices=("terminal", "json"), default="terminal", metavar="NAME", help="terminal, json")
    add("--color", choices=("auto", "always", "never"), default="auto", metavar="WHEN", help="auto, always, never")
    add("-q", "--quiet", action="store_true", help="only the differences, a line each, and the summary")
    add("-v", "--verbose", action="count", default=0, help="all differences of a fact; tracebacks")


def run(options: Namespace) -> int:
    """Examine both, compare, and tell by the exit code."""
    from lvsdoctor.cli.gate import contradictory
    from lvsdoctor.engine.scan_differences import scan_differences
    from lvsdoctor.reporting.wording import some

    if not 1 <= len(options.paths) <= 2:
        raise CliError("diff compares two PATHs, or one with this host (see lvsdoctor diff --help)")
    sources = [[path] for path in options.paths] + [[]] * (2 - len(options.paths))
    rules = choosing.left(choosing.load(options.rules), options)
    scanned = partial(_scanned, options, rules)
    first, second = (scanned(_collected(options, paths, rules)) for paths in sources)
    difference = scan_differences(first, second, scanned)
    if not difference.nodes:
        has = " and ".join(some(each) for each in (difference.only_first, difference.only_second))
        raise CliError(f"no node stands in both ({has}), so nothing is compared")
    names = (options.paths[0], options.paths[1] if len(options.paths) > 1 else "this host")
    if options.format == "json":
        import json
        import sys

        from lvsdoctor.reporting.differences_as_data import differences_as_data

        json.dump(differences_as_data(difference, names), sys.stdout, indent=2, ensure_ascii=True)
        sys.stdout.write("\n")
    else:
        from lvsdoctor.cli.output import standard_output
        from lvsdoctor.reporting.terminal.differences import put_differences

        put_differences(standard_output(options), difference, names)
    if any([contradictory(first.examination), contradictory(second.examination)]):
        return ERROR
    return OK if difference.same else FINDINGS


def _collected(options: Namespace, paths: list[str], rules: "Sequence[Rule]") -> "Sequence[Node]":
    from lvsdoctor.reporting.wording import not_read

    given = Namespace(**{**vars(options), "paths": paths, "netns": None if paths else options.netns})
    collection = collecting.collected(given, rules)
    if collection.unread:
        raise CliError(not_read(collection.unread[0]))
    return collection.nodes


def _scanned(options: Namespace, rules: "Sequence[Rule]", nodes: "Sequence[Node]") -> "ExaminedNodes":
    from lvsdoctor.analysis.roles import with_standing
    from lvsdoctor.cli import workers
    from lvsdoctor.engine.runner import examine
    from lvsdoctor.engine.scan_differences import ExaminedNodes

    standing = with_standing(nodes, role=options.role, vips=collecting.named_vips(options))
    return ExaminedNodes(standing, examine(standing, rules, workers.workers(options)))
