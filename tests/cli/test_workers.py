"""scan -j: several processes make of a cluster what one makes of it, and leave nothing behind."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lvsdoctor.analysis import walk
from lvsdoctor.cli import workers
from lvsdoctor.cli.errors import CliError
from lvsdoctor.cli.progress import Progress
from lvsdoctor.cli.workers import Workers
from lvsdoctor.engine.paths import report_formats
from lvsdoctor.model.node import Node
from lvsdoctor.model.work import Beside
from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples/leaking-real-server"
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux forks workers")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes are started before any work is done here."""
    monkeypatch.setattr(workers, "PATIENCE", 0.0)


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    """The example, with a link that leads out of it, a file that cannot be read as text, and one without a dump."""
    top = tmp_path / "cluster"
    for host in ("lb1", "rs1", "rs2"):
        for file in (EXAMPLE / host).iterdir():
            (top / host).mkdir(parents=True, exist_ok=True)
            (top / host / file.name).write_bytes(file.read_bytes())
    (top / "rs2/out.txt").symlink_to("/etc/hostname")
    (top / "rs1/out.txt").symlink_to("/etc/hostname")
    (top / "rs1/picture.bin").write_bytes(b"\0\1\2" * 100)
    (top / "lb1/notes.txt").write_text("nothing of the kind\n")
    return top


def pid(item: int) -> tuple[int, int]:
    return item, os.getpid()


def test_results_come_in_the_order_of_the_items_whoever_made_them() -> None:
    assert list(Workers(3, Progress(None), 0.0)(lambda item: item * item, range(100), "")) == [
        item * item for item in range(100)
    ]


@linux
def test_others_do_the_work_and_are_gone_when_it_is_done() -> None:
    results = list(Workers(2, Progress(None), 0.0)(pid, range(50), ""))
    assert [item for item, _ in results] == list(range(50))
    assert os.getpid() not in {worker for _, worker in results}
    for worker in {worker for _, worker in results}:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


@pytest.mark.parametrize(("jobs", "patience"), [(1, 0.0), (4, 3600.0)])
def test_what_is_soon_done_is_done_here(jobs: int, patience: float) -> None:
    assert {worker for _, worker in Workers(jobs, Progress(None), patience)(pid, range(50), "")} == {os.getpid()}


@linux
def test_what_a_worker_could_not_do_or_send_is_done_here() -> None:
    parent = os.getpid()

    def work(item: int) -> object:
        if item == 5 and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        if item == 11 and os.getpid() != parent:
            raise OSError
        return (lambda: item) if item == 17 else item  # a function is not sent

    results = list(Workers(3, Progress(None), 0.0)(work, range(60), ""))
    assert callable(results[17])
    assert results[:17] + results[18:] == [item for item in range(60) if item != 17]


@linux
def test_work_beside_is_done_by_another_process_or_left_to_whoever_needs_it() -> None:
    parent, kept = os.getpid(), list[object]()

    def failing() -> int:
        raise OSError

    beside = [Beside(work_out, kept.append) for work_out in (os.getpid, failing, lambda: len)]
    results = list(Workers(2, Progress(None), 0.0, beside)(pid, range(50), ""))
    assert [item for item, _ in results] == list(range(50))
    assert kept[1:] == [len]
    assert kept[0] not in (None, parent)


@pytest.mark.parametrize(("jobs", "patience"), [(1, 0.0), (4, 3600.0)])
def test_without_another_process_nothing_is_done_beside(jobs: int, patience: float) -> None:
    kept: list[object] = []
    list(Workers(jobs, Progress(None), patience, [Beside(os.getpid, kept.append)])(pid, range(50), ""))
    assert kept == []


@linux
@pytest.mark.usefixtures("at_once")
def test_packets_are_followed_in_another_process(run: Run, cluster: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, follow = list[int](), walk._worked_out

    def followed(nodes: Sequence[Node]) -> object:
        here.append(os.getpid())
        return follow(nodes)

    monkeypatch.setattr(walk, "_worked_out", followed)
    assert run("scan", "-j", 1, "-f", "json", cluster)[0] == 1
    assert here == [os.getpid()]
    assert run("scan", "-j", 2, "-f", "json", cluster)[0] == 1
    assert len(here) == 1


@linux
def test_an_error_is_raised_as_one_process_raises_it() -> None:
    def work(item: int) -> int:
        return 1 // (item - 30)

    with pytest.raises(ZeroDivisionError):
        list(Workers(2, Progress(None), 0.0)(work, range(60), ""))


@linux
def test_where_no_process_can_be_started_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", none)
    assert {worker for _, worker in Workers(2, Progress(None), 0.0)(pid, range(9), "")} == {os.getpid()}


@linux
@pytest.mark.usefixtures("at_once")
def test_a_report_is_the_same_to_the_byte_in_every_format(run: Run, cluster: Path, tmp_path: Path) -> None:
    for jobs in (1, 3):
        files = [word for form in report_formats() for word in ("-f", f"{form}={tmp_path}/{jobs}.{form}")]
        assert run("scan", "-j", jobs, *files, cluster) == (1, "", "")
    for form in report_formats():
        alone, together = (_without_times((tmp_path / f"{jobs}.{form}").read_text()) for jobs in (1, 3))
        assert together == alone
        assert "rs2" in alone


@linux
@pytest.mark.usefixtures("at_once")
def test_many_paths_are_read_side_by_side(run: Run, cluster: Path) -> None:
    paths = sorted(cluster.glob("rs*/*.txt")) + sorted(cluster.glob("lb1/*.txt"))
    paths = [path for path in paths if not path.is_symlink()]
    assert len(paths) >= 8
    alone, together = (run("scan", "-j", jobs, "-f", "json", *paths) for jobs in (1, 2))
    assert together == alone
    missing = (run("scan", "-j", jobs, *paths, cluster / "gone.txt") for jobs in (1, 2))
    assert len({*missing}) == 1


@linux
@pytest.mark.usefixtures("at_once")
def test_a_fix_is_the_same(run: Run, cluster: Path) -> None:
    assert run("fix", "-j", 2, cluster) == run("fix", "-j", 1, cluster)


@linux
def test_an_interrupt_ends_the_workers_and_says_nothing() -> None:
    code = """
import os, signal, sys
from lvsdoctor.cli.progress import Progress
from lvsdoctor.cli.workers import Workers
parent = os.getpid()
def work(item):
    if os.getpid() != parent:
        os.write(1, b"%d " % os.getpid())
        if item == 0:
            os.kill(parent, signal.SIGINT)
        signal.pause()
try:
    list(Workers(2, Progress(None), 0.0)(work, range(40), ""))
except KeyboardInterrupt:
    raise SystemExit(130)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (ended.returncode, ended.stderr) == (130, "")
    for worker in map(int, ended.stdout.split()):
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


@pytest.mark.parametrize("number", ["0", "-1", "many", "257", "٣"])
def test_a_number_of_jobs_is_a_number(run: Run, number: str) -> None:
    code, _, error = run("scan", f"-j{number}", EXAMPLE)
    assert code == 2
    assert "is no number from 1 to 256" in error


def test_jobs_are_as_many_as_cores_where_nobody_says() -> None:
    assert 1 <= workers.cores() <= 256
    with pytest.raises(CliError):
        workers._number("0")


class Terminal(io.StringIO):
    """It says that it is one."""

    def isatty(self) -> bool:
        return True


def clock(*times: float) -> Iterator[float]:
    yield from times


def test_progress_is_shown_after_a_second_and_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    shown = Progress.of(terminal, quiet=False)
    shown.clock = iter((0.0, 0.9, 1.0, 1.05, 1.2)).__next__
    with shown.of_work("nodes examined", 1000) as done:
        for number in (1, 2, 3, 1000):
            done(number)
    lines = terminal.getvalue().split("\r\x1b[K")
    assert lines == ["", "lvsdoctor: 2 of 1,000 nodes examined", "lvsdoctor: 1,000 of 1,000 nodes examined", ""]


def test_work_of_less_than_a_second_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    shown = Progress.of(terminal, quiet=False)
    shown.clock = iter((0.0, 0.5)).__next__
    with shown.of_work("nodes examined", 2) as done:
        done(1)
    assert terminal.getvalue() == ""


@pytest.mark.parametrize(
    ("stream", "term", "quiet"),
    [(io.StringIO(), "xterm", False), (Terminal(), "dumb", False), (Terminal(), "xterm", True)],
)
def test_progress_is_for_a_terminal_that_somebody_looks_at(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, term: str, quiet: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    assert Progress.of(stream, quiet=quiet).stream is None


def _without_times(report: str) -> str:
    return re.sub(r"\d{4}-\d\d-\d\d[T ][\d:.+]+|in [\d.]+ s\b|\btime=\"?[\d.]+|seconds [\d.]+", "", report)
