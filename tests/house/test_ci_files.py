"""What users' CI takes from here - the pre-commit hook, the GitHub Action, the GitLab template - does its work.

Their own commands are run, on a repository of golden configurations that is red for a VIP /24 and then green.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

IP_ADDR = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
    inet 192.0.2.10/{prefix} scope global lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000
    link/ether 02:00:00:00:00:21 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.21/24 scope global eth0
"""
QUIET = "net.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.all.arp_announce = 2\n"


def loaded(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a real server whose VIP has the mask of a whole subnet."""
    top = tmp_path / "repository"
    node = top / "golden" / "rs1"
    node.mkdir(parents=True)
    (node / "ip-addr").write_text(IP_ADDR.format(prefix=24))
    (node / "90-lvs.conf").write_text(QUIET)
    git = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-C", str(top)]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "golden"]):
        subprocess.run([*git, *words], check=True)
    return top


def mend(repository: Path) -> None:
    (repository / "golden" / "rs1" / "ip-addr").write_text(IP_ADDR.format(prefix=32))


def run(
    command: list[str] | str, cwd: Path, environment: Mapping[str, str], shell: str = "bash"
) -> subprocess.CompletedProcess[str]:
    words = command if isinstance(command, list) else [shell, "-e", "-c", command]
    path = f"{environment.get('PATH_FIRST', BIN)}{os.pathsep}{os.environ['PATH']}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GIT_"))}
    return subprocess.run(
        words,
        cwd=cwd,
        env={**inherited, "PATH": path, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def without_an_index() -> dict[str, str]:
    """pip installs from here alone, with the build tools and libraries that this environment has."""
    return {
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


# -- pre-commit -------------------------------------------------------------------------------------------------------


def test_the_hook_is_one_that_pre_commit_understands(tmp_path: Path) -> None:
    home = {"PRE_COMMIT_HOME": str(tmp_path)}
    ran = run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")], ROOT, home
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_hook_stops_a_commit_of_a_wide_vip_and_lets_the_mended_one_pass(repository: Path, tmp_path: Path) -> None:
    hook, _ = loaded(".pre-commit-hooks.yaml")
    # As pre-commit would run it once it had installed it: its own entry, with the user's args in place of the default.
    installed = {name: value for name, value in hook.items() if name != "additional_dependencies"}
    local = {**installed, "language": "system", "args": ["golden/"], "files": "^golden/"}
    (repository / ".pre-commit-config.yaml").write_text(yaml.dump({"repos": [{"repo": "local", "hooks": [local]}]}))
    home = {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    subprocess.run(["git", "add", "."], cwd=repository, check=True)
    command = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"]
    red = run(command, repository, home)
    assert (red.returncode, "ADDR001 " in red.stdout) == (1, True), red.stdout + red.stderr
    mend(repository)
    green = run(command, repository, home)
    assert green.returncode == 0, green.stdout + green.stderr


# -- GitHub -----------------------------------------------------------------------------------------------------------


class Action:
    """The composite action's steps, run as a runner would: an input comes in by the environment alone."""

    def __init__(self, temporary: Path) -> None:
        self.steps = {step["name"]: step for step in loaded("action.yml")["runs"]["steps"]}
        self.inputs = {name: each["default"] for name, each in loaded("action.yml")["inputs"].items()}
        self.files = {name: temporary / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        self.environment = {name: str(file) for name, file in self.files.items()} | {"RUNNER_TEMP": str(temporary)}

    def step(self, name: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
        step = self.steps[name]
        known = {"${{ github.action_path }}": str(ROOT)}
        known |= {f"${{{{ inputs.{key} }}}}": value for key, value in self.inputs.items()}
        given = {key: known[value] for key, value in step["env"].items()}
        return run(step["run"], cwd, {**self.environment, **given, **more})


@pytest.fixture
def action(tmp_path: Path) -> Action:
    temporary = tmp_path / "runner"
    temporary.mkdir()
    return Action(temporary)


def with_this_environments_lvsdoctor(action: Action) -> None:
    """What the step that installs leaves behind, without installing."""
    there = Path(action.environment["RUNNER_TEMP"]) / "lvsdoctor" / "bin"
    there.mkdir(parents=True)
    (there / "lvsdoctor").symlink_to(BIN / "lvsdoctor")


def test_no_input_of_the_action_is_written_into_its_scripts(action: Action) -> None:
    assert [name for name, step in action.steps.items() if "${{" in step["run"]] == []


def test_the_action_installs_what_it_then_runs(action: Action, repository: Path, tmp_path: Path) -> None:
    from_here = without_an_index()
    # A venv sees no build tool of ours, and there is no index to ask: they are lent to it.
    site = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    ran = action.step("Install lvsdoctor", repository, **from_here, PYTHONPATH=str(site))
    assert ran.returncode == 0, ran.stdout + ran.stderr
    action.inputs["paths"] = "golden"
    scanned = action.step("Scan", repository)
    assert (scanned.returncode, "::error" in scanned.stdout) == (1, True), scanned.stdout + scanned.stderr


def test_the_action_annotates_the_line_and_fills_summary_and_output_and_is_green_when_mended(
    action: Action, repository: Path
) -> None:
    with_this_environments_lvsdoctor(action)
    action.inputs |= {"paths": "golden\n", "fail-on": "warning"}
    red = action.step("Scan", repository)
    assert red.returncode == 1, red.stdout + red.stderr
    assert "::error file=golden/rs1/ip-addr,line=4" in red.stdout
    assert "192.0.2.10" in action.files["GITHUB_STEP_SUMMARY"].read_text()
    assert action.files["GITHUB_OUTPUT"].read_text() == "sarif=lvsdoctor.sarif\n"
    (sarif,) = json.loads((repository / "lvsdoctor.sarif").read_text())["runs"]
    assert sarif["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "golden/rs1/ip-addr"
    mend(repository)
    green = action.step("Scan", repository)
    assert green.returncode == 0, green.stdout + green.stderr
    assert json.loads((repository / "lvsdoctor.sarif").read_text())["runs"][0]["results"] == []


def test_an_input_of_the_action_is_no_code(action: Action, repository: Path) -> None:
    with_this_environments_lvsdoctor(action)
    action.inputs["paths"] = "golden\n$(touch owned)\n`touch owned`; touch owned"
    ran = action.step("Scan", repository)
    assert (ran.returncode, (repository / "owned").exists()) == (2, False), ran.stdout


# -- GitLab -----------------------------------------------------------------------------------------------------------


def test_the_gitlab_job_reports_the_wide_vip_and_passes_when_it_is_mended(repository: Path, tmp_path: Path) -> None:
    job = loaded("templates/lvsdoctor.gitlab-ci.yml")[".lvsdoctor"]
    install, scan = job["script"]
    assert install == 'python3 -m pip install --quiet "$LVSDOCTOR_PACKAGE"'
    variables = {**job["variables"], "LVSDOCTOR_PATHS": "golden/"}
    red = run(scan, repository, variables, shell="sh")
    assert red.returncode == 1, red.stdout + red.stderr
    reports = job["artifacts"]["reports"]
    quality = json.loads((repository / reports["codequality"]).read_text())
    assert ("golden/rs1/ip-addr", 4) in [(e["location"]["path"], e["location"]["lines"]["begin"]) for e in quality]
    assert "<failure" in (repository / reports["junit"]).read_text()
    assert all((repository / path).is_file() for path in job["artifacts"]["paths"])
    mend(repository)
    green = run(scan, repository, variables, shell="sh")
    assert green.returncode == 0, green.stdout + green.stderr
    assert json.loads((repository / reports["codequality"]).read_text()) == []


def test_the_gitlab_job_installs_what_its_variable_names(tmp_path: Path) -> None:
    job = loaded("templates/lvsdoctor.gitlab-ci.yml")[".lvsdoctor"]
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    site = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    given = {"LVSDOCTOR_PACKAGE": str(ROOT), "PATH_FIRST": str(environment / "bin"), "PYTHONPATH": str(site)}
    ran = run(job["script"][0], tmp_path, {**without_an_index(), **given}, shell="sh")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert shutil.which("lvsdoctor", path=str(environment / "bin"))


def _validate_line() -> str:
    """What docs/CI.md gives Ansible's template module to ask, on the host that Ansible calls lb1."""
    lines: list[str] = re.findall(r"^    validate: (.*)$", (ROOT / "docs/CI.md").read_text(), re.MULTILINE)
    (line,) = lines
    return line.replace("{{ inventory_hostname }}", "lb1")


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("", "", 0),
        ("lb_kind DR\n    protocol TCP", "lb_kind DR\n", 1),
        ("192.0.2.21 80", "192.0.2.21 8080", 1),
    ],
    ids=["sound", "no protocol", "another port"],
)
@pytest.mark.parametrize("asked", ["hook", "validate"])
def test_the_hook_for_keepalived_and_the_validate_line_look_at_one_file_whatever_it_is_called(
    tmp_path: Path, asked: str, old: str, new: str, status: int
) -> None:
    _, hook = loaded(".pre-commit-hooks.yaml")
    sound = (ROOT / "examples/golden-cluster/lb1/etc/keepalived/keepalived.conf").read_text()
    assert old in sound
    file = tmp_path / "tmp4711"
    file.write_text(sound.replace(old, new, 1) if old else sound)
    command = f"{hook['entry']} {file}" if asked == "hook" else _validate_line().replace("%s", str(file))
    assert run(command.split(), tmp_path, {"HOME": str(tmp_path)}).returncode == status
