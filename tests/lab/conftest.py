"""The lab's guests, booted when the first test asks for them."""

from collections.abc import Iterator

import pytest

from tests.lab.guest import missing
from tests.lab.pool import Pool


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    if lacking := missing():
        pytest.skip(f"NO RULE IS PROVED HERE: the lab needs {', '.join(lacking)} (./test as root installs it)")
    guests = Pool()
    yield guests
    guests.end()
