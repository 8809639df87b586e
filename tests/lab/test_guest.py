"""The guest is bounded: whatever happens in there, it ends, says why, and leaves nothing behind."""

import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from tests.lab.cluster import dr
from tests.lab.guest import INIT, Guest, GuestEnded, GuestFailed
from tests.lab.judge import running
from tests.lab.pool import Pool

pytestmark = pytest.mark.usefixtures("lab")
_HANGS = "mount -t proc proc /proc\necho hanging >&2\nexec sleep 1000\n"
_STUCK = INIT.replace(
    "exec ",
    "mkdir /run/slow; printf '#!/bin/sh\\nexec sleep 1000\\n' > /run/slow/modprobe; chmod +x /run/slow/modprobe\n"
    'export PATH="/run/slow:$PATH" COMMAND_LIMIT=1\nexec ',
)
_ENDS = "echo 'no such thing' >&2\nexit 1\n"


def _left_behind(pid: int) -> list[str]:
    """Processes of the guest's group (what is dead and not yet reaped is none), and its files."""
    group = [name for name in os.listdir("/proc") if name.isdigit() and _alive_in_group(Path("/proc", name), pid)]
    return group + [str(path) for path in Path(tempfile.gettempdir()).glob("lvsdoctor-guest-*")]


def _alive_in_group(process: Path, group: int) -> bool:
    try:
        state, _, of_group, *_ = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return False
    return state not in "ZX" and of_group == str(group)


def _nothing_is_left_of(guest: Guest) -> bool:
    deadline = time.monotonic() + 10
    while _left_behind(guest.pid) and time.monotonic() < deadline:
        time.sleep(0.01)  # the kernel takes a moment for those that were killed
    return _left_behind(guest.pid) == []


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.parametrize("init", [_HANGS, _ENDS], ids=["hangs", "ends"])
def test_a_guest_that_does_not_answer_is_ended_and_says_its_last_words(init: str) -> None:
    guest = Guest(life=5, init=init)
    try:
        with pytest.raises(GuestFailed, match=r"the guest has ended; its last lines:\n(.*\n)*(hanging|no such thing)"):
            guest.wait_until_ready()
    finally:
        guest.end()
    assert _nothing_is_left_of(guest)


def test_a_guest_in_which_a_command_waits_for_ever_is_ended_and_tells_what_the_kernel_waits_for() -> None:
    guest = Guest(init=_STUCK)
    try:
        with pytest.raises(GuestEnded, match=r"(?s)is stuck and was ended: .*modprobe.*macvlan.*Show Blocked State"):
            guest.wait_until_ready(["macvlan"])
    finally:
        guest.end()
    assert _nothing_is_left_of(guest)


def test_nothing_of_a_guest_is_left_when_it_is_ended_in_the_middle_of_its_work() -> None:
    with Guest() as guest:
        guest.ask("build", number=1, **dr().as_request())
        assert _left_behind(guest.pid)
    assert _nothing_is_left_of(guest)


def test_the_guest_cannot_write_the_machines_files(pool: Pool, tmp_path: Path) -> None:
    def try_it(guest: Guest) -> list[str]:
        with running(guest, dr()) as lab:
            return list(lab.run("rs1", [f"echo x > {tmp_path}/written"]))

    (wrong,) = pool.start(try_it).result()
    assert "Read-only file system" in wrong
    assert list(tmp_path.iterdir()) == []


def test_the_work_of_a_guest_that_ends_by_itself_is_done_by_another_one() -> None:
    asked: list[Guest] = []

    def end_the_first(guest: Guest) -> Any:
        asked.append(guest)
        if len(asked) == 1:
            os.killpg(guest.pid, signal.SIGKILL)
        return guest.ask("modprobe", modules=["dummy"])

    pool = Pool(guests=1)
    try:
        pool.start(end_the_first).result()
    finally:
        pool.end()
    first, second = asked
    assert first.pid != second.pid
    (words,) = pool.replaced
    assert "the guest has ended" in words


def test_a_guest_that_takes_down_no_namespace_any_more_gets_no_further_work() -> None:
    """A device that somebody keeps for ever stops that for all: tests/lab/guest.py."""
    asked: list[Guest] = []

    def keep_a_device(guest: Guest) -> None:
        asked.append(guest)
        said = "unregister_netdevice: waiting for eth0 to become free. Usage count = 3"
        with running(guest, dr()) as lab:
            says = [f"echo '<0>{said}' > /run/kmsg"] * 3
            assert not list(lab.run("rs1", ["mknod /run/kmsg c 1 11", *says]))

    pool = Pool(guests=1)
    try:
        pool.start(keep_a_device).result()
        pool.start(asked.append).result()
    finally:
        pool.end()
    first, second = asked
    assert first.pid != second.pid
    (words,) = pool.replaced
    assert "takes down no namespace any more" in words


def test_a_command_that_the_kernel_kills_is_no_answer_of_the_cluster() -> None:
    with Guest() as guest:
        guest.ask("build", number=1, **dr().as_request())
        with pytest.raises(GuestEnded, match=r"(?s)is stuck .*OutOfMemory"):
            guest.ask("run", number=1, host="rs1", commands=["kill -9 $$"])


def test_what_went_wrong_in_the_guest_is_told_as_it_was(pool: Pool) -> None:
    broken = dr().as_request()
    broken["hosts"]["lb1"]["ip"].append("addr add 192.0.2.2/24 dev no-such-link")
    building = pool.start(lambda guest: guest.ask("build", number=0, **broken))
    with pytest.raises(GuestFailed, match="no-such-link"):
        building.result()


def test_a_cluster_leaves_no_namespace_in_the_guest(pool: Pool) -> None:
    def namespaces(guest: Guest) -> tuple[int, list[str]]:
        with running(guest, dr()) as lab:
            ((_, names),) = guest.ask("run", number=lab.number, host="rs1", commands=["ls /run/netns"])
            return lab.number, names.split()

    def twice(guest: Guest) -> bool:
        first, before = namespaces(guest)
        _, after = namespaces(guest)
        return f"{first}-rs1" in before and not any(name.startswith(f"{first}-") for name in after)

    assert pool.start(twice).result()
