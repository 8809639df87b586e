"""A node whose evidence contradicts itself: every report is written, both lines are quoted, and the run ends with 2."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/leaking-real-server"
Run = Callable[..., tuple[int, str, str]]
FIRST, SECOND = "rs1/after.txt:1", "rs1/sysctl.txt:"
KEY = "net.ipv4.conf.all.arp_ignore"


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    """The example, whose rs1 has two values of one key in two files."""
    copytree(EXAMPLE, tmp_path / "cluster")
    (tmp_path / "cluster/rs1/after.txt").write_text(f"{KEY} = 0\n")
    return tmp_path / "cluster"


def test_the_run_ends_with_2_and_a_sentence_with_both_lines(run: Run, cluster: Path) -> None:
    code, out, err = run("scan", cluster)
    assert (code, "Needed first" in out) == (2, False)
    for text in (" ".join(out.split()), err):
        assert "the evidence of rs1 contradicts itself, so no rule is checked on" in text
        assert f"{KEY} has two values, 0 and 1: {FIRST} | {KEY} = 0 and {SECOND}" in text


def test_the_other_nodes_are_judged(run: Run, cluster: Path) -> None:
    _, out, _ = run("scan", cluster, "-f", "json")
    report = json.loads(out)
    assert {(finding["code"], finding["node"]) for finding in report["findings"]} == {("ARP002", "rs2")}
    outcomes = {outcome["outcome"] for outcome in report["outcomes"] if outcome["node"] == "rs1"}
    assert outcomes == {"not-checked", "not-applicable"}


def test_json_has_both_lines_and_each_rule_the_reason(run: Run, cluster: Path) -> None:
    _, out, _ = run("scan", cluster, "-f", "json")
    report = json.loads(out)
    (contradiction,) = next(node for node in report["nodes"] if node["name"] == "rs1")["contradictions"]
    assert (contradiction["fact"], contradiction["message"]) == ("sysctl", f"{KEY} has two values, 0 and 1")
    assert [line["where"] for line in contradiction["lines"]] == ["rs1/after.txt", "rs1/sysctl.txt"]
    reasons = {
        missing["reason"]
        for outcome in report["outcomes"]
        if outcome["node"] == "rs1" and outcome["outcome"] == "not-checked"
        for missing in outcome["missing"]
    }
    assert len(reasons) == 1
    assert FIRST in next(iter(reasons))


@pytest.mark.parametrize("form", ["markdown", "html", "sarif", "junit", "github", "gitlab", "prometheus", "nagios"])
def test_every_report_is_written(run: Run, cluster: Path, form: str) -> None:
    code, out, _ = run("scan", cluster, "-f", form)
    assert (code, bool(out.strip())) == (2, True)
    if form == "junit":
        ET.fromstring(out)


def test_fix_prints_what_is_known_and_ends_with_2(run: Run, cluster: Path) -> None:
    code, out, err = run("fix", cluster)
    assert code == 2
    assert "the evidence of rs1 contradicts itself" in err
    assert "rs2" in out


def test_a_difference_that_no_rule_looks_at_is_a_note(run: Run, cluster: Path) -> None:
    (cluster / "rs1/after.txt").write_text("net.ipv4.conf.all.log_martians = 1\n")
    code, out, _ = run("scan", cluster)
    assert code == 1
    assert "No finding depends on which of the two is right." in " ".join(out.split())
