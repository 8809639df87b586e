"""For a job on GitHub: findings as annotations at their lines, ten of a level, and the rest counted by rule.

GitHub Docs, "Workflow commands": `::error file=...,line=...,title=...::message`. A step shows ten annotations of each
level and drops the others without a word; so the tenth says what is left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from lvsdoctor.reportkit import (
    Diagnosis,
    Examination,
    Output,
    Place,
    Places,
    Severity,
    Verdict,
    asides,
    counted,
    shortened,
    summary,
    wording,
)

MOST = 10  # annotations of a level and step
LISTED = 20  # lines of one annotation
LONGEST = 1000  # columns of one line
TOO_LONG = "(a command that is longer than an annotation: `lvsdoctor scan` prints it)"
LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


@dataclass(frozen=True, slots=True)
class Annotation:
    """A title and lines, at a place if there is one; `of` is the rule, by which those left out are counted."""

    title: str
    lines: tuple[str, ...]
    place: Place | None = None
    of: str = ""


def render(examination: Examination, output: Output) -> None:
    """Write errors, warnings and notices, each rule's first finding before any other's second; the summary at last."""
    places, counts = Places(examination), summary(examination)
    told: dict[str, list[Annotation]] = {level: [] for level in LEVEL.values()}
    for found in _most_different([each for each in examination.diagnoses if not each.accepted]):
        told[LEVEL[found.severity]].append(_annotation(found, places.home(found)))
    crashes = [wording.crash(each) for each in examination.outcomes if each.verdict is Verdict.CRASHED]
    if crashes:
        told["warning"].insert(0, Annotation("lvsdoctor: crashed", _few(crashes)))
    if openings := wording.openings(examination):
        level, title = ("error", "lvsdoctor: not judged") if counts["unjudged"] else ("notice", "lvsdoctor")
        told[level].insert(0, Annotation(title, _few([*openings])))
    last = _summary(examination)
    for level, annotations in told.items():
        shown = _fitted(annotations, level, MOST - 1 if level == "notice" else MOST)
        for each in [*shown, last] if level == "notice" else shown:
            output.stream.write(_command(level, each, output))


def _most_different(diagnoses: Iterable[Diagnosis]) -> list[Diagnosis]:
    """In their order, but of every rule the first one first."""
    seen: dict[str, int] = {}
    numbered = []
    for each in diagnoses:
        seen[each.rule] = number = seen.get(each.rule, 0) + 1
        numbered.append((number, each))
    return [each for _, each in sorted(numbered, key=lambda pair: pair[0])]


def _annotation(diagnosis: Diagnosis, place: Place | None) -> Annotation:
    fix, lines = diagnosis.fix, [wording.sentence(diagnosis)]
    if diagnosis.clients:
        lines.append(f"{wording.CLIENTS}: {diagnosis.clients}")
    if others := asides.others_of([diagnosis]):
        lines.append(f"{wording.ALSO}: {others}")
    lines += asides.severities_set([diagnosis])
    if diagnosis.lapsed:
        lines.append(wording.lapsed(diagnosis.lapsed))
    if fix.warning:
        lines.append(f"{wording.CAREFUL}: {fix.warning}")
    if fix.now:
        lines.append(f"{wording.fix_now(diagnosis)}:")
        lines += (command if len(command) <= LONGEST else TOO_LONG for command in fix.now)
    return Annotation(f"{wording.label(diagnosis)} {diagnosis.rule}", _few(lines), place, diagnosis.rule)


def _fitted(annotations: list[Annotation], level: str, most: int) -> list[Annotation]:
    """All, or as many as are shown but one, which counts the rest."""
    if len(annotations) <= most:
        return annotations
    shown, rest = annotations[: most - 1], annotations[most - 1 :]
    rules = [each.of for each in rest]
    by_rule = [f"{rules.count(rule)} of {rule}" for rule in dict.fromkeys(rules)]
    return [*shown, Annotation(f"lvsdoctor: {counted(len(rest), f'more {level}')}", _few(by_rule))]


def _summary(examination: Examination) -> Annotation:
    """The numbers, what was accepted, and what is said of the scan itself."""
    aside = [
        f"Accepted: {wording.label(each)} {each.message}: {wording.accepted(each.accepted)}"
        for each in examination.diagnoses
        if each.accepted
    ]
    aside += map(wording.remarked, examination.remarks)
    return Annotation("lvsdoctor", (wording.summed_up(examination), *_few(aside)))


def _few(lines: list[str]) -> tuple[str, ...]:
    if len(lines) <= LISTED:
        return tuple(lines)
    return (*lines[: LISTED - 1], f"and {len(lines) - LISTED + 1} more")


def _command(level: str, annotation: Annotation, output: Output) -> str:
    """One line. Legible text has no line break: nothing that was read can begin a command of its own."""
    at = annotation.place
    properties = {"file": at.path, "line": str(at.line) if at.line else ""} if at else {}
    shown = {**properties, "title": shortened(annotation.title, LONGEST)}
    head = ",".join(f"{name}={_property(output.legible(value))}" for name, value in shown.items() if value)
    lines = (shortened(output.legible(line), LONGEST) for line in annotation.lines)
    return f"::{level} {head}::{'%0A'.join(_data(line) for line in lines)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
