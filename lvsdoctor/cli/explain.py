"""lvsdoctor explain: the page of a rule, for whoever has to act on it."""

import sys
from argparse import Namespace, _SubParsersAction
from collections.abc import Callable
from typing import Any

from lvsdoctor.cli.errors import OK, CliError


def add_to(verbs: "_SubParsersAction[Any]") -> None:
    """Add `explain` and its options."""
    parser = verbs.add_parser("explain", help="what a rule means, why, how to fix it, and when it is fine")
    parser.set_defaults(run=run)
    parser.add_argument("rule", metavar="RULE", help="a rule's name or code")
    parser.add_argument("--cases", action="store_true", help="show the page's cases too")
    parser.add_argument("--rules", action="append", default=[], metavar="DIR", help="rules of your own, besides ours")


def run(options: Namespace) -> int:
    """Print the page; on a terminal with its headings marked."""
    from pathlib import Path

    from lvsdoctor.cli.choosing import load, named
    from lvsdoctor.model.facts import COLLECTED_BY
    from lvsdoctor.reporting.rule_page import BadPage, page_of

    found = named(load([Path(directory) for directory in options.rules]), [options.rule])
    if len(found) != 1:
        raise CliError("which rule? (lvsdoctor rules list shows them)")
    rule = found[0]
    try:
        page = page_of(rule)
    except (OSError, BadPage) as error:
        raise CliError(f"the page of {rule.name} cannot be read: {error}") from None
    bold, plain = ("\x1b[1m", "\x1b[0m") if sys.stdout.isatty() else ("", "")
    print(f"{bold}{rule.name}{plain}  ({rule.code}, {rule.severity}, {rule.role or 'any role'})\n")
    print(_reflowed(page.summary))
    for heading, text in page.sections.items():
        if heading != "Cases":
            body = _reflowed(text)
        elif options.cases:
            body = text
        else:
            continue
        print(f"\n{bold}## {heading}{plain}\n")
        for line in body.splitlines():
            print(f"{bold}{line}{plain}" if line.startswith("### ") else line)
    print(f"\n{bold}## What it looks at{plain}\n")
    for facts, word in ((rule.needs, "needs"), (rule.helps, "helps")):
        for fact in sorted(facts):
            print(f"  {word}  {fact:14}  {COLLECTED_BY[fact]}")
    if rule.options:
        print(f"\n{bold}## What may be set, in lvsdoctor.toml{plain}\n")
        print(f"    [rule.{rule.name}]")
        for option in rule.options:
            print(f"    {option.name} = {option.default}")
        for option in rule.options:
            print(f"\n{_reflowed(f'- {option.name}, in {option.unit} (from {option.least}): {option.meaning}')}")
    return OK


def _reflowed(text: str) -> str:
    """A page's text in the terminal's width; commands (indented), tables and fences stand as they are."""
    from shutil import get_terminal_size
    from textwrap import fill

    width = min(get_terminal_size().columns, 100)
    blocks: list[list[str]] = []
    fenced = joins = False
    for line in text.splitlines():
        fenced ^= line.startswith("```")
        verbatim = fenced or not line or line.startswith(("    ", "|", "#", "```"))
        starts = verbatim or line.startswith(("- ", "* ", "1. ", "2. ", "3. "))
        if starts or not joins:
            blocks.append([line])
        else:
            blocks[-1].append(line.strip())
        joins = not verbatim
    return "\n".join(_filled(block, width, fill) for block in blocks)


def _filled(block: list[str], width: int, fill: Callable[..., str]) -> str:
    first = block[0]
    if not first or first.startswith(("    ", "|", "#", "```")):
        return "\n".join(block)
    indent = "  " if first.startswith(("- ", "* ")) else ""
    return fill(" ".join(block), width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
