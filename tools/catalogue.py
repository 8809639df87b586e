"""Writes docs/RULES.md, the list of all rules; with --check only says whether it is up to date (exit 1 if not)."""

import sys
from pathlib import Path

from generated import keep

from lvsdoctor.engine.loader import load_rules
from lvsdoctor.reporting.rule_page import page_of

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


if __name__ == "__main__":
    sys.exit(keep(CATALOGUE, catalogue(), "catalogue"))
