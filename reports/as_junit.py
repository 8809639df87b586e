"""For CI servers that draw test results: a suite for each node, a case for each rule, skipped what was not checked.

Errors and warnings fail a case. A note and an accepted finding pass, and the case's output tells of them. A rule for
another role is no case at all: it would only be skipped for ever. There is no one standard; the elements are those
that Jenkins reads (xunit plugin, junit-10.xsd), and each case has only one result, because most readers take one.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC
from xml.etree import ElementTree as Xml

from lvsdoctor.reportkit import (
    Citation,
    Diagnosis,
    Examination,
    Outcome,
    Output,
    Severity,
    Verdict,
    asides,
    counted,
    guilty_lines,
    legible,
    unread_paths,
    wanted,
    wording,
    worst_first,
)

FAILING = (Severity.ERROR, Severity.WARNING)
LONGEST = 50_000  # characters of one case's text; what is wrong stands at the top


def render(examination: Examination, output: Output) -> None:
    """Write the suites, the worst node first, and their cases in the order of the rules."""
    outcomes: dict[str, dict[str, Outcome]] = {}
    for outcome in examination.outcomes:
        outcomes.setdefault(outcome.node, {})[outcome.rule] = outcome
    found: dict[tuple[str, str], list[Diagnosis]] = {}
    for each in examination.diagnoses:
        found.setdefault((each.node, each.rule), []).append(each)
        fires = Outcome(each.rule, each.node, Verdict.FIRES)
        outcomes.setdefault(each.node, {}).setdefault(each.rule, fires)
    blind = {node: group.says for group in wording.unjudged_nodes(examination) for node in group.nodes}
    root = Xml.Element("testsuites", name="lvsdoctor")
    for node in worst_first(examination):
        became = [each for each in outcomes.get(node.name, {}).values() if each.verdict is not Verdict.NOT_APPLICABLE]
        if became:
            cases = [_case(each, found.get((node.name, each.rule), [])) for each in became]
            if node.name in blind:
                cases.insert(0, _unjudged(node.name, blind[node.name]))
            root.append(_suite(examination, node.name, cases))
    for path in unread_paths(examination):
        root.append(_suite(examination, path.path, [_unjudged(path.path, wording.not_read(path))]))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    if examination.seconds is not None:
        root.set("time", f"{examination.seconds:.3f}")
    Xml.indent(root)
    text = Xml.tostring(root, encoding="unicode")
    if (getattr(output.stream, "encoding", None) or "utf-8").lower() != "utf-8":
        text = text.encode("ascii", "xmlcharrefreplace").decode("ascii")  # which is UTF-8 as well
    output.stream.write(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n')


def _suite(examination: Examination, node: str, cases: list[Xml.Element]) -> Xml.Element:
    suite = Xml.Element("testsuite", name=_shown(node), tests=str(len(cases)))
    for count, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(element) is not None for case in cases)))
    if examination.began:
        suite.set("timestamp", examination.began.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    suite.extend(cases)
    return suite


def _unjudged(place: str, says: str) -> Xml.Element:
    """An error: a suite of skipped cases alone is green for most readers."""
    case = Xml.Element("testcase", classname=f"lvsdoctor.{_shown(place)}", name="unjudged")
    _add(case, "error", "unjudged", says, ())
    return case


def _case(outcome: Outcome, diagnoses: list[Diagnosis]) -> Xml.Element:
    """One result: crashed, failed, skipped, or none of them, which is passed. Everything else is the case's output."""
    case = Xml.Element("testcase", classname=f"lvsdoctor.{_shown(outcome.node)}", name=_shown(outcome.rule))
    failing = [each for each in diagnoses if each.accepted is None and each.severity in FAILING]
    passing = [each for each in diagnoses if each not in failing]
    told: list[str] = []
    if outcome.verdict is Verdict.CRASHED:
        _add(case, "error", "crash", wording.crash(outcome), outcome.traceback.split("\n"))
        passing = diagnoses
    elif failing:
        more = f" (and {counted(len(failing) - 1, 'more finding')})" if len(failing) > 1 else ""
        _add(case, "failure", failing[0].severity.value, failing[0].message + more, _account(failing))
    elif outcome.verdict is Verdict.NOT_CHECKED:
        _add(case, "skipped", "not-checked", "; ".join(_missing(outcome)) or "not checked", ())
    if outcome.missing and case.find("skipped") is None:
        told.append(f"Not all was checked: {'; '.join(_missing(outcome))}")
    if outcome.explained_by:
        told.append(f"explained by {wording.listed(outcome.explained_by)}")
    if told := [*_account(passing), *told]:
        Xml.SubElement(case, "system-out").text = _text(told)
    return case


def _add(case: Xml.Element, element: str, kind: str, message: str, lines: Iterable[str]) -> None:
    Xml.SubElement(case, element, type=kind, message=_shown(message)).text = _text(lines) or None


def _missing(outcome: Outcome) -> Iterator[str]:
    """`needs sysctl: sysctl -a`."""
    for group in wanted([outcome]):
        place = f" of {group.node}" if group.node != outcome.node else ""
        yield f"needs {wording.listed(group.facts)}{place}" + (f": {group.command}" if group.command else "")


def _account(diagnoses: Iterable[Diagnosis]) -> Iterator[str]:
    """Each finding with its evidence and its fix."""
    for diagnosis in diagnoses:
        yield f"{wording.label(diagnosis)} {wording.sentence(diagnosis)}"
        if diagnosis.accepted:
            yield f"Accepted: {wording.accepted(diagnosis.accepted)}"
        if diagnosis.lapsed:
            yield wording.lapsed(diagnosis.lapsed)
        if diagnosis.clients:
            yield f"{wording.CLIENTS}: {diagnosis.clients}"
        if others := asides.others_of([diagnosis]):
            yield f"{wording.ALSO}: {others}"
        yield from asides.severities_set([diagnosis])
        for label, cited in ((wording.EVIDENCE, _proofs(diagnosis)), (wording.ASSUMED, _assumptions(diagnosis))):
            if cited:
                yield f"{label}:"
                yield from (_quote(item, guilty=item.seen in guilty_lines([diagnosis])) for item in cited)
        if diagnosis.fix.warning:
            yield f"{wording.CAREFUL}: {diagnosis.fix.warning}"
        if diagnosis.fix.now:
            yield f"{wording.fix_now(diagnosis)}:"
            yield from (f"    {command}" for command in diagnosis.fix.now)
        if diagnosis.fix.persist:
            yield f"{wording.fix_for_good(diagnosis)}:"
            yield from (f"    {command}" for command in diagnosis.fix.persist)
        yield ""


def _proofs(diagnosis: Diagnosis) -> list[Citation]:
    return [item for item in diagnosis.evidence if not item.assumed]


def _assumptions(diagnosis: Diagnosis) -> list[Citation]:
    return [item for item in diagnosis.evidence if item.assumed]


def _quote(item: Citation, *, guilty: bool) -> str:
    note = f"  <- {item.says}" if item.says else ""
    settle = f" (settle it with {item.settle})" if item.settle else ""
    return f"  {'>' if guilty else ' '} {item.seen} | {item.seen.text.strip()}{note}{settle}"


def _text(lines: Iterable[str]) -> str:
    """Whole lines, as many as there is room for: half a command is worse than none."""
    shown = "\n".join(map(_shown, lines)).strip("\n")
    if len(shown) <= LONGEST:
        return shown
    return shown[: shown.rfind("\n", 0, LONGEST) + 1] + "[cut here: lvsdoctor scan prints all of it]"


def _shown(text: str) -> str:
    """XML 1.0 has no way to write most control characters (2.2 Characters); what is legible has none."""
    return legible(text).rstrip()
