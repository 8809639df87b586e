"""scan -j: work on many hosts is spread over processes. What comes of it is what one process makes of it.

The processes are forked, so all that was read is theirs already; only results are sent back. What a worker could not
do or send is done here: an error is raised where it would be without workers, and means the same.
"""

import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from lvsdoctor.cli.errors import CliError
from lvsdoctor.cli.progress import Progress
from lvsdoctor.model.work import Beside, Item, Result

PATIENCE = 0.2  # seconds of work in this process, before others are worth their start
_SHARES = 16  # for each worker: one host may take much longer than another
_MOST = 256
_HEADER = 8


def add_options(parser: ArgumentParser) -> None:
    """-j."""
    what = "read and examine hosts in so many processes (default: one for each core)"
    parser.add_argument("-j", "--jobs", type=_number, metavar="N", help=what)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= _MOST):
        raise CliError(f"-j {text!r} is no number from 1 to {_MOST}")
    return int(text)


def workers(options: Namespace, beside: Sequence[Beside] = ()) -> "Workers":
    """As many as -j asks for; they tell on a terminal how far they are."""
    quiet = bool(getattr(options, "quiet", False))
    return Workers(options.jobs or cores(), Progress.of(sys.stderr, quiet=quiet), beside=beside)


def cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), _MOST)
    return min(os.cpu_count() or 1, _MOST)


@dataclass(frozen=True, slots=True)
class Workers:
    """An Apply: begins here, and spreads over `jobs` processes what is left after `patience` seconds (PATIENCE).

    `beside` is begun first there, for it cannot be parted.
    """

    jobs: int
    progress: Progress
    patience: float | None = None
    beside: Sequence[Beside] = ()

    def __call__(self, function: Callable[[Item], Result], items: Sequence[Item], unit: str, /) -> Iterator[Result]:
        results: list[Result] = []
        began = monotonic()
        patience = PATIENCE if self.patience is None else self.patience
        with self.progress.of_work(unit, len(items)) as done:
            for item in items:
                # Only Linux forks a process that has frameworks loaded without a second thought.
                spread = self.jobs > 1 and len(items) - len(results) > 1 and sys.platform == "linux"
                if spread and _long(monotonic() - began, len(results), len(items), patience):
                    break
                results.append(function(item))
                done(len(results))
            if rest := items[len(results) :]:
                results += self._spread(function, rest, lambda number: done(len(items) - len(rest) + number))
        return iter(results)

    def _spread(
        self, function: Callable[[Item], Result], items: Sequence[Item], done: Callable[[int], None]
    ) -> list[Result]:
        size = -(-len(items) // (self.jobs * _SHARES))
        shares = [partial(_all, function, items[at : at + size]) for at in range(0, len(items), size)]
        first = len(self.beside)
        tasks: list[Callable[[], Any]] = [*(work.work_out for work in self.beside), *shares]
        results: dict[int, list[Result]] = {}
        for number, result in _results(tasks, min(self.jobs, len(tasks))):
            if number < first:
                self.beside[number].keep(result)
            else:
                results[number - first] = result
                done(sum(map(len, results.values())))
        return [result for number, share in enumerate(shares) for result in results.get(number) or share()]


def _long(seconds: float, done: int, items: int, patience: float) -> bool:
    """Has it taken long, or will it if what is left takes as long as what is done? The first item alone tells nothing:
    it paid for what is imported."""
    return seconds >= patience or (done > 1 and seconds / done * (items - done) >= 2 * patience)


def _all(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    return [function(item) for item in items]


def _results(tasks: Sequence[Callable[[], Any]], jobs: int) -> Iterator[tuple[int, Any]]:
    """The numbers of tasks and their results, as they come in. Tasks that failed do not come."""
    import gc
    import pickle
    import select

    tickets, writer = os.pipe()
    os.write(writer, b"".join(number.to_bytes(4, "big") for number in range(len(tasks))))  # a pipe keeps 16,384
    os.close(writer)
    collects = gc.isenabled()
    gc.disable()  # what comes in stays
    running: dict[int, int] = {}  # pids by the pipes that their results come from
    came: dict[int, bytearray] = {}
    try:
        for _ in range(jobs):
            if not _start(tasks, tickets, running):
                break
        poll = select.poll()
        for pipe in running:
            poll.register(pipe, select.POLLIN)
            came[pipe] = bytearray()
        while came:
            for pipe, _ in poll.poll():
                data = os.read(pipe, 1 << 20)
                came[pipe] += data
                for number, payload in _frames(came[pipe]):
                    try:
                        result = pickle.loads(payload)
                    except Exception:  # it failed there, or is an object that takes itself apart, not together again
                        continue
                    yield number, result
                if not data:
                    poll.unregister(pipe)
                    del came[pipe]
    finally:
        # Who presses Ctrl-C twice must not leave workers behind.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        os.close(tickets)
        for pipe, worker in running.items():
            os.close(pipe)
            # One whose results are all here has ended, or is about to; any other is not waited for.
            os.kill(worker, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(worker, 0)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        gc.freeze()  # to walk through it for garbage costs as much as to read it
        if collects:
            gc.enable()


def _frames(came: bytearray) -> Iterator[tuple[int, bytes]]:
    """The whole results among the bytes that came, which are taken off."""
    while len(came) >= _HEADER:
        end = _HEADER + int.from_bytes(came[4:_HEADER], "big")
        if len(came) < end:
            return
        number, payload = int.from_bytes(came[:4], "big"), bytes(came[_HEADER:end])
        del came[:end]
        yield number, payload


def _start(tasks: Sequence[Callable[[], Any]], tickets: int, running: dict[int, int]) -> bool:
    """Start a worker and add it to those that run; False where the system has no process left."""
    reader, writer = os.pipe()
    # An interrupt must not come while it is open which of the two processes it is for.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        worker = os.fork()
        if worker == 0:
            _work(tasks, tickets, writer, (reader, *running), before)
        running[reader] = worker
    except OSError:
        os.close(reader)
        return False
    finally:
        os.close(writer)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return True


def _work(tasks: Sequence[Callable[[], Any]], tickets: int, writer: int, others: Sequence[int], mask: set[int]) -> None:
    """In the worker: take tasks until none is left. It never returns."""
    try:
        import gc
        import pickle

        gc.disable()
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a word
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for pipe in others:  # else it would write for ever to a parent that was killed
            os.close(pipe)
        while ticket := os.read(tickets, 4):
            try:
                result = tasks[int.from_bytes(ticket, "big")]()
                payload = pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
            except Exception:
                payload = b""  # the parent sees for itself
            frame = memoryview(ticket + len(payload).to_bytes(4, "big") + payload)
            while frame:
                frame = frame[os.write(writer, frame) :]
    finally:
        os._exit(0)
