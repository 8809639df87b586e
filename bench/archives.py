"""What a scan of a large sosreport costs: a tar.xz of 100 MiB, as a multiple of `tar -xO` of the members that are read.

CPU time, measured in one run; the least of each counts. Most of the archive is what no scan reads: logs, journals and
the listings of other commands. Exit code 0 whatever comes out: this measures, it does not judge.
"""

import argparse
import io
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples/leaking-real-server/rs1"
LVSDOCTOR = str(Path(sys.executable).with_name("lvsdoctor"))
_TOP = "sosreport-rs1-2024-01-01-abcdefg"
_WANTED = {
    "networking/ip_-d_address": "ip-addr.txt",
    "networking/ip_route_show_table_all": "ip-route.txt",
    "networking/ip_-4_rule": "ip-rule.txt",
    "kernel/sysctl_-a": "sysctl.txt",
}
_SIZE = 100 * 1024 * 1024
_LOG = 8 * 1024 * 1024


def wanted() -> Mapping[str, bytes]:
    """The members that a scan reads."""
    return {f"{_TOP}/sos_commands/{name}": (EXAMPLE / file).read_bytes() for name, file in _WANTED.items()}


def others() -> Iterator[tuple[str, bytes]]:
    """Logs that xz packs to half their size, and 20,000 small files as /proc and /sys have them, without an end."""
    random = Random(15)
    for number in range(20_000):
        yield f"{_TOP}/sys/class/net/eth{number}/flags", b"0x1003\n"
    while True:
        text = random.randbytes(_LOG // 2).hex().encode()
        yield f"{_TOP}/var/log/journal/{random.getrandbits(64):x}.log", text


def make(path: Path) -> None:
    """Write an archive of at least 100 MiB."""
    with (
        path.open("wb") as file,
        lzma.open(file, "wb", preset=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        for name, data in wanted().items():
            add(tar, name, data)
        for name, data in others():
            add(tar, name, data)
            if file.tell() > _SIZE:
                break


def add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))


def cpu(*command: str) -> float:
    """CPU seconds of a process and of its children."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"archives: {' '.join(command)} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure, and print a line."""
    parser = argparse.ArgumentParser(description="What a scan of a tar.xz of 100 MiB costs, as a multiple of tar -xO.")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="lvsdoctor-archives-") as name:
        path = Path(name) / "case.tar.xz"
        make(path)
        times = [
            (cpu("tar", "-xOf", str(path), *wanted()), cpu(LVSDOCTOR, "scan", "-f", "json", str(path)))
            for _ in range(rounds)
        ]
        tar, scan = (min(column) for column in zip(*times, strict=True))
        verdict = "ok" if scan <= 1.3 * tar else "MISSED"
        what = "a tar.xz of 100 MiB, by tar -xO"
        print(f"archives: {what:37}{scan / tar:8.2f} (at most 1.3: {verdict}; {tar:.2f} -> {scan:.2f} s of CPU)")


if __name__ == "__main__":
    main()
