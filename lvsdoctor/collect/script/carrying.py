"""Runs the script here, in a network namespace, or on other hosts through the user's own ssh(1)."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from lvsdoctor.collect.errors import CannotCollect, CannotSee
from lvsdoctor.collect.live.command import output_of
from lvsdoctor.collect.live.netns import inside
from lvsdoctor.collect.script import opened
from lvsdoctor.parse.paste.snapshot import is_stream

# Root reads all of it; who is not, and may not become it without a password, gets the rest. Quoted for any login shell.
_REMOTE = (
    'sh -c \'if [ "$(id -u)" -ne 0 ] && sudo -n true </dev/null >/dev/null 2>&1; '
    "then exec sudo -n sh -s; else exec sh -s; fi'"
)
# Nobody answers a question here: several hosts are asked at once. `--` ends the options, whatever a host is called.
_SSH = ("ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "--")
_ENDING = re.compile(r"==> rc \d+ \w+ <==\s*\Z")
_HOST = re.compile(
    r"(?:ssh://)?(?:[^@/\s]+@)?(?P<name>[A-Za-z0-9_][\w.:%-]*|\[[0-9a-fA-F:.%\w]+\](?::\d+)?)/?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Carried:
    """What came from a host: its stream, or why there is none."""

    host: str
    text: str = ""
    problem: str = ""

    @property
    def refused(self) -> int:
        """How many commands needed root."""
        return self.text.count(" refused <==\n")


def short_name(host: str) -> str:
    """What its file is called, "" for what is no host: `root@lb1` is lb1, `ssh://lb1:2222` lb1-2222."""
    named = _HOST.fullmatch(host)
    return re.sub(r"[^\w.-]+", "-", named["name"].strip("[]")) if named else ""


def collect_here(netns: str | None, seconds: float) -> str:
    """The stream of this host, or of its network namespace of that name. Raises CannotCollect."""

    def ask() -> str:
        with opened() as script:
            return output_of(("/bin/sh", "-s"), seconds=seconds, given=script)

    try:
        text = ask() if netns is None else inside(netns, ask)
    except CannotSee as problem:
        raise CannotCollect(str(problem).rstrip(".")) from None
    if why := _lacks(text):
        raise CannotCollect(f"the script {why}")
    return text


def collect_over_ssh(
    hosts: Sequence[str], *, jobs: int, seconds: float, environment: Mapping[str, str]
) -> Iterator[Carried]:
    """What comes from each host, as it comes; at most `jobs` are asked at once, each for so many seconds."""
    running: list[subprocess.Popen[bytes]] = []
    workers = ThreadPoolExecutor(jobs)
    try:
        waiting = [workers.submit(_over_ssh, host, seconds, environment, running.append) for host in hosts]
        for done in as_completed(waiting):
            yield done.result()
    finally:
        workers.shutdown(wait=False, cancel_futures=True)
        for process in running:
            if process.poll() is None:  # interrupted
                process.kill()


def _over_ssh(
    host: str,
    seconds: float,
    environment: Mapping[str, str],
    started: Callable[["subprocess.Popen[bytes]"], object],
) -> Carried:
    with opened() as script:
        try:
            text = output_of(
                (*_SSH, host, _REMOTE), seconds=seconds, given=script, environment=environment, started=started
            )
        except CannotSee as problem:
            return Carried(
                host,
                problem=str(problem)
                .replace(f"{os.path.basename(_SSH[0])} {' '.join(_SSH[1:])} ", "ssh ")
                .replace(f" {_REMOTE}", "")
                .rstrip("."),
            )
    return Carried(host, problem=f"what it sent {why}") if (why := _lacks(text)) else Carried(host, text)


def _lacks(text: str) -> str:
    """Why this is no whole stream, "" if it is."""
    if not is_stream(text):
        return "is no stream of lvsdoctor collect"
    return "" if _ENDING.search(text) else "ends in the middle of a command"
