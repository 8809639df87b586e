"""lvsdoctor explain: the page of a rule, for whoever has to act on it."""

import sys
from argparse import Namespace, _SubParsersAction
from typing import Any

from lvsdoctor.cli import speaking
from lvsdoctor.cli.errors import OK, CliError
from lvsdoctor.language import template, translated
from lvsdoctor.sanitize import unwrapped, wrapped


def add_to(verbs: "_SubParsersAction[Any]") -> None:
    """Add `explain` and its options."""
    parser = verbs.add_parser("explain", help="what a rule means, why, how to fix it, and when it is fine")
    parser.set_defaults(run=run)
    parser.add_argument("rule", metavar="RULE", help="a rule's name or code")
    parser.add_argument("--cases", action="store_true", help="show the page's cases too")
    speaking.add_option(parser)
    parser.add_argument("--rules", action="append", default=[], metavar="DIR", help="rules of your own, besides ours")


def run(options: Namespace) -> int:
    """Print the page; on a terminal with its headings marked."""
    with speaking.for_people(options, sys.stdout):
        return _explain(options)


def _explain(options: Namespace) -> int:
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
    print(f"{bold}{rule.name}{plain}  ({rule.code}, {translated(rule.severity)}, {translated(rule.role or _ANY)})\n")
    print(_reflowed(page.summary))
    for heading, text in page.sections.items():
        if heading != "Cases":
            body = _reflowed(text)
        elif options.cases:
            body = text
        else:
            continue
        print(f"\n{bold}## {translated(heading)}{plain}\n")
        for line in body.splitlines():
            print(f"{bold}{line}{plain}" if line.startswith("### ") else line)
    print(f"\n{bold}## {translated('What it looks at')}{plain}\n")
    for facts, word in ((rule.needs, translated("needs")), (rule.helps, translated("helps"))):
        for fact in sorted(facts):
            print(f"  {word}  {fact:14}  {COLLECTED_BY[fact]}")
    if rule.options:
        print(f"\n{bold}## {translated('What may be set, in lvsdoctor.toml')}{plain}\n")
        print(f"    [rule.{rule.name}]")
        for option in rule.options:
            print(f"    {option.name} = {option.default}")
        for option in rule.options:
            unit, meaning = translated(option.unit), translated(option.meaning)
            says = translated(
                "- {name}, in {unit} (from {least}): {meaning}",
                name=option.name,
                unit=unit,
                least=option.least,
                meaning=meaning,
            )
            print(f"\n{_reflowed(says)}")
    return OK


_ANY = template("any role")


def _reflowed(text: str) -> str:
    """A page's text in the terminal's width; commands (indented), tables and fences stand as they are."""
    from shutil import get_terminal_size

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
    return "\n".join(_filled(block, width) for block in blocks)


def _filled(block: list[str], width: int) -> str:
    first = block[0]
    if not first or first.startswith(("    ", "|", "#", "```")):
        return "\n".join(block)
    indent = "  " if first.startswith(("- ", "* ")) else ""
    shown, *further = wrapped(unwrapped(block), width - len(indent), width)
    return "\n".join([shown, *(indent + piece for piece in further)])
