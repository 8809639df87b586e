"""What a rule's page says, beside the finding (`scan --explain`)."""

from collections.abc import Iterator

from lvsdoctor.language import translated
from lvsdoctor.model.examination import AppliedRule
from lvsdoctor.reporting.console import Page
from lvsdoctor.reporting.rule_page import BadPage, page_of
from lvsdoctor.reporting.wording import labelled
from lvsdoctor.sanitize import unwrapped

_SECTIONS = ("What you see", "Why")
_ITEMS = ("- ", "* ", "1. ", "2. ", "3. ", "4. ", "5. ")


def put_explained(page: Page, rule: AppliedRule) -> None:
    """The sections that tell what it looks like and why it is so; why its page cannot be read, if it cannot."""
    try:
        sections = page_of(rule).sections
    except (OSError, BadPage) as error:
        why = translated("the page of {rule} cannot be read: {error}", rule=rule.name, error=error)
        page.say(why, label=labelled("note"))
        return
    for heading in _SECTIONS:
        page.say("", label=labelled(heading))
        for text, verbatim in _blocks(sections[heading]):
            if verbatim:
                page.verbatim([text], indent=6, wrap=False)  # it may be a command
            else:
                page.say(text, indent=4)


def _blocks(text: str) -> Iterator[tuple[str, bool]]:
    """The paragraphs and list items of a page, each in one line; commands, tables and fences as they stand."""
    paragraph: list[str] = []
    fenced = False
    for line in (*text.splitlines(), ""):
        fence = line.startswith("```")
        fenced ^= fence
        verbatim = fence or fenced or line.startswith(("    ", "|"))
        if paragraph and (verbatim or not line or line.startswith(_ITEMS)):
            yield unwrapped(paragraph), False
            paragraph = []
        if verbatim and not fence:
            yield line.removeprefix("    "), True
        elif line and not fence:
            paragraph.append(line.strip())
