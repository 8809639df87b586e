"""lvsdoctor diff: what two scans show differently."""

from argparse import Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from functools import partial
from typing import TYPE_CHECKING, Any

from lvsdoctor.cli import choosing, collecting, configuring, rule_settings, speaking
from lvsdoctor.cli.errors import ERROR, FINDINGS, OK, CliError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lvsdoctor.engine.rule import Rule
    from lvsdoctor.engine.scan_differences import ExaminedNodes
    from lvsdoctor.model.difference import ScanDifference
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

lvsdoctor.toml says which rules are run, and with which options. What it accepts
is compared as any other finding.
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
    configuring.add_options(parser)
    parser.set_defaults(fail_on=None, require_complete=False)  # of the file, for other verbs
    add = parser.add_argument
    add("-f", "--format", choices=("terminal", "json"), default="terminal", metavar="NAME", help="terminal, json")
    add("--color", choices=("auto", "always", "never"), default="auto", metavar="WHEN", help="auto, always, never")
    speaking.add_option(parser, " for the terminal")
    add("-q", "--quiet", action="store_true", help="only the differences, a line each, and the summary")
    add("-v", "--verbose", action="count", default=0, help="all differences of a fact; tracebacks")


def run(options: Namespace) -> int:
    """Examine both, compare, and tell by the exit code."""
    from lvsdoctor.cli.gate import contradictory
    from lvsdoctor.engine.scan_differences import scan_differences

    if not 1 <= len(options.paths) <= 2:
        raise CliError("diff compares two PATHs, or one with this host (see lvsdoctor diff --help)")
    if options.paths == ["-", "-"]:
        raise CliError("standard input is read once, so only one of the two PATHs may be -")
    speaking.wanted(options)  # before anything is collected
    sources = [[path] for path in options.paths] + [[]] * (2 - len(options.paths))
    settings = configuring.configured(options)
    rules = choosing.left(rule_settings.applied(choosing.load(options.rules), settings), options, settings)
    scanned = partial(_scanned, options, rules)
    first, second = (scanned(_collected(options, paths, rules)) for paths in sources)
    difference = scan_differences(first, second, scanned)
    names = (options.paths[0], options.paths[1] if len(options.paths) > 1 else "this host")
    if not difference.nodes:
        raise _nothing_in_both(difference, names)
    remarks = tuple(configuring.remarks_of(settings)) if settings is not None else ()
    if options.format == "json":
        import json
        import sys

        from lvsdoctor.reporting.differences_as_data import differences_as_data

        json.dump(differences_as_data(difference, names, remarks), sys.stdout, indent=2, ensure_ascii=True)
        sys.stdout.write("\n")
    else:
        from lvsdoctor.cli.output import standard_output
        from lvsdoctor.reporting.terminal.differences import put_differences

        output = standard_output(options)
        with speaking.for_people(options, output.stream):
            put_differences(output, difference, names, remarks)
    if any([contradictory(first.examination), contradictory(second.examination)]):
        return ERROR
    return OK if difference.same else FINDINGS


def _nothing_in_both(difference: "ScanDifference", names: tuple[str, str]) -> CliError:
    from lvsdoctor.reporting.terminal.differences import source
    from lvsdoctor.reporting.wording import some

    nodes = (difference.only_first, difference.only_second)
    has = "; ".join(f"{source(name)} has {some(own)}" for name, own in zip(names, nodes, strict=True))
    return CliError(f"no node stands in both ({has}), so nothing is compared; name one node on each side")


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
