"""What is shipped is what git tracks, and it runs where nothing else is installed."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BESIDE = ("rules", "reports", "examples")


def git_files() -> set[str]:
    """What git tracks, or will when it is added: everything that is neither ignored nor deleted."""
    git = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others"]
    try:
        listed = subprocess.run([*git, "--exclude-standard"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"this is not a git checkout, or there is no git: {error}")
    return {name for name in listed.split("\0") if name and (ROOT / name).exists()}


@dataclass(frozen=True)
class Built:
    """One build: the files git would ship, and those that are shipped."""

    tracked: set[str]
    sdist: Path
    wheel: Path

    def in_sdist(self) -> set[str]:
        with tarfile.open(self.sdist) as archive:
            return {name.partition("/")[2] for name in archive.getnames()}

    def in_wheel(self) -> set[str]:
        with zipfile.ZipFile(self.wheel) as archive:
            return set(archive.namelist())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    tracked = git_files()
    # A copy, so that nothing that happens to lie in this checkout decides what is shipped from it ...
    checkout, dist = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("dist")
    for name in tracked:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    # ... but the litter that every checkout has, which git ignores and some builds ship.
    for litter in ("rules/__pycache__/x.pyc", "rules/build/x.py", "reports/.venv/x.py", "lvsdoctor/dist/x.py"):
        (checkout / litter).parent.mkdir(parents=True, exist_ok=True)
        (checkout / litter).write_text("litter")
    # Without --wheel or --sdist: the wheel is built from the sdist, so that what is missing there is missed here.
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(dist), str(checkout)]
    ran = subprocess.run(build, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return Built(tracked, *dist.glob("*.tar.gz"), *dist.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `lvsdoctor` command of an environment that holds this wheel alone: no pyroute2, no scapy, no rich."""
    environment = tmp_path_factory.mktemp("environment")
    python = environment / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, str(built.wheel)], check=True)
    return python.with_name("lvsdoctor")


def run(installed: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [installed, *arguments],
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_the_package_exactly_as_git_has_it(built: Built) -> None:
    beside = tuple(f"lvsdoctor/{folder}/" for folder in BESIDE)
    in_wheel = {name for name in built.in_wheel() if name.startswith("lvsdoctor/") and not name.startswith(beside)}
    assert in_wheel == {name for name in built.tracked if name.startswith("lvsdoctor/")}


@pytest.mark.parametrize("folder", BESIDE)
def test_the_wheel_holds_the_folders_beside_the_package_exactly_as_git_has_them(built: Built, folder: str) -> None:
    in_wheel = {name for name in built.in_wheel() if name.startswith(f"lvsdoctor/{folder}/")}
    in_git = {f"lvsdoctor/{name}" for name in built.tracked if name.startswith(f"{folder}/")}
    assert in_git
    assert in_wheel == in_git


def test_the_wheel_brings_its_licence_and_nothing_beside_the_package(built: Built) -> None:
    names = built.in_wheel()
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"lvsdoctor"}


def test_the_sdist_is_the_checkout(built: Built) -> None:
    assert built.in_sdist() - {"PKG-INFO"} == built.tracked


def test_the_installed_command_says_its_version(installed: Path, built: Built, tmp_path: Path) -> None:
    version = built.wheel.name.split("-")[1]
    ran = run(installed, "--version", cwd=tmp_path)
    assert (ran.returncode, version in ran.stdout) == (0, True), ran.stderr


def test_the_installed_command_runs_by_its_path_as_sudo_runs_it(installed: Path, tmp_path: Path) -> None:
    """With a PATH of sudo's own (secure_path), which knows no environment of Python."""
    readme = (ROOT / "README.md").read_text()
    assert 'sudo "$(command -v lvsdoctor)" scan ' in readme
    line = 'env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$(command -v lvsdoctor)" scan "$1"'
    environment = {**os.environ, "PATH": f"{installed.parent}:{os.environ['PATH']}"}
    example = ROOT / "examples/leaking-real-server"
    result = subprocess.run(
        ["sh", "-c", line, "sh", str(example)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (1, "")
    assert "ERROR ARP002 rs2" in result.stdout


def test_the_installed_command_finds_its_rules(installed: Path, built: Built, tmp_path: Path) -> None:
    ran = run(installed, "rules", "list", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    pages = [
        Path(name).name.partition(".")[0]
        for name in built.tracked
        if name.startswith("rules/") and name.count("/") == 2
    ]
    names = {page.replace("_", "-") for page in pages if not page.startswith("_")}
    assert sorted(name for name in names if name not in ran.stdout) == []


def test_the_installed_command_scans_offline_without_any_other_module(installed: Path, tmp_path: Path) -> None:
    ran = run(installed, "scan", str(ROOT / "examples" / "leaking-real-server"), "-f", "json", cwd=tmp_path)
    assert ran.returncode in (0, 1), ran.stderr
    assert json.loads(ran.stdout)["schema"] == "lvsdoctor/1"
