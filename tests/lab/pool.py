"""Two guests side by side, and in each of them several clusters at a time."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Queue
from typing import Any, TypeVar

from tests.lab.guest import Guest, GuestFailed

_Answer = TypeVar("_Answer")
# A guest has one processor; while one of its clusters waits for an answer that never comes, others can work.
_GUESTS, _CLUSTERS_PER_GUEST = 2, 3


class Pool:
    """Runs pieces of work, each with one of the guests. A guest is booted when the first work comes."""

    def __init__(self, guests: int = _GUESTS) -> None:
        self._guests = [Guest() for _ in range(guests)]
        try:
            for number in range(guests):
                self._wait_for(number)
        except BaseException:
            self._end_guests()
            raise
        self._free: Queue[Guest] = Queue()
        for guest in self._guests * _CLUSTERS_PER_GUEST:
            self._free.put(guest)
        self._workers = ThreadPoolExecutor(len(self._guests) * _CLUSTERS_PER_GUEST)

    def start(self, work: Callable[[Guest], _Answer]) -> "Future[_Answer]":
        return self._workers.submit(self._run, work)

    def _run(self, work: Callable[[Guest], _Answer]) -> _Answer:
        guest = self._free.get()
        try:
            return work(guest)
        finally:
            self._free.put(guest)

    def end(self) -> None:
        """Drop what has not begun, and end the guests."""
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._end_guests()
        self._workers.shutdown()

    def _end_guests(self) -> None:
        for guest in self._guests:
            guest.end()

    def _wait_for(self, number: int) -> None:
        """For the guest, or another one: once in some hundred boots, on a machine under load, none answered in time."""
        try:
            self._guests[number].wait_until_ready()
        except GuestFailed:
            self._guests[number].end()
            self._guests[number] = Guest()
            self._guests[number].wait_until_ready()


def finished(work: "Future[Any]") -> bool:
    """Whether it has a result; not if it was dropped, or failed."""
    return work.done() and not work.cancelled() and work.exception() is None
