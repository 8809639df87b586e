"""What to type: the first screen names the fix where it is one, and the command that prints all of them."""

from collections.abc import Sequence

from lvsdoctor.language import translated
from lvsdoctor.model.finding import Severity
from lvsdoctor.reporting import wording
from lvsdoctor.reporting.alike_nodes import AlikeFindings
from lvsdoctor.reporting.console import Page
from lvsdoctor.reporting.summary import counted
from lvsdoctor.reporting.terminal.nodes import MANY

_MOST_COMMANDS = 3


def put_first_steps(page: Page, groups: Sequence[AlikeFindings]) -> bool:
    """Of the findings that count; nothing, and False, where none of them suggests a change or no command is known."""
    worst = min((group.first[0].severity.rank for group in groups), default=Severity.NOTE.rank)
    mended = [group for group in groups if any(fix.now or fix.persist for _, fix in group.fixes())]
    if not page.output.fix_command or not mended or worst == Severity.NOTE.rank:
        return False
    if len(single := [group for group in groups if group.first[0].severity.rank == worst]) == 1:
        _put_single(page, single[0])
    put_fix_command(page)
    return True


def put_fix_command(page: Page) -> None:
    """What prints all fixes."""
    page.say(translated("To print all fixes in their order, type here (nothing is run):"), indent=0)
    page.commands([page.output.fix_command])


def _put_single(page: Page, group: AlikeFindings) -> None:
    """One cause: its commands, where these are few, need no care and no hand."""
    fixes = [(nodes, fix) for nodes, fix in group.fixes() if fix.now]
    if group.warnings or len(fixes) != 1:
        return
    (nodes, fix), code = fixes[0], group.first[0].code
    if len(fix.now) > _MOST_COMMANDS or any(line.lstrip().startswith("#") for line in fix.now):
        return
    where = wording.listed(nodes)
    if len(nodes) > MANY:
        where = translated("{share} ({names})", share=counted(len(nodes), "node"), names=wording.some(nodes))
    page.say(translated("To fix {code} now, type on {hosts}:", code=code, hosts=where), indent=0)
    page.commands(fix.now)
