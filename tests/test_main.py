"""Nothing is imported from the directory that lvsdoctor is run in: it may hold somebody else's files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = str(ROOT / "examples/leaking-real-server")
THIRD_PARTY = ("rich", "jinja2", "markupsafe", "pygments", "scapy", "pyroute2", "rules", "reports")
CANARY = "with open({file!r}, 'a') as canary: print(__name__, file=canary)\n"
SCRIPT = Path(sys.executable).with_name("lvsdoctor")


@pytest.fixture(scope="module")
def imported_by_python(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What Python imports for -m, before the first line of any module of ours."""
    empty = tmp_path_factory.mktemp("empty") / "nothing.py"
    empty.write_text("import sys\nprint(*sys.modules)\n")
    asked = [sys.executable, "-m", empty.stem]
    return set(subprocess.run(asked, cwd=empty.parent, capture_output=True, text=True, check=True).stdout.split())


@pytest.fixture
def trap(tmp_path: Path, imported_by_python: set[str]) -> Path:
    """A directory with a module of every name there is, each of which leaves a line in the file `canary`."""
    directory = tmp_path / "trap"
    directory.mkdir()
    for name in {*sys.stdlib_module_names, *THIRD_PARTY} - imported_by_python:
        (directory / f"{name}.py").write_text(CANARY.format(file=str(directory / "canary")))
    return directory


def run_in(directory: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key not in ("PYTHONSAFEPATH", "PYTHONPATH")}
    environment = {**inherited, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def sprung(trap: Path) -> list[str]:
    canary = trap / "canary"
    return canary.read_text().split() if canary.exists() else []


def test_the_trap_is_one(trap: Path) -> None:
    run_in(trap, sys.executable, "-c", "import argparse")
    assert "argparse" in sprung(trap)


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", EXAMPLE, "-f", "json"),
        ("scan", EXAMPLE, "-f", "html"),
        ("scan", EXAMPLE, "--color", "always"),
        ("scan",),
        ("fix", EXAMPLE, "--as", "ansible"),
        ("probe", "192.0.2.10", "--dry-run"),
        ("explain", "ARP002"),
        ("completion", "bash"),
        ("--version",),
    ],
    ids=" ".join,
)
def test_python_m_imports_nothing_from_the_current_directory(trap: Path, arguments: tuple[str, ...]) -> None:
    ended = run_in(trap, sys.executable, "-m", "lvsdoctor", *arguments)
    assert sprung(trap) == []
    assert "Traceback" not in ended.stderr


def test_a_scan_in_a_stranger_s_directory_says_what_it_says_elsewhere(trap: Path) -> None:
    ended = run_in(trap, sys.executable, "-m", "lvsdoctor", "scan", EXAMPLE, "-f", "json")
    assert [finding["rule"] for finding in json.loads(ended.stdout)["findings"]] == ["arp-ignore-only-on-lo"]


@pytest.mark.skipif(not SCRIPT.exists(), reason="lvsdoctor is not installed here")
def test_the_command_imports_nothing_from_the_current_directory(trap: Path) -> None:
    ended = run_in(trap, str(SCRIPT), "scan", EXAMPLE, "-f", "html")
    assert (ended.returncode, sprung(trap)) == (1, [])


def test_a_checkout_that_we_stand_in_runs_all_the_same() -> None:
    ended = run_in(ROOT, sys.executable, "-S", "-m", "lvsdoctor", "scan", EXAMPLE, "-f", "json", PYTHONPATH="")
    assert (ended.returncode, ended.stderr) == (1, "")


def test_a_directory_that_pythonpath_names_is_looked_into_where_python_is_told_to_be_safe(trap: Path) -> None:
    run_in(trap, sys.executable, "-P", "-m", "lvsdoctor", "--help", PYTHONPATH=f"{trap}:{ROOT}")
    assert "argparse" in sprung(trap)


def test_a_current_directory_that_is_gone_takes_no_other_s_place(tmp_path: Path) -> None:
    script = f'rmdir "$PWD" && exec "{sys.executable}" -m lvsdoctor scan {EXAMPLE} -f json --config none'
    gone = tmp_path / "gone"
    gone.mkdir()
    ended = run_in(gone, "sh", "-c", script)
    assert (ended.returncode, ended.stderr) == (1, "")
