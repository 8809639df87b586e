"""One self-contained page for a browser: verdict, drawing, evidence and fixes; no request leaves it."""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from lvsdoctor.reportkit import (
    AppliedRule,
    BadPage,
    CannotRender,
    Certainty,
    Citation,
    Diagnosis,
    Examination,
    FindingMark,
    Fix,
    Outcome,
    Output,
    Probed,
    Seen,
    Severity,
    Verdict,
    alike,
    asides,
    cited_once,
    counted,
    fix_of_all,
    guilty_lines,
    hypertext,
    joined,
    legible,
    matrix,
    natural,
    page_ladders,
    page_of,
    picture,
    result,
    service_lines,
    shortened,
    spoken,
    suffering_sentences,
    summary,
    translated,
    verification,
    wanted,
    wording,
    worst_first,
)

TEMPLATES = Path(__file__).parent / "templates"
FEW_NODES = 3  # more than these are also shown as a matrix, and their places folded
FEW_LINES, LONGEST = 200, 2000  # not understood, for each node (the embedded result has all); columns of a quoted line
FEW_SERVICES, MOST_SERVICES = 10, 100  # the others are folded; of very many the embedded result has all


def render(examination: Examination, output: Output) -> None:
    """Write the page. Raises CannotRender where jinja2 is not installed."""
    style, script = (TEMPLATES.joinpath(name).read_text(encoding="utf-8") for name in ("style.css", "page.js"))
    report = _report(examination)
    page = _template().generate(
        examination=examination,
        style=style,
        script=script,
        hashes={"style": _hash(style), "script": _hash(script)},
        result=_embedded(result(examination)),
        report=report,
        drawn=picture(examination.drawn(), report["marks"]),
    )
    output.stream.writelines(page)


def _template() -> Any:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError:
        raise CannotRender(
            "HTML pages are made with jinja2, which is not installed: pip install jinja2, or install python3-jinja2"
        ) from None
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        # Every text that is put on the page goes through here first; then it is escaped.
        finalize=lambda value: value if hasattr(value, "__html__") else legible(str(value)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    own = {"asides": asides, "counted": counted, "hypertext": hypertext, "joined": joined, "wording": wording}
    environment.globals.update(own, _=translated, verification=verification)
    return environment.get_template("html.jinja")


def _hash(text: str) -> str:
    """What a Content-Security-Policy names an inline style or script by."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _embedded(data: dict[str, Any]) -> str:
    """The result as JSON in which nothing can end the element that holds it."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


# -- what the template lays out ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """One pitfall on one node, about one or several VIPs or links: one cause, one fix."""

    id: str
    together: tuple[Diagnosis, ...]

    @property
    def first(self) -> Diagnosis:
        return self.together[0]

    @property
    def severity(self) -> Severity:
        return self.first.severity

    @property
    def label(self) -> str:
        return wording.label(self.first)

    @property
    def fix(self) -> Fix:
        return fix_of_all(self.together)

    @property
    def likely(self) -> bool:
        return any(diagnosis.certainty is Certainty.LIKELY for diagnosis in self.together)

    @property
    def evidence(self) -> list[tuple[Citation, bool]]:
        """Each line once, and whether it is the guilty one."""
        guilty = guilty_lines(self.together)
        return [(item, item.seen in guilty) for item in self._cited() if not item.assumed]

    @property
    def assumed(self) -> list[Citation]:
        return [item for item in self._cited() if item.assumed]

    @property
    def settle(self) -> list[str]:
        """What would tell, instead of an assumption; a confirmed finding needs none."""
        return list(dict.fromkeys(item.settle for item in self.assumed)) if self.likely else []

    @property
    def probed(self) -> list[Diagnosis]:
        """Those of which the report says what the wire told, or why it could not be asked."""
        told = [
            d for d in self.together if d.confirmation and (d.finding.predicts or d.probed is not Probed.NOT_PROBED)
        ]
        return list({(d.probed, d.confirmation.says): d for d in told if d.confirmation}.values())

    def _cited(self) -> Iterable[Citation]:
        return cited_once(item for diagnosis in self.together for item in diagnosis.evidence)


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule's findings of one severity, on all nodes. The rule's page stands with the first entry of the rule, and
    `sections` is empty elsewhere; `page_id` leads there, if there is a page."""

    id: str
    cases: tuple[Case, ...]
    about: str
    page_id: str
    sections: dict[str, str]

    @property
    def first(self) -> Diagnosis:
        return self.cases[0].first


def _report(examination: Examination) -> dict[str, Any]:
    nodes = worst_first(examination)
    diagnoses = {node.name: examination.of(node.name) for node in nodes}
    outcomes: dict[str, list[Outcome]] = {node.name: [] for node in nodes}
    for outcome in examination.outcomes:
        outcomes[outcome.node].append(outcome)
    ids = _Ids()
    cases = [Case(ids.of(together[0]), together) for node in nodes for together in alike(diagnoses[node.name])]
    open_cases = [case for case in cases if case.first.accepted is None]
    of_node: dict[str, list[Case]] = {node.name: [] for node in nodes}
    for case in open_cases:
        of_node[case.first.node].append(case)
    shown_pages: set[str] = set()
    entries = {
        severity: _entries(examination, (c for c in open_cases if c.severity is severity), severity, shown_pages)
        for severity in Severity
    }
    accepted = (case for case in cases if case.first.accepted is not None)
    case_of = {diagnosis.fingerprint: case for case in open_cases for diagnosis in case.together}
    services = examination.services
    strip = [(outcome, list(service_lines(outcome, examination.diagnoses))) for outcome in services[:MOST_SERVICES]]
    ladders, more_ladders = page_ladders(examination.walks)
    return {
        "language": spoken().replace("_", "-"),
        "counts": summary(examination),
        "worst": next(filter(entries.get, Severity), None),
        "sick": dict.fromkeys(case.first.node for case in open_cases),
        "openings": suffering_sentences(examination.services, most=1),
        "services": strip,
        "linked": any(line.diagnoses for _, lines in strip for line in lines),
        "ladders": ladders,
        "more_ladders": more_ladders,
        "more_services": len(services[MOST_SERVICES:]),
        "marks": {
            node: [FindingMark(c.first.code, c.severity, c.id) for c in sorted(own, key=lambda c: c.severity.rank)]
            for node, own in of_node.items()
            if own
        },
        "contradicted": [case for case in open_cases if case.first.probed is Probed.CONTRADICTED],
        "cases": len(cases),
        "cases_of": lambda some: list({case_of[d.fingerprint].id: case_of[d.fingerprint] for d in some}.values()),
        "entries": entries,
        "accepted": _entries(examination, accepted, "accepted", shown_pages),
        "nodes_found": sorted({case.first.node for case in cases}, key=natural),
        "rules_found": sorted({case.first.rule for case in cases}),
        "nodes": [(node, of_node[node.name], outcomes[node.name]) for node in nodes],
        "matrix": (matrix(nodes, (case.first for case in open_cases), examination) if len(nodes) > FEW_NODES else None),
        "few": FEW_NODES,
        "few_services": FEW_SERVICES,
        "not_checked": _not_checked(outcomes),
        "crashed": [outcome for outcome in examination.outcomes if outcome.verdict is Verdict.CRASHED],
        "silent": {each: _by_rule(examination, each) for each in (Verdict.QUIET, Verdict.NOT_APPLICABLE)},
        "unread": [(node, *_unread(node.unread)) for node in nodes if node.unread],
        "longest": lambda text: shortened(legible(text).strip(), LONGEST),
    }


class _Ids:
    """The id of a finding is the same in the next scan, so that a link to it lasts as long as the finding."""

    def __init__(self) -> None:
        self._used: Counter[str] = Counter()

    def of(self, diagnosis: Diagnosis) -> str:
        name = f"finding-{diagnosis.fingerprint[:10]}"
        self._used[name] += 1
        return name if self._used[name] == 1 else f"{name}-{self._used[name]}"


def _entries(examination: Examination, cases: Iterable[Case], kind: str, shown_pages: set[str]) -> list[Entry]:
    by_rule: dict[str, list[Case]] = {}
    for case in cases:
        by_rule.setdefault(case.first.rule, []).append(case)
    entries = []
    for rule, found in by_rule.items():
        code = found[0].first.code
        about, sections = _page(examination.rule(rule))
        page_id = f"page-{code}" if sections else ""
        own = {} if page_id in shown_pages else sections
        entries.append(Entry(f"{kind}-{code}", tuple(found), about, page_id, own))
        shown_pages.add(page_id)
    return entries


def _page(rule: AppliedRule | None) -> tuple[str, dict[str, str]]:
    """What is wrong, and the page's sections; nothing of a page that cannot be read."""
    try:
        page = page_of(rule) if rule else None
    except (OSError, UnicodeError, BadPage):
        page = None
    if page is None:
        return "", {}
    return page.summary, {name: text for name, text in page.sections.items() if text and name != "Cases"}


def _not_checked(outcomes: dict[str, list[Outcome]]) -> list[tuple[str, str, list[str]]]:
    """The commands that would tell, who waits for each, and on which nodes to run it."""
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for node, became in outcomes.items():
        for group in wanted(became):
            groups.setdefault((group.command, wording.waiting(group, node)), {})[group.node] = None
    return [(command, says, sorted(nodes, key=natural)) for (command, says), nodes in groups.items()]


def _by_rule(examination: Examination, kept: Verdict) -> dict[str, list[str]]:
    """The nodes on which each rule became this."""
    rules: dict[str, list[str]] = {}
    for outcome in examination.outcomes:
        if outcome.verdict is kept:
            explained = f" ({wording.explained(outcome)})" if outcome.explained_by else ""
            rules.setdefault(outcome.rule, []).append(outcome.node + explained)
    return rules


def _unread(unread: tuple[Seen, ...]) -> Iterator[Any]:
    yield unread[:FEW_LINES]
    yield max(0, len(unread) - FEW_LINES)
