"""A host that does not let the guest run leaves no rule silently unproved; a guest that we broke fails everywhere."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.lab import xstate
from tests.lab.guest import Guest, HostRefuses, failure
from tests.lab.unproved import unproved

ROOT = Path(__file__).parents[2]
BEGUN = "lvsdoctor: the guest's first process runs"
# As printed on a CPU with AMX, without what is preloaded.
AMX = """\
Checking that ptrace can change system call numbers...OK
Checking syscall emulation patch for ptrace...OK
userspace - ptrace set fp regs failed, errno = 14
Kernel panic - not syncing: Segfault with no mm
 [<60064c9a>] ? _printk+0x0/0x94
""".splitlines()


def test_a_host_that_refuses_is_an_error_where_ci_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=r"^NO RULE IS PROVED HERE: no guest(.|\n)*its last lines"):
        unproved("no guest", "its last lines")


@pytest.mark.parametrize("ci", [None, "", "false", "0"])
def test_a_host_that_refuses_is_a_skip_said_aloud_elsewhere(monkeypatch: pytest.MonkeyPatch, ci: str | None) -> None:
    monkeypatch.delenv("CI", raising=False)
    if ci is not None:
        monkeypatch.setenv("CI", ci)
    with pytest.raises(pytest.skip.Exception, match=r"^NO RULE IS PROVED HERE: no guest$"):
        unproved("no guest", "its last lines")


@pytest.mark.parametrize(
    ("log", "telling"),
    [
        (AMX, "userspace - ptrace set fp regs failed, errno = 14"),
        ([BEGUN, *AMX], "userspace - ptrace set fp regs failed, errno = 14"),
        (["check_ptrace : expected SIGSTOP", "Operation not permitted"], "Operation not permitted"),
        (["Checking environment variables for a tempdir...none found"], "a tempdir...none found"),
        ([], "it said nothing"),
    ],
)
def test_a_guest_that_ends_before_its_first_process_or_cannot_trace_is_refused_by_the_host(
    log: list[str], telling: str
) -> None:
    refusal = failure("has ended", log)
    assert isinstance(refusal, HostRefuses)
    assert refusal.why.startswith("this host does not let the guest run, it has ended: ")
    assert refusal.why.endswith(telling)


def test_a_guest_that_ends_once_its_first_process_ran_is_broken() -> None:
    ended = failure("has ended", [BEGUN, "mount: permission denied", "Kernel panic - not syncing"])
    assert not isinstance(ended, HostRefuses)
    assert "mount: permission denied" in str(ended)


def test_a_compiler_without_headers_is_the_host_s_own_reason_and_leaves_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xstate, "NEEDED", True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "guests"))
    (tmp_path / "guests").mkdir()
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho 'xstate.c:1:10: fatal error: elf.h: No such file' >&2\nexit 1\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(HostRefuses) as refused:
        Guest()
    assert refused.value.why.endswith("(Debian: gcc, libc6-dev): xstate.c:1:10: fatal error: elf.h: No such file")
    assert list((tmp_path / "guests").iterdir()) == []


# -- wherever the guest is booted -------------------------------------------------------------------------------------

_REFUSED = """
from concurrent.futures import Future
import pytest
from tests.lab.guest import HostRefuses

@pytest.fixture
def refused():
    raise HostRefuses("its last lines", "no guest")

def test_fixture(refused):
    pass

def test_worker():
    work = Future()
    work.set_exception(HostRefuses("its last lines", "no guest"))
    work.result()
"""


@pytest.mark.parametrize(("ci", "outcome"), [("true", "1 failed, 1 error"), ("", "2 skipped")])
def test_a_refusal_is_met_alike_in_a_fixture_and_in_a_test(tmp_path: Path, ci: str, outcome: str) -> None:
    (tmp_path / "test_refused.py").write_text(_REFUSED)
    words = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(tmp_path), "-p", "no:cacheprovider"]
    words += ["-ra", "-p", "tests.lab.conftest", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CI": ci, "COLUMNS": "200"}
    done = subprocess.run(words, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert f"= {outcome} in " in done.stdout, done.stdout + done.stderr
    assert "NO RULE IS PROVED HERE: no guest" in done.stdout
    assert ("its last lines" in done.stdout) is bool(ci)
