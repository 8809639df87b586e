"""Tests work where signals are ignored from the start, as they are for what a shell runs in the background."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Ends by itself where nothing else ends it.
WAITS = "import time; print('up', flush=True); time.sleep(30)"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: str(number.name))
def test_a_process_that_a_test_starts_can_be_ended(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.send_signal(number)
        assert process.wait() == -number


@pytest.mark.parametrize("ignored", ["INT", "TERM", "INT TERM"])
def test_that_holds_where_the_tests_were_told_to_ignore_it(ignored: str) -> None:
    inner = f"{Path(__file__).relative_to(ROOT)}::{test_a_process_that_a_test_starts_can_be_ended.__name__}"
    script = f'trap "" {ignored}; exec "$@"'
    words = ["sh", "-c", script, "sh", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", inner]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
