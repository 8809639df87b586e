"""For code scanning: SARIF 2.1.0 with every finding at the line that is to blame, and the rules' pages as help.

GitHub's "SARIF support for code scanning" asks for more than the standard: `results` even if there are none, a file and
a line for each, a description and help for each rule. It drops a whole upload for one result without a location, or for
more than 25,000 results.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from textwrap import shorten
from typing import Any

from lvsdoctor.reportkit import (
    AppliedRule,
    BadPage,
    Certainty,
    Citation,
    Diagnosis,
    Examination,
    Output,
    Place,
    Places,
    Probed,
    Severity,
    Verdict,
    asides,
    counted,
    legible,
    markdown,
    page_of,
    percent_encoded,
    summary,
    wanted,
    wording,
)

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
# "SARIF data: maximum values": more results and the file is rejected, more locations and they are not shown.
RESULTS = 25_000
LOCATIONS = 100
DESCRIPTION = 1000  # of 1024 characters
COMMANDS = 3  # in the plain sentence; the Markdown has all of them
# The sections of a rule's page, and what reports call them.
SECTIONS = {title: title for title in ("What you see", "Why", "Fix", wording.VERIFY)}
SECTIONS |= {"When it is fine": wording.FINE_WHEN, "References": "References"}
PROBLEM = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_SEMANTIC = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")

Json = dict[str, Any]


def render(examination: Examination, output: Output) -> None:
    """Write one run, its results in the examination's own order."""
    places = Places(examination)
    rules = _rules(examination)
    index = {rule.name: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": _driver(examination.version, rules)},
        "invocations": [_invocation(examination, index)],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "artifacts": [{"location": _artifact(place)} for place in places.all()],
        "results": [_result(each, places, index) for each in examination.diagnoses[:RESULTS]],
    }
    # ensure_ascii: whatever shows this gets escapes, never a control character or a lone surrogate of the evidence.
    # Indented it would be a third longer, and who reads it is a program.
    report = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    json.dump(report, output.stream, ensure_ascii=True, separators=(",", ":"))
    output.stream.write("\n")


# -- rules ------------------------------------------------------------------------------------------------------------


def _rules(examination: Examination) -> list[AppliedRule]:
    """Those with a finding, and those that crashed: the pages of all others would be most of the report."""
    named = {diagnosis.rule for diagnosis in examination.diagnoses}
    named |= {outcome.rule for outcome in examination.outcomes if outcome.verdict is Verdict.CRASHED}
    rules = {rule.name: rule for rule in examination.rules if rule.name in named}
    for found in examination.diagnoses:
        rules.setdefault(found.rule, AppliedRule(found.rule, found.code, found.severity, None, ""))
    return list(rules.values())


def _driver(version: str, rules: list[AppliedRule]) -> Json:
    driver: Json = {"name": "lvsdoctor"}
    if version:
        driver["version"] = legible(version)
    if _SEMANTIC.fullmatch(version):
        driver["semanticVersion"] = version
    return {**driver, "rules": list(map(_rule, rules))}


def _rule(rule: AppliedRule) -> Json:
    """The code is the id: it is never used again for another rule."""
    short, full = rule.name, f"lvsdoctor explain {rule.name}"
    sections: list[tuple[str, str]] = []
    try:
        page = page_of(rule)
    except (OSError, ValueError, BadPage):
        pass  # of an operator's own rule, perhaps: the finding says enough
    else:
        sections = [(shown, page.sections[title]) for title, shown in SECTIONS.items() if page.sections.get(title)]
        short, full = page.summary, page.sections["What you see"]
    # Whoever shows Markdown shows this instead of the text (SARIF 3.12.3): the page need not stand there twice.
    help_markdown = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections) or full
    help_text = f"{short}\n\n{wording.MORE}: lvsdoctor explain {rule.name}" if sections else full
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": _escaped(shorten(short, DESCRIPTION, placeholder=" ..."))},
        "fullDescription": {"text": _escaped(shorten(full, DESCRIPTION, placeholder=" ..."))},
        "help": {"text": _escaped(help_text), "markdown": help_markdown},
        "defaultConfiguration": {"level": rule.severity.value},
        "properties": {
            "tags": ["ipvs", *([rule.role] if rule.role else [])],
            "problem.severity": PROBLEM[rule.severity],
            "precision": "high",
        },
    }


# -- results ----------------------------------------------------------------------------------------------------------


def _result(diagnosis: Diagnosis, places: Places, index: dict[str, int]) -> Json:
    related = [
        {
            "id": number,
            "physicalLocation": _physical(place),
            "message": {"text": _plain(item.says or f"{item.seen} is quoted")},
        }
        for number, (item, place) in enumerate(_quoted(diagnosis, places), 1)
    ]
    result = {
        "ruleId": diagnosis.code,
        "ruleIndex": index[diagnosis.rule],
        # Code scanning knows no suppressions: as an error an accepted finding would fail the pull request.
        "level": (Severity.NOTE if diagnosis.accepted else diagnosis.severity).value,
        "message": {"text": _text(diagnosis, places), "markdown": _markdown(diagnosis)},
        "locations": [_location(diagnosis, places.home(diagnosis))],
        # GitHub keeps its own primaryLocationLineHash, and warns of each that is not as it would have counted it.
        "partialFingerprints": {"lvsdoctor/v1": diagnosis.fingerprint},
        "properties": {
            "node": diagnosis.node,
            "severity": diagnosis.severity.value,
            "certainty": diagnosis.certainty.value,
            "about": dict(diagnosis.about),
        },
    }
    if related:
        result["relatedLocations"] = related
    if diagnosis.accepted:
        why = legible(wording.accepted(diagnosis.accepted))
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
    return result


def _quoted(diagnosis: Diagnosis, places: Places) -> Iterator[tuple[Citation, Place]]:
    """The citations that stand in files."""
    for item in diagnosis.evidence[:LOCATIONS]:
        if place := places.of(item.seen, diagnosis.node):
            yield item, place


def _location(diagnosis: Diagnosis, home: Place | None) -> Json:
    """What was read from the kernel or a paste has no file; a location must name one, and it is called as the node."""
    nowhere = {"artifactLocation": {"uri": percent_encoded(legible(diagnosis.node))}, "region": {"startLine": 1}}
    node = {"name": legible(diagnosis.node), "kind": "host"}
    return {"physicalLocation": _physical(home) if home else nowhere, "logicalLocations": [node]}


def _physical(place: Place) -> Json:
    """A region without columns is the whole line (SARIF 3.30.5)."""
    region: Json = {"startLine": place.line or 1}
    if place.text:
        region["snippet"] = {"text": legible(place.text)}
    return {"artifactLocation": _artifact(place), "region": region}


def _artifact(place: Place) -> Json:
    return {"uri": place.uri} if place.outside else {"uri": place.uri, "uriBaseId": ROOT}


def _sentences(diagnosis: Diagnosis) -> list[str]:
    """The sentence, and what is to be known about it."""
    said = [f"{diagnosis.message}."]
    if diagnosis.clients:
        said.append(f"{wording.CLIENTS}: {diagnosis.clients}")
    if others := asides.others_of([diagnosis]):
        said.append(f"{wording.ALSO}: {others}.")
    said += asides.severities_set([diagnosis])
    if diagnosis.confirmation and diagnosis.probed is not Probed.NOT_PROBED:
        said.append(f"{diagnosis.confirmation.verdict.capitalize()} by the wire: {diagnosis.confirmation.says}.")
    if diagnosis.certainty is Certainty.LIKELY:
        assumed = (f"{item.seen.text} (settle it with {item.settle})" for item in diagnosis.evidence if item.assumed)
        said.append(f"{wording.ASSUMED}: {'; '.join(assumed)}.")
    if diagnosis.accepted:
        said.append(f"Accepted: {wording.accepted(diagnosis.accepted)}.")
    if diagnosis.lapsed:
        said.append(f"{wording.lapsed(diagnosis.lapsed)}.")
    return said


def _text(diagnosis: Diagnosis, places: Places) -> str:
    """For code scanning, which makes links of the related locations that the text names."""
    parts = [_plain(each) for each in _sentences(diagnosis)]
    links = (
        f"[{_linked(str(item.seen))}]({number})" + (f" ({_plain(item.says)})" if item.says else "")
        for number, (item, _) in enumerate(_quoted(diagnosis, places), 1)
    )
    if evidence := "; ".join(links):
        parts.append(f"{wording.EVIDENCE}: {evidence}.")
    if diagnosis.fix.warning:
        parts.append(_plain(f"{wording.CAREFUL}: {diagnosis.fix.warning}"))
    if now := diagnosis.fix.now:
        more = f" and {counted(len(now) - COMMANDS, 'more command')}" if len(now) > COMMANDS else ""
        commands = "; ".join(f"`{command}`" for command in now[:COMMANDS])
        parts.append(_plain(f"{wording.fix_now(diagnosis)}: {commands}{more}."))
    return " ".join(parts)


def _markdown(diagnosis: Diagnosis) -> str:
    """For viewers that show Markdown: the lines themselves, and commands to copy."""
    fix = diagnosis.fix
    quoted = (
        f"{item.seen} | {item.seen.text}" + (f"  <- {item.says}" if item.says else "") for item in diagnosis.evidence
    )
    parts = ["\n\n".join(map(markdown.prose, _sentences(diagnosis))), markdown.fence(quoted, "text")]
    if fix.warning:
        parts.append(markdown.prose(f"{wording.CAREFUL}: {fix.warning}"))
    if fix.now or fix.persist:
        for label, commands in ((wording.fix_now(diagnosis), fix.now), (wording.fix_for_good(diagnosis), fix.persist)):
            parts += [f"{markdown.prose(label)}:" if commands else "", markdown.fence(commands, "sh")]
    parts.append(f"{wording.MORE}: `lvsdoctor explain {diagnosis.rule}`")
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _plain(text: str) -> str:
    return _escaped(legible(text))


def _linked(text: str) -> str:
    return _escaped(legible(text).replace("\\", "\\\\"))


def _escaped(text: str) -> str:
    """Braces would be placeholders and brackets links (SARIF 3.11.5, 3.11.6)."""
    doubled = text.replace("{", "{{").replace("}", "}}")
    return re.sub(r"([\[\]])", r"\\\1", doubled)


# -- the scan itself --------------------------------------------------------------------------------------------------


def _invocation(examination: Examination, index: dict[str, int]) -> Json:
    """Whether it worked, and all that keeps the results from being the whole truth."""
    told = list(_notifications(examination, index))
    crashed = any(outcome.verdict is Verdict.CRASHED for outcome in examination.outcomes)
    invocation: Json = {"executionSuccessful": not crashed and not summary(examination)["unjudged"]}
    if examination.began:
        invocation["startTimeUtc"] = _utc(examination.began)
        if examination.seconds is not None:
            invocation["endTimeUtc"] = _utc(examination.began + timedelta(seconds=examination.seconds))
    if told:
        invocation["toolExecutionNotifications"] = told
    return invocation


def _notifications(examination: Examination, index: dict[str, int]) -> Iterator[Json]:
    for outcome in examination.outcomes:
        if outcome.verdict is Verdict.CRASHED:
            told = _notification("error", f"Crashed: {wording.crash(outcome)}")
            known = {"associatedRule": {"index": index[outcome.rule]}} if outcome.rule in index else {}
            yield {**told, **known, "exception": {"message": legible(outcome.traceback)}}
    level = "error" if summary(examination)["unjudged"] else "note"
    yield from (_notification(level, sentence) for sentence in wording.openings(examination))
    if (left := len(examination.diagnoses) - RESULTS) > 0:
        yield _notification("warning", f"{counted(left, 'finding')} left out: code scanning takes {RESULTS:,}")
    for group in wanted(examination.outcomes):
        collect = f". Collect it with: {group.command}" if group.command else ""
        yield _notification("warning", f"Not checked: {wording.waiting(group, '')}{collect}")
    if examination.unread:
        yield _notification("note", f"Not understood: {wording.not_understood(examination.unread)}")
    for remark in examination.remarks:
        yield _notification("note", wording.remarked(remark))


def _notification(level: str, text: str) -> Json:
    return {"level": level, "message": {"text": _plain(text)}}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
