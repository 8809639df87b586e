"""Two guests side by side, and in each of them several clusters at a time."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Queue
from typing import Any, TypeVar

from tests.lab.guest import Guest, GuestEnded, GuestFailed, HostRefuses

_Answer = TypeVar("_Answer")
# A guest has one processor; while one of its clusters waits for an answer that never comes, others can work.
_GUESTS, _CLUSTERS_PER_GUEST = 2, 3
# A kernel that ends again and again is to be seen, not replaced.
_REPLACEMENTS = 2


class Pool:
    """Runs pieces of work, each with one of the guests. A guest is booted when the first work comes."""

    def __init__(self, guests: int = _GUESTS) -> None:
        self._places = [_Place() for _ in range(guests)]
        try:
            for place in self._places:
                place.wait_until_ready()
        except BaseException:
            self._end_guests()
            raise
        self._free: Queue[_Place] = Queue()
        for place in self._places * _CLUSTERS_PER_GUEST:
            self._free.put(place)
        self._workers = ThreadPoolExecutor(len(self._places) * _CLUSTERS_PER_GUEST)

    @property
    def replaced(self) -> list[str]:
        """What the guests said that ended before they were told to."""
        return [words for place in self._places for words in place.last_words]

    def start(self, work: Callable[[Guest], _Answer]) -> "Future[_Answer]":
        return self._workers.submit(self._run, work)

    def _run(self, work: Callable[[Guest], _Answer]) -> _Answer:
        place = self._free.get()
        try:
            return place.run(work)
        finally:
            self._free.put(place)

    def end(self) -> None:
        """Drop what has not begun, and end the guests."""
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._end_guests()
        self._workers.shutdown()

    def _end_guests(self) -> None:
        for place in self._places:
            place.end()


class _Place:
    """Where a guest runs, and another one after it has ended by itself: one may, after some hundred clusters."""

    def __init__(self) -> None:
        self._guest = Guest()
        self._lock = threading.Lock()
        self._ending = False
        self.last_words: list[str] = []

    def run(self, work: Callable[[Guest], _Answer]) -> _Answer:
        """With the guest that is here; once more with another one, where it ends meanwhile."""
        guest = self._guest
        if guest.keeps_namespaces:
            guest = self._other_than(guest, guest.give_up("takes down no namespace any more"))
        try:
            return work(guest)
        except GuestEnded as problem:
            return work(self._other_than(guest, problem))

    def _other_than(self, ended: Guest, problem: GuestFailed) -> Guest:
        # All its clusters fail at once: the first of them gets another guest, which the others use, too.
        with self._lock:
            # A scenario may have had a guest of its own, and that one ended.
            if self._guest is ended and ended.has_ended:
                if self._ending or len(self.last_words) == _REPLACEMENTS:
                    raise problem
                self.last_words.append(str(problem))
                ended.end()
                self._guest = Guest()
                self._guest.wait_until_ready()
            return self._guest

    def wait_until_ready(self) -> None:
        """For the guest, or another one: once in some hundred boots, on a machine under load, none answered in time."""
        try:
            self._guest.wait_until_ready()
        except HostRefuses:
            raise
        except GuestFailed:
            self._guest.end()
            self._guest = Guest()
            self._guest.wait_until_ready()

    def end(self) -> None:
        self._ending = True
        with self._lock:
            self._guest.end()


def finished(work: "Future[Any]") -> bool:
    """Whether it has a result; not if it was dropped, or failed."""
    return work.done() and not work.cancelled() and work.exception() is None
