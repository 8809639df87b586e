"""How long lvsdoctor takes to start, as multiples of a bare `python -c pass`.

Ratios and not seconds, because seconds say more about the machine than about lvsdoctor. Each round runs every command
once, so that a busy moment hits them alike; the medians are compared. Run it with the Python of the environment that
holds lvsdoctor (`make bench` does). Exit code 0 whatever comes out: this measures, it does not judge.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
LVSDOCTOR = str(Path(sys.executable).with_name("lvsdoctor"))
# Findings are not a failure here: a scan that found something exits 1, an incomplete one 3.
FINE = {0, 1, 3}


@dataclass(slots=True)
class Candidate:
    """One command, the ratio it should stay under, and what it took so far."""

    name: str
    command: list[str]
    target: float | None = None
    on_terminal: bool = False
    seconds: list[float] = field(default_factory=list)
    exit_codes: set[int] = field(default_factory=set)

    def run(self) -> float:
        began = time.perf_counter()
        exit_code = in_a_terminal(self.command) if self.on_terminal else in_a_pipe(self.command)
        took = time.perf_counter() - began
        self.exit_codes.add(exit_code)
        return took

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def in_a_pipe(command: list[str]) -> int:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode


def in_a_terminal(command: list[str]) -> int:
    """Run it where it sees a terminal of 120 columns that knows colours, and read all it writes."""
    # Not on Windows, where the rest of this file works.
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    environment.pop("NO_COLOR", None)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its byte code beside it
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=subprocess.DEVNULL, env=environment
    )
    os.close(theirs)
    try:
        while os.read(ours, 1 << 16):
            pass
    except OSError:  # Linux says EIO, not end of file, when the last writer is gone.
        pass
    os.close(ours)
    return process.wait()


def candidates(node: Path) -> list[Candidate]:
    scan = [LVSDOCTOR, "scan", str(node)]
    live = "live scan" if os.geteuid() == 0 else "live scan (not root: partial)"
    return [
        Candidate("python -c pass", [sys.executable, "-c", "pass"]),
        Candidate("lvsdoctor --version", [LVSDOCTOR, "--version"], 5),
        Candidate("offline scan to JSON", [*scan, "-f", "json"], 11),
        Candidate("offline scan, piped", scan, 14),
        Candidate("offline scan, in a terminal", scan, 14, on_terminal=True),
        Candidate(live, [LVSDOCTOR, "scan"], 25),
    ]


def verdict(candidate: Candidate, ratio: float) -> str:
    if failed := candidate.exit_codes - FINE:
        return f"FAILED (exit code {', '.join(map(str, sorted(failed)))})"
    if candidate.target is None:
        return ""
    return "ok" if ratio <= candidate.target else "TOO SLOW"


def main() -> int:
    parser = argparse.ArgumentParser(description="How long lvsdoctor takes to start, as multiples of a bare Python.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--node", type=Path, help="a directory of one node's dumps (default: the first of the example)")
    asked = parser.parse_args()
    example = HERE / "examples" / "leaking-real-server"
    node = asked.node or min((path for path in example.glob("*") if path.is_dir()), default=example)
    if not Path(LVSDOCTOR).exists():
        print(f"lvsdoctor is not installed beside {sys.executable}", file=sys.stderr)
        return 0

    runs = candidates(node)
    for candidate in runs:
        candidate.run()  # Not counted: the first run reads from the disk, and writes the bytecode.
    for _ in range(asked.rounds):
        for candidate in runs:
            candidate.seconds.append(candidate.run())

    bare = runs[0].median
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"median of {asked.rounds} runs, offline: {os.path.relpath(node, HERE)}\n"
    )
    print(f"{'':32}{'median':>10}{'ratio':>9}{'target':>9}")
    for candidate in runs:
        ratio = candidate.median / bare
        target = f"{candidate.target:g}x" if candidate.target else ""
        print(
            f"{candidate.name:32}{candidate.median * 1000:>7.1f} ms{ratio:>8.1f}x{target:>9}  "
            f"{verdict(candidate, ratio)}".rstrip()
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
