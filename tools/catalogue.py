"""Writes docs/RULES.md, the list of all rules, and rules/index.json, what they declare.

With --check only says whether they are up to date (exit 1 if not).
"""

import json
import sys
from pathlib import Path

from generated import keep

from lvsdoctor.engine.loader import load_rules, rules_of
from lvsdoctor.engine.rules_index import entries
from lvsdoctor.reporting.rule_page import page_of

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "docs/RULES.md"
INDEX = ROOT / "rules/index.json"
HEAD = """# Rules

Made by `make catalogue` from the rules and their pages. `lvsdoctor explain NAME` shows a page.
[GLOSSARY.md](GLOSSARY.md) explains the words.

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


def index() -> str:
    """The index, from the rules as they are when executed; a line for each."""
    files = [file for file in sorted((ROOT / "rules").rglob("*.py")) if not file.name.startswith("_")]
    rows = entries([rule for file in files for rule in rules_of(file)], ROOT / "rules")
    return "{\n" + ",\n".join(f"{json.dumps(file)}: {json.dumps(row)}" for file, row in rows.items()) + "\n}\n"


if __name__ == "__main__":
    sys.exit(keep(INDEX, index(), "catalogue") or keep(CATALOGUE, catalogue(), "catalogue"))
