"""Network namespaces for tests: made by root, gone afterwards with all that is in them."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Namespace:
    name: str

    def run(self, *command: str) -> str:
        """What this command prints when it runs in the namespace."""
        command = ("ip", "netns", "exec", self.name, *command)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def ip(self, *words: str) -> str:
        """What `ip` says of the namespace."""
        return subprocess.run(("ip", "-n", self.name, *words), check=True, capture_output=True, text=True).stdout


@contextmanager
def _made() -> Iterator[Namespace]:
    namespace = Namespace(f"lvsdoctor-test-{os.getpid()}-{os.urandom(3).hex()}")
    subprocess.run(("ip", "netns", "add", namespace.name), check=True)
    try:
        yield namespace
    finally:
        subprocess.run(("ip", "netns", "del", namespace.name), check=True)


@pytest.fixture(scope="module")
def new_namespace() -> Iterator[Callable[[], Namespace]]:
    """Makes an empty namespace with each call."""
    if os.geteuid() != 0:
        pytest.skip("making a network namespace needs root")
    with ExitStack() as stack:
        yield lambda: stack.enter_context(_made())
