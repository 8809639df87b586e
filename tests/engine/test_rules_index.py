"""Our own rules are known by an index and executed when they first apply; it never says what a rule does not."""

import json
import shutil
from pathlib import Path

import pytest

from lvsdoctor.engine import loader
from lvsdoctor.engine.loader import load_rules, rules_of
from lvsdoctor.engine.paths import home
from lvsdoctor.engine.rules_index import FILE, entries, read_index
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Verdict
from lvsdoctor.model.node import Node

RULE = "arp/arp_ignore_only_on_lo.py"


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of our rules, which the loader takes for ours."""
    copy = tmp_path / "rules"
    shutil.copytree(home("rules"), copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(loader, "home", lambda part: copy)
    loader._own_rule.cache_clear()
    return copy


def test_the_index_says_of_every_rule_what_the_rule_says_when_it_is_executed() -> None:
    directory = home("rules")
    files = [file for file in sorted(directory.rglob("*.py")) if not file.name.startswith("_")]
    assert read_index(directory) == entries([rule for file in files for rule in rules_of(file)], directory)


def test_a_rule_that_applies_to_no_node_is_not_executed(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def execute(file: Path, *_: object) -> None:
        raise AssertionError(f"{file} was executed")

    monkeypatch.setattr(loader, "_execute", execute)
    examination = examine([Node("rs1")], load_rules())
    assert {outcome.verdict for outcome in examination.outcomes} <= {Verdict.NOT_CHECKED, Verdict.NOT_APPLICABLE}


def test_a_rule_that_has_changed_since_is_executed_and_speaks_for_itself(rules: Path) -> None:
    file = rules / RULE
    file.write_text(file.read_text(encoding="utf-8").replace('code="ARP002"', 'code="ZZZ901"'), encoding="utf-8")
    assert "ZZZ901" in {rule.code for rule in load_rules()}


def test_without_an_index_every_rule_is_executed(rules: Path) -> None:
    indexed = {(rule.name, rule.code, rule.needs, rule.helps, rule.role) for rule in load_rules()}
    (rules / FILE).unlink()
    assert {(rule.name, rule.code, rule.needs, rule.helps, rule.role) for rule in load_rules()} == indexed


def test_an_index_beside_an_operators_rules_is_not_read(rules: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    source = (rules / RULE).read_text(encoding="utf-8")
    mine = source.replace("arp-ignore-only-on-lo", "mine-only").replace("arp_ignore_only_on_lo", "mine_only")
    (theirs / "mine_only.py").write_text(mine.replace('code="ARP002"', 'code="X001"'), encoding="utf-8")
    entry = {**read_index(rules)[RULE], "name": "mine-only", "code": "X002"}
    (theirs / FILE).write_text(json.dumps({"mine_only.py": entry}), encoding="utf-8")
    assert "X001" in {rule.code for rule in load_rules([theirs])}
