"""Reports from the command line: several of one scan, where they go, and the exit code of a monitoring check."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from lvsdoctor.engine.paths import report_formats

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/leaking-real-server"
HEALTHY = ROOT / "tests/fixtures/stories/healthy-pair"
Run = Callable[..., tuple[int, str, str]]


def test_one_scan_writes_every_format_to_its_place(run: Run, tmp_path: Path) -> None:
    others = [name for name in report_formats() if name != "terminal"]
    wanted = [word for name in others for word in ("-f", f"{name}={tmp_path / name}")]
    code, out, err = run("scan", EXAMPLE, "-f", "terminal", *wanted)
    assert (code, err) == (1, "")
    assert "ERROR ARP002 rs2 answers ARP requests for VIP 192.0.2.10" in out
    for name in others:
        text = (tmp_path / name).read_text()
        assert "rs2" in text, name
        assert "arp-ignore-only-on-lo" in text or "rs2 answers ARP requests for VIP 192.0.2.10" in text, name
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)


@pytest.mark.parametrize("name", sorted(report_formats()))
def test_every_format_can_go_to_standard_output(run: Run, name: str) -> None:
    code, out, err = run("scan", EXAMPLE, "-f", name)
    assert "rs2" in out
    assert (code, err) == (2 if name == "nagios" else 1, "")


@pytest.mark.parametrize("name", sorted(report_formats()))
def test_an_accepted_finding_stays_visible_in_every_format(run: Run, tmp_path: Path, name: str) -> None:
    config = tmp_path / "lvsdoctor.toml"
    config.write_text('[[accept]]\nrule = "arp-ignore-only-on-lo"\nnode = "rs2"\nreason = "leaves in spring"\n')
    code, out, _ = run("scan", EXAMPLE, "--config", config, "-f", name)
    assert code == 0
    if name == "prometheus":
        assert 'lvsdoctor_accepted_findings{node="rs2"} 1\n' in out
    else:
        assert "leaves in spring" in out


def test_a_file_that_cannot_be_written_is_told_before_standard_output(run: Run) -> None:
    code, out, err = run("scan", EXAMPLE, "-f", "terminal", "-f", "json=/nonexistent/x")
    assert (code, out) == (2, "")
    assert err == "lvsdoctor: /nonexistent/x: No such file or directory\n"


def test_a_renderer_that_fails_leaves_the_old_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(examination: object, output: object) -> None:
        raise ValueError("half")

    monkeypatch.setattr("lvsdoctor.engine.loader.load_report", lambda name: broken)
    (tmp_path / "report").write_text("old")
    code, _, err = run("scan", EXAMPLE, "-f", f"json={tmp_path / 'report'}")
    assert (code, "ValueError: half" in err) == (2, True)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_a_check_exits_as_a_monitoring_system_reads_it(run: Run) -> None:
    assert run("scan", EXAMPLE, "-f", "nagios", "--fail-on", "never")[0] == 2
    code, out, _ = run("scan", HEALTHY, "-f", "nagios")
    assert (code, out.startswith("LVS OK - no known pitfall found")) == (0, True)


def test_what_could_not_be_checked_is_unknown_to_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("0:\tfrom all lookup local\n")
    code, out, _ = run("scan", tmp_path, "-f", "nagios")
    assert (code, out.startswith("LVS UNKNOWN - 0 of ")) == (3, True)
    part = tmp_path / "part"
    copytree(HEALTHY, part)
    next(part.rglob("sysctl.txt")).unlink()
    assert run("scan", part, "-f", "nagios")[0] == 0
    code, out, _ = run("scan", part, "-f", "nagios", "--require-complete")
    assert (code, out.startswith("LVS UNKNOWN - no known pitfall found in what could be checked")) == (3, True)


def test_trouble_is_unknown_to_it_and_said_where_it_reads(run: Run) -> None:
    code, out, err = run("scan", "no|where", "-f", "nagios")
    assert (code, out) == (3, "LVS UNKNOWN - no\\x7cwhere: no such file or directory\n")
    assert err == "lvsdoctor: no|where: no such file or directory\n"


def test_a_fault_of_ours_is_unknown_to_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("never mind")

    monkeypatch.setattr("lvsdoctor.engine.runner.examine", broken)
    code, out, _ = run("scan", EXAMPLE, "-f", "nagios")
    assert (code, out) == (3, "LVS UNKNOWN - internal error: ValueError: never mind\n")


def test_in_a_file_the_check_s_line_changes_no_exit_code(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("scan", EXAMPLE, "-f", "json", "-f", f"nagios={tmp_path / 'line'}")
    assert (code, json.loads(out)["summary"]["error"]) == (1, 1)
    line = re.sub(r"\d+ rules", "some rules", (tmp_path / "line").read_text())
    assert line.startswith("LVS CRITICAL - 1 error (some rules not checked): rs2 answers ARP")
