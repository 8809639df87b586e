"""How much longer `lvsdoctor probe` takes for fifty VIPs than for one, on a segment of namespaces (root).

Each round runs both once, so that a busy moment hits them alike; the medians are compared. Exit code 0 whatever comes
out: this measures, it does not judge.
"""

import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from tests.probe.segment import VIP, Segment, client, director, segment

ROUNDS = 7
TARGET = 1.2
FIFTY = [f"192.0.2.{last}" for last in range(101, 151)]


def main() -> None:
    """Measure, and print a line."""
    if os.geteuid() != 0:
        print("probing: making a segment of namespaces needs root")
        return
    lb1 = director()
    hosts = {"client": client(), "lb1": replace(lb1, ip=(*lb1.ip, *(f"addr add {vip}/32 dev eth0" for vip in FIFTY)))}
    with segment(hosts) as made:
        took = [(seconds(made, [VIP]), seconds(made, FIFTY)) for _ in range(ROUNDS)]
    one, fifty = (statistics.median(column) for column in zip(*took, strict=True))
    verdict = "ok" if fifty / one <= TARGET else "MISSED"
    print(f"probing: one VIP {one:.2f} s, fifty {fifty:.2f} s: {fifty / one:.2f} x (at most {TARGET:.2f}: {verdict})")


def seconds(made: Segment, vips: Sequence[str]) -> float:
    began = time.perf_counter()
    done = made.lvsdoctor("client", "probe", "-q", *vips)
    took = time.perf_counter() - began
    if done.returncode != 0:
        sys.exit(f"probing: {done.stderr}{done.stdout}")
    return took


if __name__ == "__main__":
    main()
