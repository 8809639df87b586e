"""What the script and the play say in the same words."""

from collections.abc import Iterator, Sequence

from lvsdoctor.cli.fix.document import FixDocument, NodeFixes
from lvsdoctor.fixes.persist.parts import ByHand, OwnFile, OwnLine, Part, Run, Settings
from lvsdoctor.fixes.plan import PlanStep
from lvsdoctor.model.change import Change
from lvsdoctor.model.examination import Diagnosis
from lvsdoctor.reporting.wording import CAREFUL
from lvsdoctor.sanitize import command, legible

# What ip(8) and ipvsadm(8) say of an address or a real server that is there already, or gone already: the kernel's
# EEXIST, EADDRNOTAVAIL, ESRCH and ENOENT, its extended acknowledgements, and ipvsadm's own words.
DONE_BEFORE = (
    "File exists",
    "already assigned",
    "already exists",
    "Cannot assign requested address",
    "Address not found",
    "No such process",
    "No such file or directory",
    "No such destination",
)
# sysctl.d(5): the files are read in the order of their names, whatever their directory; sysctl -p reads sysctl.conf.
_SYSCTL_HOMES = "/etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d"


def only_once(changes: Sequence[Change]) -> bool:
    """Would the command fail if it were run again?"""
    return bool(changes) and all(change.fails_twice for change in changes)


def heading(diagnosis: Diagnosis) -> str:
    """One line about a finding."""
    named = f"{diagnosis.severity.upper()} {diagnosis.code} {diagnosis.rule}"
    return legible(f"{diagnosis.node}: {named}: {diagnosis.message}")


def spoken(step: PlanStep) -> str:
    """What a step changes, in one line."""
    text = step.command.lstrip("# ") if step.only_a_remark else "; ".join(step.says) or step.command
    return legible(text)


def left_over(document: FixDocument) -> Iterator[str]:
    """What is left: each finding in a line, and what its fix says below it."""
    for left in document.left:
        yield left.says
        yield from (f"    {line}" for line in left.lines)


def careful(fixes: NodeFixes) -> Iterator[tuple[PlanStep, tuple[str, ...]]]:
    """The steps, each with what it may cut; what a fix itself warns of stands at its first step."""
    warned: set[str] = set()
    for step in fixes.steps:
        warnings = [found.fix.warning for found in step.cures if found.fix.warning]
        new = [text for text in dict.fromkeys(warnings) if text not in warned]
        warned.update(new)
        yield step, tuple(f"{CAREFUL}: {text}" for text in (*step.cuts, *new))


def undoing(step: PlanStep) -> tuple[str, ...]:
    """The lines that take a step back, and what no line brings back."""
    return tuple(f"Undo: {line.removeprefix('# ')}" for line in step.undo)


def lasting_title(part: Part) -> str:
    match part:
        case Settings():
            text = f"{'; '.join(f'{key} = {value}' for key, value in part.pairs)}, in {part.path}"
        case OwnLine():
            text = f"{part.line}, in {part.path}"
        case OwnFile():
            text = f"{part.says}: {part.path}"
        case Run():
            text = part.says
        case ByHand():
            text = f"By hand: {part.says}"
    return legible(text)


def lasting_remarks(part: Part) -> tuple[str, ...]:
    """What may be cut, what could overrule it, and how it is undone."""
    match part:
        case Settings():
            names = dict.fromkeys(key.rpartition(".")[2] for key, _ in part.pairs)
            seek = command("grep", "-rn", *(part for name in names for part in ("-e", name)))
            return (
                f"Another file may overrule it: {seek} {_SYSCTL_HOMES}",
                "Undo: take that out again; beside the file is a copy of it as it was",
            )
        case OwnLine():
            return ("Undo: take that out again; beside the file is a copy of it as it was",)
        case OwnFile():
            return (f"Undo: {command('rm', '-f', part.path)}",)
        case Run():
            cuts = (f"{CAREFUL}: {part.careful}",) if part.careful else ()
            return (*cuts, *((f"Undo: {part.undo}",) if part.undo else ()))
        case ByHand():
            return part.lines
