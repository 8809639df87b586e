"""Running a program of the system to read what it prints: by its own path, without a shell, in bounds."""

import os
import selectors
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import IO, Any, cast

from lvsdoctor.collect.errors import CannotSee

DIRECTORIES = ("/usr/sbin", "/sbin")  # PATH is not asked: whoever set it is not asked what runs here
SECONDS = 10.0
MOST_BYTES = 64 * 1024 * 1024
_CHUNK = 1 << 16
NOTHING: Mapping[str, str] = MappingProxyType({})


def program(name: str) -> str | None:
    """Where the system has this program, if it has it."""
    paths = (f"{directory}/{name}" for directory in DIRECTORIES)
    return next((path for path in paths if os.access(path, os.X_OK) and os.path.isfile(path)), None)


def output_of(
    command: Sequence[str],
    *,
    seconds: float = SECONDS,
    most: int = MOST_BYTES,
    given: IO[Any] | int = subprocess.DEVNULL,
    environment: Mapping[str, str] = NOTHING,
    started: Callable[["subprocess.Popen[bytes]"], object] | None = None,
) -> str:
    """What the command prints. Raises CannotSee where it fails, takes too long or prints too much.

    It has no environment, no input and no terminal unless they are given, and is in the network namespace of the thread
    that asks. `started` gets the process, which another thread may end.
    """
    shown = " ".join((os.path.basename(command[0]), *command[1:]))
    try:
        running = subprocess.Popen(
            command, env=environment, cwd="/", stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
    except OSError as problem:
        raise CannotSee(f"{shown} could not be run: {problem.strerror}.") from problem
    if started is not None:
        started(running)
    try:
        printed, complaint = _read(running, shown, time.monotonic() + seconds, most)
        code = running.wait(1)
    except subprocess.TimeoutExpired:
        raise CannotSee(f"{shown} did not end.") from None
    finally:
        if running.poll() is None:
            running.kill()
            running.wait()
        for stream in (running.stdout, running.stderr):
            if stream is not None:
                stream.close()
    if code != 0:
        why = next(iter(complaint.decode(errors="replace").strip().splitlines()), f"exit code {code}")
        raise CannotSee(f"{shown} failed ({why}).")
    return printed.decode(errors="replace")


def _read(running: "subprocess.Popen[bytes]", shown: str, until: float, most: int) -> tuple[bytes, bytes]:
    """All that comes on both streams, in the time and the size that are allowed."""
    streams = (cast("IO[bytes]", running.stdout), cast("IO[bytes]", running.stderr))
    gathered = {stream.fileno(): bytearray() for stream in streams}
    with selectors.DefaultSelector() as waiting:
        for stream in streams:
            waiting.register(stream, selectors.EVENT_READ)
        while waiting.get_map():
            left = until - time.monotonic()
            ready = waiting.select(left) if left > 0 else []
            if not ready:
                raise CannotSee(f"{shown} took too long.")
            for key, _ in ready:
                data = os.read(key.fd, _CHUNK)
                gathered[key.fd] += data
                if not data:
                    waiting.unregister(key.fileobj)
                elif sum(map(len, gathered.values())) > most:
                    raise CannotSee(f"{shown} printed too much.")
    first, second = (bytes(gathered[stream.fileno()]) for stream in streams)
    return first, second
