"""Writes docs/RULEKIT.md, what a rule may ask; with --check only says whether it is up to date (exit 1 if not)."""

import inspect
import re
import sys
import typing
from collections.abc import Iterator
from pathlib import Path

from generated import keep

from lvsdoctor import rulekit

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/RULEKIT.md"
HEAD = """# What a rule may ask

Made by `make rulekit` from `lvsdoctor/rulekit.py`, which is all of lvsdoctor that a rule imports. A verdict is truthy
and carries `because`, the lines it follows from. What a function reads belongs under the rule's `needs` or `helps`.
"""


def groups(source: str) -> Iterator[tuple[str, list[str]]]:
    """The comments of `__all__`, each with the names below it."""
    body = source[source.index("__all__ = [") :]
    for title, names in re.findall(r"^    # (.+)\n((?:    \"\w+\",\n)+)", body, flags=re.MULTILINE):
        yield title, re.findall(r"\"(\w+)\"", names)


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
    for title, names in groups(Path(rulekit.__file__).read_text(encoding="utf-8")):
        parts.append(f"\n## {title}\n\n| name | what it says |\n| --- | --- |\n")
        parts.append("\n".join(map(row, names)) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    sys.exit(keep(PAGE, page(), "rulekit"))
