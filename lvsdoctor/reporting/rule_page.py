"""Reads a rule's page as an operator reads it: what is wrong, what you see, why, and the fix."""

from dataclasses import dataclass, field
from typing import Protocol

HEADINGS = ("What you see", "Why", "Fix", "When it is fine", "Cases", "References")


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
    """The rule's page. Raises OSError or BadPage."""
    with open(rule.page, encoding="utf-8") as file:
        return read_page(file.read(), rule.name)


def read_page(text: str, name: str) -> RulePage:
    """The page of a rule. Raises BadPage if a heading is missing."""
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
            sections[current], starts[current] = [], number
        else:
            sections[current].append(line)
    if missing := [heading for heading in HEADINGS if heading not in sections]:
        raise BadPage(f"{name}: the page lacks the heading {', '.join(missing)}")
    texts = {heading: "\n".join(body).strip() for heading, body in sections.items()}
    return RulePage(name, texts.pop(""), texts, starts["Cases"], tuple(sections["Cases"]))
