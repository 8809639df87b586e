"""The lab's guests, booted when the first test asks for them, and the tables that it prints at the end."""

import signal
from collections.abc import Callable, Generator, Iterator

import pytest

from tests.lab.guest import HostRefuses, why_not
from tests.lab.pool import Pool
from tests.lab.unproved import unproved

# Title and lines of each table; the lines are asked for when all is over.
TABLES: "pytest.StashKey[list[tuple[str, Callable[[], list[str]]]]]" = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TABLES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for title, lines in terminalreporter.config.stash[TABLES]:
        if table := lines():
            terminalreporter.section(f"lab: {title}")
            for line in table:
                terminalreporter.line(line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, object, object]:
    return (yield from _host_may_refuse())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    return (yield from _host_may_refuse())


def _host_may_refuse() -> Generator[None, object, object]:
    """Whoever boots a guest, and wherever: a fixture, a test, a worker of the pool."""
    try:
        return (yield)
    except HostRefuses as refusal:
        unproved(refusal.why, str(refusal))


@pytest.fixture(scope="session")
def lab() -> None:
    """For all that boots a guest: this machine has what that needs."""
    if reason := why_not():
        unproved(reason)


@pytest.fixture(scope="session")
def pool(lab: None, request: pytest.FixtureRequest) -> Iterator[Pool]:
    # Ended from outside, by a time limit say, pytest would leave the guests' files behind: let it clean up first.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    guests = Pool()
    request.config.stash[TABLES].append(("guests that had to be replaced", lambda: guests.replaced))
    yield guests
    guests.end()
    signal.signal(signal.SIGTERM, before)
