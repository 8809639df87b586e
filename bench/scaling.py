"""How the cost of a scan grows with the cluster: ratios of CPU time, measured in one run, and memory for each node.

A node is the example's rs1 (or lb1, its director) with a name, addresses and MACs of its own and as many settings as
`sysctl -a` prints. Each round runs every scan once; the least CPU time of each counts. Exit code 0 whatever comes out:
this measures, it does not judge.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples/leaking-real-server"
LVSDOCTOR = str(Path(sys.executable).with_name("lvsdoctor"))
# RFC 2544: for benchmarks of networks. The gateway is .0.1, directors are .250.N, VIPs .251.0 and on.
_FIRST_REAL, _FIRST_DIRECTOR = IPv4Address("198.18.1.0"), IPv4Address("198.18.250.0")
_FIRST_VIP = IPv4Address("198.18.251.0")
_READ = """
import pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).glob("*/*")):
    dict(line.partition("=")[::2] for line in path.read_text().splitlines())
"""
# `sysctl -a` prints some 1,100 lines; the example keeps those about ARP and routing.
_OTHER_SETTINGS = "".join(
    f"{prefix}.setting_{number} = {number % 7}\n"
    for prefix, count in (("kernel", 250), ("net.ipv6.conf.eth0", 300), ("net.netfilter", 100), ("vm", 250))
    for number in range(count)
)


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds, and the peak of resident memory in KiB."""

    cpu: float
    peak: int


def node_files(example: str, number: int, ip: IPv4Address) -> dict[str, str]:
    """The dumps of one node, after those of the example's `example` ("rs1" or "lb1")."""
    mac = f"02:00:{number >> 8:02x}:{number & 255:02x}:{example == 'lb1':02x}:00"
    names = {
        r"192\.0\.2\.(?:21|2)(?=[/ ]|$)": str(ip),
        r"192\.0\.2\.10(?=[/ :]|$)": str(_FIRST_VIP),
        r"192\.0\.2\.1(?= |$)": "198.18.0.1",
        r"192\.0\.2\.0/24": "198.18.0.0/16",
        r"192\.0\.2\.255": "198.18.255.255",
        r"(?<=192\.0\.2)": "",
        rf"{re.escape(str(ip))}/24": f"{ip}/16",
        r"02:00:00:00:0[45]:00": mac,
        r"fe80::ff:fe00:[45]00": f"fe80::{number + 1:x}:{example == 'lb1':x}",
    }
    files = {}
    for path in sorted((EXAMPLE / example).glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        for pattern, new in names.items():
            text = re.sub(pattern, new, text, flags=re.MULTILINE)
        files[path.name] = text
    files["sysctl.txt"] += _OTHER_SETTINGS
    files.pop("ip-neigh.txt")
    return files


def table(services: Iterable[tuple[IPv4Address, int]], reals: Iterable[IPv4Address]) -> str:
    lines = ["IP Virtual Server version 1.2.1 (size=4096)", "Prot LocalAddress:Port Scheduler Flags"]
    lines.append("  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn")
    reals = list(reals)
    for vip, port in services:
        lines.append(f"TCP  {vip}:{port} rr")
        lines += [f"  -> {real}:{port}                Route   1      0          0         " for real in reals]
    return "\n".join(lines) + "\n"


def cluster(nodes: int) -> dict[str, dict[str, str]]:
    """One director and its real servers."""
    reals = [_FIRST_REAL + number for number in range(nodes - 1)]
    director = node_files("lb1", 0, _FIRST_DIRECTOR)
    director["ipvsadm.txt"] = table([(_FIRST_VIP, 80)], reals)
    return {"lb1": director, **{f"rs{n + 1}": node_files("rs1", n, ip) for n, ip in enumerate(reals)}}


def many_services(services: int) -> dict[str, dict[str, str]]:
    """One director with as many VIPs, each a service of the same two real servers."""
    reals = [_FIRST_REAL, _FIRST_REAL + 1]
    vips = [_FIRST_VIP + number for number in range(services)]
    director = node_files("lb1", 0, _FIRST_DIRECTOR)
    director["ipvsadm.txt"] = table([(vip, 80) for vip in vips], reals)
    director["ip-addr.txt"] = _with_vips(director["ip-addr.txt"], vips, "eth0")
    made = {"lb1": director}
    for number, ip in enumerate(reals):
        made[f"rs{number + 1}"] = files = node_files("rs1", number, ip)
        files["ip-addr.txt"] = _with_vips(files["ip-addr.txt"], vips, "lo")
    for files in made.values():
        files["ip-route.txt"] = _local(files["ip-route.txt"], vips, "eth0" if files is director else "lo")
    return made


def _with_vips(text: str, vips: Iterable[IPv4Address], link: str) -> str:
    row = f"    inet {_FIRST_VIP}/32 scope global {link}\n       valid_lft forever preferred_lft forever\n"
    assert row in text
    return text.replace(row, "".join(row.replace(str(_FIRST_VIP), str(vip)) for vip in vips))


def _local(text: str, vips: Iterable[IPv4Address], link: str) -> str:
    row = f"local {_FIRST_VIP} dev {link} table local proto kernel scope host src {_FIRST_VIP} \n"
    assert row in text
    return text.replace(row, "".join(row.replace(str(_FIRST_VIP), str(vip)) for vip in vips))


def many_directors(directors: int) -> dict[str, dict[str, str]]:
    """So many directors that share a VIP, and two real servers."""
    reals = [_FIRST_REAL, _FIRST_REAL + 1]
    made = {f"rs{number + 1}": node_files("rs1", number, ip) for number, ip in enumerate(reals)}
    for number in range(directors):
        made[f"lb{number + 1}"] = files = node_files("lb1", number, _FIRST_DIRECTOR + number)
        files["ipvsadm.txt"] = table([(_FIRST_VIP, 80)], reals)
    return made


def written(nodes: Mapping[str, Mapping[str, str]], directory: Path) -> Path:
    for node, files in nodes.items():
        (directory / node).mkdir(parents=True)
        for name, text in files.items():
            (directory / node / name).write_text(text, encoding="utf-8")
    return directory


def cost(*command: str) -> Cost:
    """What one process costs, its children aside."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"scaling: {' '.join(command)} ended with {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def least(rounds: int, *command: str) -> Cost:
    costs = [cost(*command) for _ in range(rounds)]
    return Cost(min(each.cpu for each in costs), min(each.peak for each in costs))


def wall(rounds: int, directory: str, jobs: int) -> float:
    """The least seconds that a scan takes in so many processes."""
    seconds = []
    for _ in range(rounds):
        began = time.monotonic()
        cost(LVSDOCTOR, "scan", "-f", "json", "-j", str(jobs), directory)
        seconds.append(time.monotonic() - began)
    return min(seconds)


def main() -> None:
    """Measure, and print a line for each ratio."""
    parser = argparse.ArgumentParser(
        description="How the cost of a scan grows with the cluster, as ratios of CPU time."
    )
    parser.add_argument("--rounds", type=int, default=2)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="lvsdoctor-scaling-") as name:
        top = Path(name)

        def scan(kind: Callable[[int], Mapping[str, Mapping[str, str]]], size: int) -> Cost:
            directory = top / f"{kind.__name__}-{size}"
            if not directory.exists():
                written(kind(size), directory)
            return least(rounds, LVSDOCTOR, "scan", "-j", "1", "-f", "json", str(directory))

        for kind, small, large, target in (
            (many_services, 100, 1000, 12),
            (many_directors, 8, 64, 10),
            (cluster, 100, 1000, 11),
        ):
            few, many = scan(kind, small), scan(kind, large)
            what = f"{kind.__name__.replace('_', ' ')}, {small} -> {large}"
            show(what, many.cpu / few.cpu, target, f"{few.cpu:.2f} -> {many.cpu:.2f} s of CPU")
        reading = least(rounds, sys.executable, "-c", _READ, str(top / "cluster-1000"))
        show("1,000 nodes, by splitting their lines", many.cpu / reading.cpu, 20, f"{reading.cpu:.2f} s of CPU")
        single, double = (wall(rounds, str(top / "cluster-1000"), jobs) for jobs in (1, 2))
        detail = f"{single:.2f} -> {double:.2f} s, {len(os.sched_getaffinity(0))} cores"
        show("1,000 nodes, wall time of -j 2 by -j 1", double / single, 0.6, detail)
        bare = least(rounds, LVSDOCTOR, "--version")
        show("KiB of memory a node", (many.peak - bare.peak) / 1000, 400, f"{many.peak} KiB at the peak")


def show(what: str, ratio: float, target: float, detail: str) -> None:
    verdict = "ok" if ratio <= target else "MISSED"
    print(f"scaling: {what:38}{ratio:8.2f} (at most {target:g}: {verdict}; {detail})", flush=True)


if __name__ == "__main__":
    main()
