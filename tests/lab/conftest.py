"""The lab's guests, booted when the first test asks for them, and the tables that it prints at the end."""

import signal
from collections.abc import Callable, Iterator

import pytest

from tests.lab.guest import why_not
from tests.lab.pool import Pool

# Title and lines of each table; the lines are asked for when all is over.
TABLES: "pytest.StashKey[list[tuple[str, Callable[[], list[str]]]]]" = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TABLES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for title, lines in terminalreporter.config.stash[TABLES]:
        terminalreporter.section(f"lab: {title}")
        for line in lines():
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    if reason := why_not():
        pytest.skip(reason)
    # Ended from outside, by a time limit say, pytest would leave the guests' files behind: let it clean up first.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    guests = Pool()
    yield guests
    guests.end()
    signal.signal(signal.SIGTERM, before)
