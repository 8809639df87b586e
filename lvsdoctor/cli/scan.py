"""lvsdoctor scan: collect, examine, report."""

import sys
from argparse import Action, ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lvsdoctor.cli.exits import FINDINGS, INCOMPLETE, OK, Trouble, unknown
from lvsdoctor.cli.output import standard_output, width
from lvsdoctor.homes import report_formats

if TYPE_CHECKING:
    from lvsdoctor.finding import Examination
    from lvsdoctor.model.address import IP
    from lvsdoctor.model.node import Node
    from lvsdoctor.rulekit import Rule

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
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH", help="dumps to read instead of this node")
    roles = ("auto", "director", "real-server", "none")
    add("--role", choices=roles, default="auto", metavar="ROLE", help=f"{', '.join(roles)} (default auto)")
    add("--vip", action="append", default=[], metavar="ADDR", help="a VIP that the nodes must carry (repeat)")
    add("--netns", metavar="NAME", help="inspect this network namespace instead (with PATH: probe from there)")
    add(*_PROBE, action=_ProbeOption, help="hold the findings against the wire (require: exit 2 if it cannot be asked)")
    formats = f"{', '.join(report_formats())} (repeat; default terminal)"
    add("-f", "--format", action="append", default=[], metavar="NAME[=FILE]", help=formats)
    add("--fail-on", choices=_LEVELS, default="error", metavar="LEVEL", help="error, warning, note, never")
    add("--select", action="append", default=[], metavar="RULE,...", help="only these rules (names or codes)")
    add("--ignore", action="append", default=[], metavar="RULE,...", help="not these rules")
    add("--rules", action="append", default=[], type=Path, metavar="DIR", help="rules of your own, besides ours")
    add("--require-complete", action="store_true", help="exit 3 if something could not be checked")
    add("--color", choices=("auto", "always", "never"), default="auto", metavar="WHEN", help="auto, always, never")
    add("-q", "--quiet", action="store_true", help="only the findings and the summary")
    add("-v", "--verbose", action="count", default=0, help="also quiet rules, unread lines, tracebacks")


class _ProbeOption(Action):
    """Both words are options of their own: a value that may be left out would swallow the PATH behind it."""

    def __init__(self, option_strings: Sequence[str], dest: str, **how: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, **how)

    def __call__(self, parser: ArgumentParser, options: Namespace, values: object, word: str | None = None) -> None:
        setattr(options, self.dest, "require" if word == _PROBE[1] else "if-possible")


def run(options: Namespace) -> int:
    """Scan, report, and tell by the exit code."""
    from lvsdoctor.examine import examine
    from lvsdoctor.roles import with_standing

    writers = _writers(options)
    rules = _chosen_rules(options)
    vips = [_address(text) for text in options.vip]
    nodes: Sequence[Node] = with_standing(_collect(options), role=options.role, vips=vips)
    if options.probe:
        from lvsdoctor.cli.probing import ask_about
        from lvsdoctor.confirming import confirmed

        nodes, asked = ask_about(nodes, options, vips)
        examination = confirmed(examine(nodes, rules), nodes, asked)
    else:
        examination = examine(nodes, rules)
    for write in writers:
        write(examination)
    return _code(examination, options)


def _collect(options: Namespace) -> Sequence["Node"]:
    from lvsdoctor.collect.errors import CannotCollect

    try:
        if options.paths:
            if options.netns and not options.probe:
                raise Trouble("--netns is about a live scan and cannot be combined with a PATH (but with --probe)")
            from lvsdoctor.collect.files import collect_paths

            return collect_paths(options.paths)
        if not sys.platform.startswith("linux"):
            raise Trouble("a live scan needs Linux; name the dumps to read (lvsdoctor scan PATH)")
        from lvsdoctor.collect.live.node import collect_live

        return (collect_live(options.netns),)
    except CannotCollect as error:
        raise Trouble(str(error)) from None


def _code(examination: "Examination", options: Namespace) -> int:
    from lvsdoctor.finding import Severity, Verdict

    if options.fail_on != "never":
        worst = Severity(options.fail_on).rank
        if any(d.severity.rank <= worst and d.accepted is None for d in examination.diagnoses):
            return FINDINGS
    open_ones = (Verdict.NOT_CHECKED, Verdict.CRASHED)
    if options.require_complete and any(o.verdict in open_ones or o.missing for o in examination.outcomes):
        return INCOMPLETE
    return OK


def _address(text: str) -> "IP":
    try:
        return ip_address(text)
    except ValueError:
        raise Trouble(f"--vip {text!r} is no IP address") from None


def _chosen_rules(options: Namespace) -> Sequence["Rule"]:
    rules = load(options.rules)
    selected = named(rules, options.select)
    ignored = named(rules, options.ignore)
    return [rule for rule in (selected or rules) if rule not in ignored]


def load(directories: Sequence[Path]) -> Sequence["Rule"]:
    """All rules, ours and those of other directories; one sentence where they cannot be loaded."""
    from lvsdoctor.loader import CannotLoad, load_rules

    try:
        return load_rules(directories)
    except CannotLoad as error:
        raise Trouble(str(error)) from None


def named(rules: Sequence["Rule"], lists: Sequence[str]) -> list["Rule"]:
    """The rules that comma-separated lists name, by name or code (ARP002, arp-002)."""
    known = {rule.name: rule for rule in rules} | {rule.code.lower(): rule for rule in rules}
    found = []
    for word in (word.strip() for text in lists for word in text.split(",")):
        if not word:
            continue
        rule = known.get(word.lower()) or known.get(word.lower().replace("-", "", 1))
        if rule is None:
            codes_too = word[-1:].isdigit()
            raise unknown("rule", word, [rule.code if codes_too else rule.name for rule in rules])
        found.append(rule)
    return found


# -- where reports go -------------------------------------------------------------------------------------------------


def _writers(options: Namespace) -> list[Callable[["Examination"], None]]:
    """One function per -f, all checked before anything is collected."""
    formats = report_formats()
    wanted = []
    for text in options.format or ["terminal"]:
        name, _, file = text.partition("=")
        if name not in formats:
            raise unknown("format", name, list(formats))
        wanted.append((name, file))
    if sum(not file for _, file in wanted) > 1:
        raise Trouble("only one format can go to standard output; give the others a file (-f NAME=FILE)")
    return [_writer(name, file, options) for name, file in wanted]


def _writer(name: str, file: str, options: Namespace) -> Callable[["Examination"], None]:
    from lvsdoctor.loader import load_report
    from lvsdoctor.reportkit import Output

    render = load_report(name)

    def write(examination: "Examination") -> None:
        if not file:
            render(examination, standard_output(options))
            return
        try:
            with open(file, "w", encoding="utf-8", newline="\n") as stream:
                render(examination, Output(stream, False, width(), options.verbose, options.quiet))
        except OSError as error:
            raise Trouble(f"{file}: {error.strerror}") from None

    return write
