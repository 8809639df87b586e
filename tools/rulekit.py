"""Writes docs/RULEKIT.md, what a rule may ask, and the stubs of rulekit and reportkit, their names for type checkers.

With --check only says whether they are up to date (exit 1 if not).
"""

import inspect
import re
import sys
import typing
from collections.abc import Iterable
from pathlib import Path

from generated import keep

from lvsdoctor import reportkit, rulekit

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/RULEKIT.md"
STUB = ROOT / "lvsdoctor/rulekit.pyi"
REPORTS_STUB = ROOT / "lvsdoctor/reportkit.pyi"
HEAD = """# What a rule may ask

Made by `make rulekit` from `lvsdoctor/rulekit.py`, which is all of lvsdoctor that a rule imports. A verdict is truthy
and carries `because`, the lines it follows from. What a function reads belongs under the rule's `needs` or `helps`.
"""


def row(name: str) -> str:
    """The name with its parameters, and what it answers."""
    thing = getattr(rulekit, name)
    if not inspect.isclass(thing) and not inspect.isfunction(thing):
        return f"| `{name}` | {_value(thing)} |"
    parameters = f"({', '.join(inspect.signature(thing).parameters)})" if inspect.isfunction(thing) else ""
    return f"| `{name}{parameters}` | {_first_sentence(inspect.getdoc(thing) or '')} |"


def _value(thing: object) -> str:
    if typing.get_origin(thing) is not None or "|" in str(thing):
        return f"either of {', '.join(f'`{part.__name__}`' for part in typing.get_args(thing))}"
    if isinstance(thing, frozenset):
        return ", ".join(f"`{part}`" for part in sorted(thing))
    return f"`{thing}`"


def _first_sentence(text: str) -> str:
    paragraph = " ".join(text.split("\n\n")[0].split())
    first = re.split(r"(?<=[.?!])\s", paragraph)[0]
    reads = re.search(r"(Reads [^.]+)\.", " ".join(text.split()))
    return (first + (f" *{reads[1]}.*" if reads and reads[1] not in first else "")).replace("|", "\\|")


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for question, homes in rulekit.QUESTIONS.items():
        parts.append(f"\n## {question}\n\n| name | what it says |\n| --- | --- |\n")
        parts.append("\n".join(row(name) for names in homes.values() for name in names.split()) + "\n")
    return "".join(parts)


def stub(rows: Iterable[tuple[str, str]], kit: str, table: str) -> str:
    """What a kit exports, homes and their names, as imports that a type checker follows."""
    lines = [f"from lvsdoctor.{home} import {name} as {name}" for home, names in rows for name in names.split()]
    own = ["", table, "__all__: list[str]"]
    return "\n".join([f"# Made by `make rulekit` from {kit}.py.", *sorted(lines), *own]) + "\n"


def main() -> int:
    """Write or check all three."""
    rows = [row for homes in rulekit.QUESTIONS.values() for row in homes.items()]
    return (
        keep(STUB, stub(rows, "rulekit", "QUESTIONS: dict[str, dict[str, str]]"), "rulekit")
        or keep(REPORTS_STUB, stub(reportkit.HOMES.items(), "reportkit", "HOMES: dict[str, str]"), "rulekit")
        or keep(PAGE, page(), "rulekit")
    )


if __name__ == "__main__":
    sys.exit(main())
