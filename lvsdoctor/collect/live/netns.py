"""Entering a network namespace by the name that `ip netns` shows."""

import os
import threading
from collections.abc import Callable
from typing import TypeVar

from lvsdoctor.collect.errors import CannotCollect

NAMED = "/run/netns"  # where ip-netns(8) keeps a file for each name
CLONE_NEWNET = 0x40000000  # include/uapi/linux/sched.h

Result = TypeVar("Result")


def inside(name: str, ask: Callable[[], Result]) -> Result:
    """What `ask` returns when it runs in the network namespace `name`. Raises CannotCollect.

    It runs in a thread of its own, and only that thread enters: nothing has to be restored, whatever happens. (There,
    /proc/self/net is still the main thread's namespace; /proc/thread-self/net and /proc/sys/net are the new one's.)
    """
    handle = _open(name)
    results: list[Result] = []
    problems: list[BaseException] = []

    def run() -> None:
        try:
            _enter(handle, name)
            results.append(ask())
        except BaseException as problem:  # handed to the caller's thread, below
            problems.append(problem)

    thread = threading.Thread(target=run, name=f"netns {name}")
    try:
        thread.start()
        thread.join()
    finally:
        os.close(handle)
    if problems:
        raise problems[0]
    return results[0]


def _open(name: str) -> int:
    path = os.path.join(NAMED, name)
    try:
        if os.path.basename(name) != name or name in ("", ".", ".."):
            raise FileNotFoundError(path)
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise CannotCollect(f"unknown network namespace {name!r} (known: {_known()})") from None
    except PermissionError:
        raise CannotCollect(f"entering network namespace {name!r} needs root") from None
    except OSError as problem:
        raise CannotCollect(f"network namespace {name!r} cannot be entered: {problem.strerror}") from problem


def _known() -> str:
    try:
        return ", ".join(sorted(os.listdir(NAMED))) or "none"
    except OSError:
        return "none"


def _enter(handle: int, name: str) -> None:
    try:
        _setns(handle)
    except PermissionError:
        raise CannotCollect(f"entering network namespace {name!r} needs root") from None
    except OSError as problem:
        raise CannotCollect(f"network namespace {name!r} cannot be entered: {problem.strerror}") from problem


def _setns(handle: int) -> None:
    if setns := getattr(os, "setns", None):  # Python 3.12
        setns(handle, CLONE_NEWNET)
        return
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(handle, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
