"""Standard streams that are closed, full or left by their reader: one sentence or silence, never a fault of ours."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = str(ROOT / "examples/leaking-real-server")
PROGRAM = f"'{sys.executable}' -P -m lvsdoctor"
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
ENVIRONMENT["PYTHONPATH"] = str(ROOT)

# Every way in which something is written to standard output.
COMMANDS = [
    f"scan {EXAMPLE}",
    f"scan {EXAMPLE} -f json",
    f"scan {EXAMPLE} -f html",
    f"fix {EXAMPLE}",
    f"fix {EXAMPLE} --as ansible",
    f"diff {EXAMPLE} {EXAMPLE}",
    f"trace 192.0.2.10 {EXAMPLE}",
    "rules list -f json",
    "collect --script",
    "explain ARP002",
    "rules list",
    "completion bash",
    "--help",
    "scan --help",
    "--version",
]
full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What the shell makes of the line; `lvsdoctor` in it is the program."""
    return subprocess.run(
        ["sh", "-c", line.replace("lvsdoctor ", f"{PROGRAM} ", 1)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**ENVIRONMENT, **environment},
        check=False,
    )


def without_a_reader(*arguments: str, sigpipe: Any = signal.SIG_DFL) -> subprocess.CompletedProcess[str]:
    """The program, whose standard output is a pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        return subprocess.run(
            [sys.executable, "-P", "-m", "lvsdoctor", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
            restore_signals=False,
            preexec_fn=lambda: signal.signal(signal.SIGPIPE, sigpipe),
            check=False,
        )
    finally:
        os.close(writer)


def scanned(report: Path) -> list[str]:
    return [finding["rule"] for finding in json.loads(report.read_text())["findings"]]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_pipe_that_its_reader_has_closed_ends_the_program_quietly(command: str) -> None:
    ended = without_a_reader(*command.split())
    assert (ended.returncode, ended.stderr) == (141, "")


def test_a_closed_pipe_is_quiet_where_sigpipe_is_ignored_too() -> None:
    ended = without_a_reader("rules", "list", sigpipe=signal.SIG_IGN)
    assert (ended.returncode, ended.stderr) == (141, "")


def test_a_closed_pipe_is_quiet_where_python_does_not_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRONMENT, "PYTHONUNBUFFERED", "1")
    ended = without_a_reader("scan", EXAMPLE, "-f", "json")
    assert (ended.returncode, ended.stderr) == (141, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_closed_standard_output_is_one_sentence(command: str) -> None:
    ended = shell(f"lvsdoctor {command} >&-")
    assert (ended.returncode, ended.stderr) == (2, "lvsdoctor: standard output is closed\n")


@full
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_behind_standard_output_is_one_sentence(command: str) -> None:
    ended = shell(f"lvsdoctor {command} >/dev/full")
    sentence = f"lvsdoctor: standard output: {os.strerror(errno.ENOSPC)}\n"
    assert (ended.returncode, ended.stderr) == (2, sentence)


@full
@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_a_message_that_cannot_be_said_changes_neither_output_nor_exit_code(where: str) -> None:
    heard = shell(f"lvsdoctor fix {EXAMPLE} --select ARP002 --node rs1")
    assert heard.stderr == "lvsdoctor: nothing to fix\n"
    unheard = shell(f"lvsdoctor fix {EXAMPLE} --select ARP002 --node rs1 {where}")
    assert (unheard.returncode, unheard.stdout) == (heard.returncode, heard.stdout)
    assert shell(f"lvsdoctor scan nowhere {where}").returncode == 2
    assert shell(f"lvsdoctor rules list >&- {where}").returncode == 2


def test_a_report_in_a_file_needs_no_standard_stream(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    ended = shell(f"lvsdoctor scan {EXAMPLE} -f json={report} <&- >&- 2>&-")
    assert (ended.returncode, scanned(report)) == (1, ["arp-ignore-only-on-lo"])


def test_nothing_that_is_printed_ends_up_in_a_file_that_was_opened_in_place_of_a_closed_stream(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    ended = shell(f"lvsdoctor scan {EXAMPLE} -f json={report} -f terminal >&-")
    assert (ended.returncode, ended.stderr) == (2, "lvsdoctor: standard output is closed\n")
    assert scanned(report) == ["arp-ignore-only-on-lo"]


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="this system has no /dev/stdout")
def test_a_closed_stream_is_closed_under_its_other_names_too() -> None:
    for name in ("/dev/stdout", "/dev/fd/1"):
        ended = shell(f"lvsdoctor scan {EXAMPLE} -f json={name} >&-")
        assert (ended.returncode, ended.stderr) == (2, f"lvsdoctor: {name}: {os.strerror(errno.EBADF)}\n")


@pytest.mark.parametrize("closed", ["<&-", "<&- >&-", "0>/dev/null"])
@pytest.mark.parametrize("verb", ["scan -", f"diff - {EXAMPLE}", "fix -", "trace 192.0.2.10 -", "redact - -o -"])
def test_closed_standard_input_is_one_sentence(closed: str, verb: str) -> None:
    ended = shell(f"lvsdoctor {verb} {closed}")
    assert (ended.returncode, ended.stderr) == (2, "lvsdoctor: standard input: is closed\n")


def test_closed_standard_input_is_no_matter_where_it_is_not_read() -> None:
    ended = shell(f"lvsdoctor scan {EXAMPLE} --select ARP002 -q <&-")
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "ARP002 rs2" in ended.stdout


@full
@pytest.mark.parametrize("option", ["-f json=", "--write-baseline "])
def test_a_full_disk_behind_a_file_is_one_sentence_that_names_it(option: str) -> None:
    ended = shell(f"lvsdoctor scan {EXAMPLE} {option}/dev/full")
    assert (ended.returncode, ended.stderr) == (2, f"lvsdoctor: /dev/full: {os.strerror(errno.ENOSPC)}\n")


@pytest.mark.parametrize("option", ["-f=json=", "--write-baseline="])
def test_a_named_pipe_that_its_reader_has_closed_is_quiet_too(option: str) -> None:
    ended = without_a_reader("scan", EXAMPLE, f"{option}/dev/stdout".replace("-f=", "-f"))
    assert (ended.returncode, ended.stderr) == (141, "")


@full
def test_a_check_that_cannot_say_its_verdict_is_unknown_to_the_monitoring_system() -> None:
    ended = shell(f"lvsdoctor scan {EXAMPLE} -f nagios >/dev/full")
    assert (ended.returncode, ended.stderr) == (3, f"lvsdoctor: standard output: {os.strerror(errno.ENOSPC)}\n")
    assert without_a_reader("scan", "nowhere", "-f", "nagios").returncode == 3


def test_a_baseline_without_an_end_is_one_sentence() -> None:
    if not os.path.exists("/dev/zero"):
        pytest.skip("this system has no /dev/zero")
    ended = shell(f"lvsdoctor scan {EXAMPLE} --baseline /dev/zero")
    assert (ended.returncode, ended.stderr) == (2, "lvsdoctor: /dev/zero: is larger than 64 MiB\n")


# -- interrupts --------------------------------------------------------------------------------------------------------


def interruptible() -> None:
    """For the child: a test run in the background ignores SIGINT, and what it starts would too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def started(*arguments: str, stdin: int, stdout: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "lvsdoctor", *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        preexec_fn=interruptible,
    )


def waiting_in(pipe: int) -> int:
    """How many bytes are in the pipe that nobody has taken."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"), sys.byteorder)


def test_an_interrupt_while_standard_input_is_read_is_130() -> None:
    reader, writer = os.pipe()
    with started("scan", "-", stdin=reader, stdout=subprocess.DEVNULL) as run:
        os.write(writer, b"net.ipv4.ip_forward = 1\n")
        while waiting_in(writer):
            assert run.poll() is None
        run.send_signal(signal.SIGINT)
        assert (run.wait(60), run.stderr and run.stderr.read()) == (130, "")
    os.close(reader)
    os.close(writer)


def test_an_interrupt_while_nobody_takes_the_report_is_130_at_once() -> None:
    reader, writer = os.pipe()
    # Smaller than the page, which is written for as long as nobody reads it.
    assert fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096) < 32768
    with started("scan", EXAMPLE, "-f", "html", stdin=subprocess.DEVNULL, stdout=writer) as run:
        while not waiting_in(reader):
            assert run.poll() is None
        run.send_signal(signal.SIGINT)
        assert (run.wait(60), run.stderr and run.stderr.read()) == (130, "")
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize(
    "module", ["argparse", "lvsdoctor.cli.parser", "lvsdoctor.cli.scan", "lvsdoctor.engine.runner"]
)
def test_an_interrupt_while_the_program_is_imported_is_130(module: str, tmp_path: Path) -> None:
    """At the very moment: whoever looks for the module is interrupted."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "sys.meta_path.insert(0, Interrupts())\n"
    )
    ended = shell(f"lvsdoctor scan {EXAMPLE}", PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert (ended.returncode, ended.stderr) == (130, "")
