"""What counts and what does not: acceptances, the baseline, and the exit code that lets a change through or not."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lvsdoctor.cli.choosing import named
from lvsdoctor.cli.configuring import beside, remarks_of
from lvsdoctor.cli.errors import ERROR, FINDINGS, INCOMPLETE, OK, CliError, say

if TYPE_CHECKING:
    from datetime import date

    from lvsdoctor.engine.accept import Acceptance
    from lvsdoctor.engine.baseline import Baseline
    from lvsdoctor.engine.rule import Rule
    from lvsdoctor.engine.settings import Configuration
    from lvsdoctor.model.examination import Examination

_LEVELS = ("error", "warning", "note", "never")


def add_options(parser: ArgumentParser) -> None:
    """--fail-on, --require-complete, --write-baseline, and what decides what counts."""
    add = parser.add_argument
    add("--fail-on", choices=_LEVELS, metavar="LEVEL", help="error (the default), warning, note, never")
    add("--require-complete", action="store_true", help="exit 3 if anything could not be checked")
    add("--write-baseline", metavar="FILE", help="know all that is found (with --baseline: drop what is fixed)")
    add_what_counts(parser)


def add_what_counts(parser: ArgumentParser) -> None:
    """--baseline and --no-accept, for a verb that has no gate as well."""
    parser.set_defaults(fail_on=None, require_complete=False, write_baseline=None)
    add = parser.add_argument
    add("--baseline", metavar="FILE", help="what this file knows does not count: only new findings do")
    add("--no-accept", action="store_true", help="count what was accepted, and what the baseline knows, too")


@dataclass(frozen=True, slots=True)
class Terms:
    """What is accepted, what is known, and where the baseline goes; `words` are the names and codes of all rules."""

    acceptances: Sequence["Acceptance"]
    words: Mapping[str, str]
    settings: "Configuration | None"
    options: Namespace
    baseline: "Baseline | None" = None


def terms(rules: Sequence["Rule"], options: Namespace, settings: "Configuration | None") -> Terms:
    """What the options and the configuration file say about counting, checked before anything is collected.

    Raises CliError. With --write-baseline, only a --baseline beside it is read: the file's own may not be there yet.
    """
    words = {rule.name: rule.name for rule in rules} | {rule.code.lower(): rule.name for rule in rules}
    acceptances = [
        replace(each, rules=frozenset(rule.name for rule in named(rules, [each.rule], each.seen)))
        for each in (settings.accept if settings else ())
    ]
    if options.no_accept:
        if options.baseline or options.write_baseline:
            raise CliError("--no-accept counts what a baseline knows, so it cannot be combined with one")
        return Terms((), {}, settings, options)
    configured = str(beside(settings, settings.baseline)) if settings and settings.baseline else None
    file = options.baseline or (None if options.write_baseline else configured)
    return Terms(acceptances, words, settings, options, _read(file) if file else None)


def judged(examination: "Examination", terms: Terms, today: "date") -> "Examination":
    """The examination with what is accepted and known, and remarks about both; the new baseline is written."""
    options = terms.options
    if terms.settings:
        examination = replace(examination, remarks=(*examination.remarks, *remarks_of(terms.settings)))
    if not options.no_accept and (terms.acceptances or any(node.comments for node in examination.nodes)):
        from lvsdoctor.engine.accept import accepted, commented

        inline, remarks = commented(examination, terms.words)
        examination = replace(examination, remarks=(*examination.remarks, *remarks))
        examination = accepted(examination, (*terms.acceptances, *inline), today)
    baseline = _written(examination, terms) if options.write_baseline else terms.baseline
    if baseline is not None:
        from lvsdoctor.engine.baseline import against_baseline

        examination = against_baseline(examination, baseline)
    return examination


def code(examination: "Examination", options: Namespace) -> int:
    """The exit code; what is accepted does not count, and a node that could not be judged is not healthy."""
    from lvsdoctor.model.examination import Verdict
    from lvsdoctor.model.finding import Severity

    if contradictory(examination):
        return ERROR
    if options.fail_on != "never":
        worst = Severity(options.fail_on or "error").rank
        if any(d.severity.rank <= worst and d.accepted is None for d in examination.diagnoses):
            return FINDINGS
    if incomplete(examination):
        return INCOMPLETE
    open_ones = (Verdict.NOT_CHECKED, Verdict.CRASHED)
    if options.require_complete and any(o.verdict in open_ones or o.missing for o in examination.outcomes):
        return INCOMPLETE
    return OK


def incomplete(examination: "Examination") -> bool:
    """Is there a node that could not be judged, or a PATH without a dump?"""
    from lvsdoctor.reporting.summary import summary

    return summary(examination)["unjudged"] > 0


def contradictory(examination: "Examination") -> bool:
    """Does the evidence of a node contradict itself? Says so, with both lines."""
    nodes = [node for node in examination.nodes if node.contradictions]
    for node in nodes:
        first, *more = node.contradictions
        others = f" ({len(more)} more in the report)" if more else ""
        say(f"the evidence of {node.name} contradicts itself, so no rule is checked on it. {first.says}{others}")
    return bool(nodes)


def _read(file: str) -> "Baseline":
    from lvsdoctor.collect.texts import LARGEST_FILE
    from lvsdoctor.engine.baseline import BadBaseline, read_baseline

    try:
        with open(file, encoding="utf-8") as stream:
            text = stream.read(LARGEST_FILE + 1)
        if len(text) > LARGEST_FILE:
            raise CliError(f"{file}: is larger than {LARGEST_FILE // 1024 // 1024} MiB")
        return read_baseline(text, file)
    except FileNotFoundError:
        raise CliError(f"{file}: no such baseline; --write-baseline {file} makes one") from None
    except OSError as error:
        raise CliError(f"{file}: {error.strerror}") from None
    except (BadBaseline, UnicodeDecodeError) as error:
        raise CliError(str(error) if isinstance(error, BadBaseline) else f"{file}: is not written in UTF-8") from None


def _written(examination: "Examination", terms: Terms) -> "Baseline":
    from lvsdoctor.cli.replacing import replacing
    from lvsdoctor.cli.streams import not_written
    from lvsdoctor.engine.baseline import as_text, baseline_of, pruned
    from lvsdoctor.reporting.summary import counted

    file, before = terms.options.write_baseline, terms.baseline
    new = pruned(before, examination, file) if before else baseline_of(examination, file)
    try:
        with replacing(file) as stream:
            stream.write(as_text(new))
    except OSError as error:
        raise not_written(file, error) from None
    gone = f"; {len(before.known) - len(new.known)} fixed" if before else ""
    say(f"{file} knows {counted(len(new.known), 'finding')} now{gone}")
    return new
