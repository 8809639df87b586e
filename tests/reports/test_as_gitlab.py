"""The Code Quality report: what GitLab asks of each finding, and that no two are taken for one."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from types import ModuleType
from typing import Any

import pytest

from lvsdoctor.cli.main import main
from lvsdoctor.engine.paths import home
from lvsdoctor.reportkit import Examination, Severity

Issues = Callable[[Examination], list[Any]]


@pytest.fixture
def issues(report_as: Callable[..., str]) -> Issues:
    def issues(examination: Examination) -> list[Any]:
        report = json.loads(report_as("gitlab", examination))
        assert isinstance(report, list)
        return report

    return issues


def test_every_finding_has_all_that_gitlab_asks_for(issues: Issues, examinations: ModuleType) -> None:
    """GitLab Docs, Code Quality report format: every property is required."""
    for examination in examinations.everything().values():
        told = issues(examination)
        assert len(told) == len(examination.diagnoses)
        for issue in told:
            assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
            assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
            assert issue["description"].isprintable()
            assert set(issue["location"]) == {"path", "lines"}
            assert issue["location"]["path"]
            assert not issue["location"]["path"].startswith("./")
            assert issue["location"]["lines"]["begin"] >= 1


def test_no_finding_is_an_empty_list(report_as: Callable[..., str], examinations: ModuleType) -> None:
    assert report_as("gitlab", examinations.healthy()) == "[]\n"


def test_every_fingerprint_is_the_findings_own(issues: Issues, examinations: ModuleType) -> None:
    for examination in examinations.everything().values():
        prints = [issue["fingerprint"] for issue in issues(examination)]
        assert len(set(prints)) == len(prints)
    found = examinations.cluster().diagnoses
    told = issues(replace(examinations.cluster(), diagnoses=(*found, found[0], found[0])))
    one = found[0].fingerprint
    assert [issue["fingerprint"] for issue in told][-2:] == [f"{one}-2", f"{one}-3"]
    assert told[0]["fingerprint"] == one


def test_a_finding_stands_at_the_line_that_is_to_blame(issues: Issues, examinations: ModuleType) -> None:
    issue = issues(examinations.filed())[1]
    assert issue["location"] == {"path": "golden/rs1/sysctl.txt", "lines": {"begin": 212}}
    assert issue["check_name"] == "arp-ignore-only-on-lo"
    assert ". Clients: Some send to rs1 directly. The director does not see these connections. " in issue["description"]
    assert ". Fix now, on rs1: `sysctl -w net.ipv4.conf.all.arp_ignore=1`; `sysctl -w" in issue["description"]


def test_what_was_read_from_the_kernel_is_located_at_its_node(issues: Issues, examinations: ModuleType) -> None:
    (issue,) = issues(examinations.live())
    assert issue["location"] == {"path": "rs1", "lines": {"begin": 1}}


@pytest.mark.parametrize(
    ("severity", "theirs"), [(Severity.ERROR, "critical"), (Severity.WARNING, "minor"), (Severity.NOTE, "info")]
)
def test_severities_are_translated(issues: Issues, examinations: ModuleType, severity: Severity, theirs: str) -> None:
    (issue,) = issues(Examination((), (examinations.leak(severity=severity),), ()))
    assert issue["severity"] == theirs


def test_an_accepted_finding_is_info_with_its_reason(issues: Issues, examinations: ModuleType) -> None:
    accepted, lapsed, *_ = issues(examinations.agreed())
    assert accepted["severity"] == "info"
    assert accepted["description"].endswith("Accepted: old hardware (by lvsdoctor.toml:12, until 2027-01-01)")
    assert lapsed["severity"] == "critical"
    assert "Was accepted until 2026-10-01 (lvsdoctor.toml:30): until the move" in lapsed["description"]


def test_the_report_is_ascii_without_a_byte_order_mark(report_as: Callable[..., str], examinations: ModuleType) -> None:
    for text in (*examinations.HOSTILE, "监听 Zürich"):
        report = report_as("gitlab", examinations.hostile(text))
        assert report.isascii()
        assert report.startswith("[")
        json.dumps(json.loads(report), ensure_ascii=False).encode("utf-8")  # no lone surrogate


def test_a_scan_in_a_repository_points_at_the_line_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    copytree(home("examples") / "leaking-real-server", tmp_path / "golden")
    monkeypatch.chdir(tmp_path)
    assert main(["scan", "golden", "-f", "gitlab=gl-code-quality-report.json"]) == 1
    (issue,) = json.loads((tmp_path / "gl-code-quality-report.json").read_text())
    location = issue["location"]
    line = (tmp_path / location["path"]).read_text().split("\n")[location["lines"]["begin"] - 1]
    assert (location["path"], line) == ("golden/rs2/sysctl.txt", "net.ipv4.conf.all.arp_ignore = 0")
