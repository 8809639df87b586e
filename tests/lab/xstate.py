"""Compiles tests/lab/xstate.c, which is preloaded into linux.uml on x86-64."""

import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")
# The state that it is about is x86's, and linux.uml of 32 bits sets it by another request.
NEEDED = platform.machine() == "x86_64" and sys.maxsize > 2**32


class CannotCompile(Exception):
    """cc is there, and cannot make the library. Says the first thing that cc said."""


def compiled(directory: Path, source: Path = SOURCE) -> Path:
    """The library, in a directory that is there. Raises CannotCompile."""
    library = directory / f"{source.stem}.so"
    # -z now: every name is resolved before main, when the stacks are still large.
    words = ["cc", "-shared", "-fPIC", "-O2", "-Wl,-z,now", "-o", str(library), str(source), "-ldl"]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        first = next(iter(done.stderr.splitlines()), f"exit {done.returncode}")
        raise CannotCompile(f"cc cannot compile {source.name} (Debian: gcc, libc6-dev): {first}")
    return library


def preloading(library: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that has the library before any other that it is told to have."""
    others = environment.get("LD_PRELOAD")
    return {**environment, "LD_PRELOAD": f"{library} {others}" if others else str(library)}
