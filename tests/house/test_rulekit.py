"""The rulekit holds what rules use, in groups, and docs/RULEKIT.md shows every group."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from lvsdoctor import reportkit, rulekit

ROOT = Path(__file__).parents[2]


def _used_by_rules() -> set[str]:
    return {
        alias.name
        for path in (ROOT / "rules").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "lvsdoctor.rulekit"
        for alias in node.names
    }


def test_the_rulekit_exports_what_rules_use_and_nothing_else() -> None:
    assert set(rulekit.__all__) == _used_by_rules()


def test_the_page_shows_every_name_once_and_is_up_to_date() -> None:
    page = (ROOT / "docs/RULEKIT.md").read_text(encoding="utf-8")
    rows = [line.split("`")[1].partition("(")[0] for line in page.splitlines() if line.startswith("| `")]
    assert rows == rulekit.__all__
    made = subprocess.run([sys.executable, "tools/rulekit.py", "--check"], cwd=ROOT, capture_output=True, check=False)
    assert made.returncode == 0, made.stderr


def test_the_kits_define_nothing_themselves() -> None:
    for name in rulekit.__all__:
        module = getattr(getattr(rulekit, name), "__module__", "lvsdoctor.model")
        assert module != "lvsdoctor.rulekit"
    for name in reportkit.__all__:
        module = getattr(getattr(reportkit, name), "__module__", "lvsdoctor.reporting")
        assert module != "lvsdoctor.reportkit"


def test_the_rulekit_knows_no_other_name() -> None:
    with pytest.raises(AttributeError, match="the rulekit has no 'arp_replies'"):
        _ = rulekit.arp_replies  # type: ignore[attr-defined]


def test_the_reportkit_knows_no_other_name() -> None:
    with pytest.raises(AttributeError, match="the reportkit has no 'summaries'"):
        _ = reportkit.summaries  # type: ignore[attr-defined]
