"""Writes docs/RULES.md, the list of all rules; with --check only says whether it is up to date (exit 1 if not)."""

import sys
from pathlib import Path

from lvsdoctor.loader import load_rules
from lvsdoctor.rulepage import page_of

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "docs/RULES.md"
HEAD = """# Rules

Made by `make catalogue` from the rules and their pages. `lvsdoctor explain NAME` shows a page.

| code | severity | role | rule | what is wrong |
| --- | --- | --- | --- | --- |
"""


def catalogue() -> str:
    """The whole page."""
    rows = []
    for rule in sorted(load_rules(), key=lambda rule: rule.code):
        page = Path(rule.page).resolve().relative_to(ROOT)
        about = " ".join(page_of(rule).summary.split()).replace("|", "\\|")
        rows.append(f"| {rule.code} | {rule.severity} | {rule.role or 'any'} | [{rule.name}](../{page}) | {about} |")
    return HEAD + "\n".join(rows) + "\n"


def main() -> int:
    """Write the page, or with --check compare it."""
    if "--check" in sys.argv[1:]:
        if CATALOGUE.is_file() and CATALOGUE.read_text(encoding="utf-8") == catalogue():
            return 0
        print("docs/RULES.md is not up to date: run `make catalogue`", file=sys.stderr)
        return 1
    CATALOGUE.write_text(catalogue(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
