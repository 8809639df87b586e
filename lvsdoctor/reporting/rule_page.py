"""Reads a rule's page as an operator reads it: what is wrong, what you see, why, and the fix."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from lvsdoctor.language import ENGLISH, spoken, template, translated

HEADINGS = (
    template("What you see"),
    template("Why"),
    template("Fix"),
    template("When it is fine"),
    "Cases",
    template("References"),
)
# Of the fix, before what verifies it.
PARTS_OF_FIX = (template("Now"), template("For good"))
# A page in another language has no cases, and may leave the references to the English one.
_TRANSLATED = HEADINGS[:4]
_ORIGIN = "<!-- translated from "


class BadPage(Exception):
    """A rule page that does not have the form; the message names the line."""


class HasPage(Protocol):
    """A rule."""

    @property
    def name(self) -> str: ...
    @property
    def page(self) -> str: ...


@dataclass(frozen=True, slots=True)
class RulePage:
    """A page: its one sentence and the text under each heading. `cases_at` is the line number of `## Cases`, and
    `case_lines` is what stands below it."""

    name: str
    summary: str
    sections: dict[str, str] = field(default_factory=dict)
    cases_at: int = 0
    case_lines: tuple[str, ...] = ()


def page_of(rule: HasPage) -> RulePage:
    """The rule's page, in the language in force if it has one. Raises OSError or BadPage."""
    with open(rule.page, encoding="utf-8") as file:
        page = read_page(file.read(), rule.name)
    if spoken() == ENGLISH:
        return page
    try:
        with open(translated_page(rule.page, spoken()), encoding="utf-8") as file:
            own = read_translated_page(file.read(), rule.name)
    except (OSError, UnicodeError, BadPage):
        return page
    return replace(page, summary=own.summary, sections={**page.sections, **own.sections})


def translated_page(page: str, language: str) -> str:
    """`NAME.zh.md` beside `NAME.md`."""
    return f"{page.removesuffix('.md')}.{language.partition('_')[0]}.md"


def origin(page: str) -> str:
    """What a translated page says it was made from: the text of the English page before its cases, in short."""
    from hashlib import sha256

    return sha256(page.partition("\n## Cases")[0].strip().encode()).hexdigest()[:12]


def named_origin(text: str) -> str:
    """The origin that a translated page names in its last line; "" if it names none."""
    last = text.rstrip().rpartition("\n")[2]
    return last.removeprefix(_ORIGIN).removesuffix("-->").strip() if last.startswith(_ORIGIN) else ""


def read_page(text: str, name: str) -> RulePage:
    """The page of a rule. Raises BadPage if a heading is missing."""
    parts, starts = _parts(text, name, HEADINGS)
    summary, sections = _joined(parts)
    return RulePage(name, summary, sections, starts["Cases"], tuple(parts["Cases"]))


def read_translated_page(text: str, name: str) -> RulePage:
    """A page in the language in force, under the English headings. Raises BadPage if a heading is missing."""
    parts, _ = _parts("\n".join(line for line in text.splitlines() if not line.startswith(_ORIGIN)), name, _TRANSLATED)
    return RulePage(name, *_joined(parts))


def _joined(parts: dict[str, list[str]]) -> tuple[str, dict[str, str]]:
    """What stands before the first heading, and under each."""
    texts = {heading: "\n".join(body).strip() for heading, body in parts.items()}
    return texts.pop(""), texts


def _parts(text: str, name: str, needed: Sequence[str]) -> tuple[dict[str, list[str]], dict[str, int]]:
    """What stands under each heading, and its line; the headings in the language in force as the English ones."""
    known = {translated(heading): heading for heading in HEADINGS}
    lines = text.splitlines()
    if not lines or lines[0].strip() != f"# {name}":
        raise BadPage(f"{name}: the page must begin with '# {name}'")
    sections: dict[str, list[str]] = {"": []}
    starts: dict[str, int] = {}
    current, fenced = "", False
    for number, line in enumerate(lines[1:], 2):
        fenced ^= line.startswith("```")
        if line.startswith("## ") and not fenced:
            current = line[3:].strip()
            current = known.get(current, current)
            sections[current], starts[current] = [], number
        else:
            sections[current].append(line)
    if missing := [heading for heading in needed if heading not in sections]:
        raise BadPage(f"{name}: the page lacks the heading {', '.join(missing)}")
    return sections, starts
