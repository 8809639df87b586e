"""`./test` on a machine that lacks packages: what it installs, what it says, and that no service is left behind.

The checkout is a copy of the scripts, the system a directory (DPKG_ROOT), and apt-get a stub that installs a service as
Debian's packages do.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STUBS = {
    "id": "echo 0",
    "apt-get": r"""
        echo "apt-get runs" >&2
        echo "apt-get $*" >>"$LOG"
        case " $* " in *" install "*) ;; *) exit 0 ;; esac
        [ ! -e "$FAILS" ] || { kill -TERM $PPID; exit 100; }
        cp "$DPKG_ROOT/usr/sbin/policy-rc.d" "$LOG.policy" 2>/dev/null
        "$DPKG_ROOT/usr/sbin/policy-rc.d" lbd start 2>/dev/null
        [ $? -eq 101 ] || echo "lbd runs" >>"$LOG"
        cd "$DPKG_ROOT/etc"
        ln -s /lib/systemd/system/lbd.service systemd/system/multi-user.target.wants/lbd.service
        ln -s /lib/systemd/system/lbd.service systemd/system/balancing.service
        ln -s /lib/systemd/system/getty@.service systemd/system/getty.target.wants/getty@tty1.service
        printf '#!/bin/sh\necho "init.d/lbd $1" >>"$LOG"\n' >init.d/lbd
        chmod 755 init.d/lbd
        ln -s ../init.d/lbd rc2.d/S01lbd
        ln -s ../init.d/lbd rc3.d/S01lbd
        """,
    "systemctl": 'echo "systemctl $*" >>"$LOG"',
    "update-rc.d": r"""
        echo "update-rc.d $*" >>"$LOG"
        for link in "$DPKG_ROOT"/etc/rc?.d/S??"$1"; do mv "$link" "${link%/*}/K01$1"; done
        """,
    "python": "true",
}
# What the scripts call in the checkout.
PYTHON = 'echo "python $*" >>"$LOG"'


@dataclass(frozen=True)
class Machine:
    """A system that lacks the packages lbd and liblbd, and has a service sshd."""

    top: Path

    @property
    def system(self) -> Path:
        return self.top / "system"

    @property
    def policy(self) -> Path:
        return self.system / "usr/sbin/policy-rc.d"

    def log(self) -> list[str]:
        return (self.top / "log").read_text().splitlines()

    def links(self) -> set[str]:
        """All links of the system, by their paths in it."""
        return {str(path.relative_to(self.system)) for path in self.system.rglob("*") if path.is_symlink()}

    def stub(self, name: str, code: str, folder: str = "bin") -> None:
        file = self.top / folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{code}\n")
        file.chmod(0o755)

    def test(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            **os.environ,
            "PATH": f"{self.top}/bin:{os.environ['PATH']}",
            "DPKG_ROOT": str(self.system),
            "LOG": str(self.top / "log"),
            "FAILS": str(self.top / "fails"),
        }
        words = [str(self.top / "checkout" / "test"), *arguments]
        return subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path)
    checkout = tmp_path / "checkout"
    (checkout / "tools").mkdir(parents=True)
    (checkout / "tests").mkdir()
    for name in ("test", "tools/system-packages"):
        shutil.copy(ROOT / name, checkout / name)
    (checkout / "tests/system-packages.txt").write_text("# a comment\nsh dash\nno-such-command  lbd liblbd\n")
    made.stub("environment", f'[ "$1" != python ] || echo {tmp_path}/bin/python', "checkout/tools")
    for name in ("python", "lint-imports"):
        made.stub(name, PYTHON, "checkout/.venv/bin")
    for name, code in STUBS.items():
        made.stub(name, code)
    for folder in ("usr/sbin", "etc/init.d", "etc/rc2.d", "etc/rc3.d", "etc/systemd/system/multi-user.target.wants"):
        (made.system / folder).mkdir(parents=True)
    (made.system / "etc/systemd/system/getty.target.wants").mkdir()
    (made.system / "etc/systemd/system/multi-user.target.wants/sshd.service").symlink_to("/lib/systemd/system/sshd")
    (made.system / "etc/rc2.d/S01sshd").symlink_to("../init.d/sshd")
    (tmp_path / "log").touch()
    return made


BEFORE = {"etc/systemd/system/multi-user.target.wants/sshd.service", "etc/rc2.d/S01sshd"}
DISABLED = {"etc/rc2.d/K01lbd", "etc/rc3.d/K01lbd"}
TERMINAL = {"etc/systemd/system/getty.target.wants/getty@tty1.service"}


def test_with_arguments_nothing_is_installed_and_what_is_missing_is_named(machine: Machine) -> None:
    done = machine.test("tests/parse", "-k", "ipvsadm")
    assert machine.log() == ["python -m pytest tests/parse -k ipvsadm"]
    assert done.stderr == (
        "lvsdoctor: not installed, and some tests need it: lbd liblbd"
        " (./test without arguments installs it, as root where there is apt-get)\n"
    )
    assert machine.links() == BEFORE
    assert not machine.policy.exists()


def test_fast_checks_all_but_runs_a_part_of_the_tests_and_installs_nothing(machine: Machine) -> None:
    machine.test("fast")
    assert not [line for line in machine.log() if line.startswith("apt-get")]
    assert "python -m mypy" in machine.log()
    (tests,) = [line for line in machine.log() if line.startswith("python -m pytest")]
    assert "tests/rules" in tests
    assert "tests/lab" not in tests


def test_without_arguments_it_says_what_it_installs_before_it_does(machine: Machine) -> None:
    done = machine.test()
    assert "apt-get runs" in done.stderr
    before, _, _ = done.stderr.partition("apt-get runs")
    assert before == "lvsdoctor: installing system packages, and what they depend on: lbd liblbd\n"
    assert [line for line in machine.log() if line.endswith("install --yes lbd liblbd")]
    assert "python -m pytest --durations=15 --ignore tests/lab" in machine.log()
    assert "python -m pytest --durations=15 tests/lab" in machine.log()


def test_the_lab_is_the_longest_and_begins_before_all_checks(machine: Machine) -> None:
    # Format reads what the lab writes when it begins: without a writer it would wait, and gives up.
    os.mkfifo(machine.top / "begun")
    machine.stub(
        "python",
        f"""{PYTHON}
        case "$*" in
            *"=15 tests/lab") echo begun > "{machine.top}/begun" ;;
            *"ruff format"*) [ "$(timeout 60 cat "{machine.top}/begun")" = begun ]; exit ;;
        esac""",
        "checkout/.venv/bin",
    )
    assert "failed" not in machine.test().stderr


def test_the_lab_runs_beside_the_other_tests_and_what_fails_there_fails_all(machine: Machine) -> None:
    machine.stub(
        "python", 'case "$*" in *"=15 tests/lab") echo "rs1 serves nobody"; exit 1 ;; esac', "checkout/.venv/bin"
    )
    done = machine.test()
    assert done.returncode == 1
    assert "rs1 serves nobody" in done.stdout
    assert done.stderr.endswith("lvsdoctor: failed: lab\n")


def test_a_plain_user_installs_nothing(machine: Machine) -> None:
    machine.stub("id", "echo 1000")
    done = machine.test()
    assert not [line for line in machine.log() if line.startswith("apt-get")]
    assert "lvsdoctor: not installed, and some tests need it: lbd liblbd\n" in done.stderr


def test_a_service_that_a_package_brings_is_neither_started_nor_enabled(machine: Machine) -> None:
    done = machine.test()
    assert "lbd runs" not in machine.log()
    assert machine.links() == BEFORE | DISABLED | TERMINAL
    assert not machine.policy.exists()
    assert "lvsdoctor: lbd came with a package: it is not enabled, and does not run\n" in done.stderr
    assert "sshd" not in done.stderr


def test_where_no_update_rc_d_can_disable_it_its_links_are_removed(machine: Machine) -> None:
    machine.stub("update-rc.d", "exit 1")
    machine.test()
    assert machine.links() == BEFORE | TERMINAL


@pytest.mark.parametrize(
    ("folder", "stops"), [("run/systemd/system", "systemctl stop lbd"), ("etc/init.d", "init.d/lbd stop")]
)
def test_a_policy_that_is_there_stays_and_what_it_lets_start_is_stopped(
    machine: Machine, folder: str, stops: str
) -> None:
    (machine.system / folder).mkdir(parents=True, exist_ok=True)
    lenient = "#!/bin/sh\n# The administrator's own.\nexit 0\n"
    machine.policy.write_text(lenient)
    machine.policy.chmod(0o755)
    machine.test()
    assert machine.policy.read_text() == lenient
    log = machine.log()
    assert log.index("lbd runs") < log.index(stops)
    assert ("systemctl" in " ".join(log)) is (folder == "run/systemd/system")


def test_an_installation_that_is_ended_leaves_no_policy_behind_and_no_test_is_run(machine: Machine) -> None:
    (machine.top / "fails").touch()
    done = machine.test()
    assert done.returncode == 2
    assert not machine.policy.exists()
    assert machine.links() == BEFORE
    assert not [line for line in machine.log() if line.startswith("python -m pytest")]


def test_a_policy_that_nobody_was_left_to_remove_forbids_nothing_and_removes_itself(machine: Machine) -> None:
    machine.test()
    left = Path(f"{machine.top}/log.policy")
    assert "exit 101" in left.read_text()
    left.chmod(0o755)
    assert subprocess.run([left, "sshd", "restart"], check=False).returncode == 0
    assert not left.exists()
