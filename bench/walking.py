"""What the walks of a scan cost: ratios of CPU time, measured in one run; the least of each counts.

The scan without walks is the same program, which leaves out that one part of it. Exit code 0 whatever comes out: this
measures, it does not judge.
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

from bench.scaling import LVSDOCTOR, least, many_services, show, written

_WITHOUT = """
import sys
from lvsdoctor.cli import main, scan
scan._with_impact = lambda examination, *_: examination
sys.argv[0] = "lvsdoctor"
main.run()
"""
_FEW, _MANY = 100, 1000


def leaking(services: int) -> dict[str, dict[str, str]]:
    """So many services, of which one real server answers ARP for every VIP: without a finding nothing is followed."""
    made = many_services(services)
    made["rs2"]["sysctl.txt"] = re.sub(r"(conf\.all\.arp_ignore) = 1", r"\1 = 0", made["rs2"]["sysctl.txt"])
    return made


def main() -> None:
    """Measure, and print a line for each ratio."""
    parser = argparse.ArgumentParser(description="What the walks of a scan cost, as ratios of CPU time.")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    walked = {}
    with tempfile.TemporaryDirectory(prefix="lvsdoctor-walking-") as name:
        for size in (_FEW, _MANY):
            words = ("scan", "-j", "1", "-f", "json", str(written(leaking(size), Path(name) / str(size))))
            whole = least(rounds, LVSDOCTOR, *words).cpu
            without = least(rounds, sys.executable, "-c", _WITHOUT, *words).cpu
            show(f"{size} services, with walks", whole / without, 3, f"{without:.2f} -> {whole:.2f} s of CPU")
            # Walks that cost less than a tenth of the scan are not told from what runs beside it.
            walked[size] = max(whole - without, whole / 10)
    few, many = walked[_FEW], walked[_MANY]
    show(f"walks, services {_FEW} -> {_MANY}", many / few, 12, f"{few:.2f} -> {many:.2f} s of CPU")


if __name__ == "__main__":
    main()
