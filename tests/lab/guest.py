"""A Linux kernel with IPVS that runs as an ordinary process (user-mode-linux), and requests to what runs in there.

It sees the machine's files read-only and has no network but its own: whatever happens in there, nothing is left behind
once its process is gone.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from tests.lab import xstate

ROOT = Path(__file__).parents[2]
LINUX = "linux.uml"
# What else the guest runs, and the Debian package that brings it: tests/system-packages.txt.
_EVERYWHERE = (LINUX, "modprobe", "ip", "sysctl", "ipvsadm", "arping", "arptables-legacy", "iptables-legacy")
COMMANDS = (*_EVERYWHERE, "cc") if xstate.NEEDED else _EVERYWHERE
MODULES = """
    veth bridge dummy 8021q bonding macvlan vrf ipip nf_conntrack
    sch_netem sch_ingress cls_u32 act_gact
    ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc ip_vs_sh ip_vs_mh
    ip_tables iptable_filter iptable_nat iptable_mangle iptable_raw
    xt_tcpudp xt_mark xt_conntrack xt_nat xt_CT xt_ipvs xt_REDIRECT xt_MASQUERADE ipt_REJECT
    arp_tables arptable_filter arpt_mangle
""".split()
# The first thing that the guest's first process says: from here on it is no longer the host that decides.
_BEGUN = "lvsdoctor: the guest's first process runs"
INIT = """
export PATH=/run/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run LC_ALL=C
export PYTHONPATH='{root}' PYTHONDONTWRITEBYTECODE=1
mount -t proc proc /proc && mount -t sysfs sysfs /sys && mount -t tmpfs tmpfs /run || exit 1
ip link set lo up
exec '{python}' -m tests.lab.inside
"""
# Seconds. A guest boots in 3 and an answer comes within 10 when nothing is wrong.
_BOOT_LIMIT, _ANSWER_LIMIT, _LIFE_LIMIT = 60, 180, 5400


def missing() -> list[str]:
    """What the lab needs and this machine does not have."""
    found = [command for command in COMMANDS if shutil.which(command) is None]
    return found if os.geteuid() == 0 else ["root", *found]


def why_not() -> str:
    """Why there can be no lab here, in one sentence; empty where there can."""
    lacking = missing()
    return f"the lab needs {', '.join(lacking)} (./test without arguments, as root, installs it)" if lacking else ""


class GuestFailed(Exception):
    """The guest has ended, does not answer, or could not do what it was asked. Says what it said."""


class GuestEnded(GuestFailed):
    """The guest itself has ended: whatever else is asked of it fails, too, and another one may do it."""


class HostRefuses(GuestFailed):
    """The host does not let the guest run, whatever runs in there. `why` is one sentence."""

    def __init__(self, words: str, why: str) -> None:
        super().__init__(words)
        self.why = why


def failure(what: str, log: Sequence[str]) -> GuestFailed:
    """Whose fault it is that the guest did `what`, by what it printed."""
    log = [line.strip() for line in log if line.strip()]
    blocked = next((at for at, line in enumerate(log) if _BLOCKED in line), len(log))
    log, waiting = log[:blocked], log[blocked:]
    # When the kernel panics, because its first process has ended, most lines are addresses of its own code.
    log = [line for line in log if "[<" not in line]
    words = f"the guest {what}; its last lines:\n" + "\n".join(log[-30:] + waiting)
    untraceable = [line for line in log if _UNTRACEABLE.search(line)]
    if not untraceable and any(_BEGUN in line for line in log):
        return GuestEnded(words)
    telling = (untraceable or [line for line in log if _TELLING.search(line)] or log or ["it said nothing"])[-1]
    return HostRefuses(words, f"this host does not let the guest run, it {what}: {telling}")


# What the kernel prints before the processes that wait and cannot be interrupted.
_BLOCKED = "sysrq: Show Blocked State"
# What the kernel prints every ten seconds while it takes down a device that somebody still uses, and it does nothing
# else of the kind meanwhile: if it is for ever, no namespace is taken down any more, until memory is out.
_STAYS = "unregister_netdevice: waiting for"
_STAYS_FOR_EVER = 3
# The guest's processes are traced ones of the host, whose kernel can refuse that at any time.
_UNTRACEABLE = re.compile(r"ptrace\b.*(fail|errno)|(fail|errno).*ptrace\b", re.IGNORECASE)
_TELLING = re.compile(r"panic|fail|errno|error|cannot|denied|not permitted|no space", re.IGNORECASE)


class Guest:
    """A running guest. Ends when asked, when its time is over, or with the process that started it."""

    def __init__(self, life: float = _LIFE_LIMIT, init: str = INIT) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="lvsdoctor-guest-"))
        self._numbers = count(1)
        self._waiting: dict[str, Future[Any]] = {}
        self._lock = threading.Lock()
        script = self._directory / "init"
        script.write_text(f'#!/bin/sh\necho "{_BEGUN}" >&2\n' + init.format(root=ROOT, python=sys.executable))
        script.chmod(0o700)
        try:
            environment = _environment(self._directory)
        except BaseException:
            shutil.rmtree(self._directory)
            raise
        self._log = (self._directory / "log").open("w+b")
        guest_reads, self._write = os.pipe()
        read, guest_writes = os.pipe()
        words = [LINUX, "mem=768M", "umid=guest", f"uml_dir={self._directory}/", "rootfstype=hostfs", "rootflags=/"]
        words += ["ro", f"init={script}", "con=null", "con0=null,fd:2", "con1=null", "quiet"]
        words.append(f"ssl0=fd:{guest_reads},fd:{guest_writes}")
        self._process = subprocess.Popen(
            words,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            pass_fds=(guest_reads, guest_writes),
            # A group of its own: the guest's processes are traced ones of this one, and end with it.
            start_new_session=True,
        )
        os.close(guest_reads)
        os.close(guest_writes)
        self.pid = self._process.pid
        self.has_ended = False
        self._ready = self._waiting["ready"] = Future()
        self._reader = threading.Thread(target=self._listen, args=(read,), daemon=True)
        self._reader.start()
        self._limit = threading.Timer(life, self._kill)
        self._limit.daemon = True
        self._limit.start()

    def wait_until_ready(self, modules: Sequence[str] = MODULES) -> None:
        """Until it answers; its modules are loaded then."""
        self._result(self._ready, _BOOT_LIMIT)
        self.ask("modprobe", modules=list(modules))

    def ask(self, verb: str, **request: Any) -> Any:
        """What tests/lab/inside.py answers. Raises GuestFailed, which ends the guest unless it gave a reason itself."""
        file = self._directory / f"request-{next(self._numbers)}.json"
        file.write_text(json.dumps({"verb": verb, **request}))
        answer: Future[Any] = Future()
        with self._lock:
            self._waiting[str(file)] = answer
        try:
            os.write(self._write, f"{file}\n".encode())
        except OSError:
            raise self._failed("has ended") from None
        try:
            return self._result(answer, _ANSWER_LIMIT)
        finally:
            file.unlink(missing_ok=True)

    @property
    def keeps_namespaces(self) -> bool:
        """Whether its kernel has stopped to take down network namespaces: more clusters would fill its memory."""
        try:
            return (self._directory / "log").read_text(errors="replace").count(_STAYS) >= _STAYS_FOR_EVER
        except OSError:
            return False  # it has been ended

    def give_up(self, why: str) -> GuestFailed:
        """End what runs in there: whoever waits for an answer is told that the guest has ended."""
        self._kill()
        return self._failed(f"{why} and was ended")

    def end(self) -> None:
        """Kill it by its own process id and remove its files."""
        self._limit.cancel()
        self._kill()
        self._process.wait()
        self._reader.join()
        os.close(self._write)
        self._log.close()
        # Whoever still asked something removes his own file at the same time.
        while self._directory.exists():
            shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> "Guest":
        try:
            self.wait_until_ready()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _kill(self) -> None:
        # Also when it has ended by itself: those that it traced may be left. Until it is waited for, the id is its own.
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def _result(self, answer: "Future[Any]", limit: float) -> Any:
        try:
            return answer.result(limit)
        except TimeoutError:
            self._kill()
            raise self._failed(f"did not answer within {limit} s and was ended") from None

    def _listen(self, read: int) -> None:
        with os.fdopen(read, "rb") as lines:
            for line in lines:
                said = json.loads(line)
                with self._lock:
                    answer = self._waiting.pop(said.get("request", "ready"))
                if said.get("stuck"):
                    self._kill()
                    answer.set_exception(self._failed(f"is stuck and was ended: {said['error']}"))
                elif "error" in said:
                    answer.set_exception(GuestFailed(said["error"]))
                else:
                    answer.set_result(said.get("result"))
        with self._lock:
            left, self._waiting = self._waiting, {}
        for answer in left.values():
            answer.set_exception(self._failed("has ended"))

    def _failed(self, what: str) -> GuestFailed:
        self.has_ended = True
        try:
            log = (self._directory / "log").read_text(errors="replace").splitlines()
        except OSError:
            return GuestEnded(f"the guest {what}")  # by us: its files are gone
        return failure(what, log)


def _environment(directory: Path) -> dict[str, str]:
    """linux.uml's own: nothing of it reaches what runs in the guest."""
    if not xstate.NEEDED:
        return dict(os.environ)
    try:
        return xstate.preloading(xstate.compiled(directory), os.environ)
    except xstate.CannotCompile as problem:
        raise HostRefuses(str(problem), str(problem)) from None


@contextmanager
def guest_with(modules: Sequence[str]) -> Iterator[Guest]:
    """A guest that has loaded these modules, and no other ones."""
    guest = Guest()
    try:
        guest.wait_until_ready(modules)
        yield guest
    finally:
        guest.end()


@contextmanager
def guest_without(modules: Collection[str]) -> Iterator[Guest]:
    """A guest that has not loaded these modules, and loads them when it is told to by a plain modprobe."""
    with guest_with([module for module in MODULES if module not in modules]) as guest:
        guest.ask("install_modules")
        yield guest
