"""A reader is imported late, but never too late."""

import subprocess
import sys
from pathlib import Path

import pytest

from lvsdoctor.parse.readers import FORMATS, readers_for

CORPUS = Path(__file__).parents[2].parent / "shared/corpus"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real dumps is not beside the checkout")
def test_no_line_that_starts_a_dump_is_kept_from_its_reader() -> None:
    lines = set()
    for file in CORPUS.rglob("*"):
        if file.is_file():
            lines |= set(file.read_bytes().decode("utf-8", errors="backslashreplace").splitlines())
    hidden = [
        (known.name, line)
        for known in FORMATS
        for reader in [known.reader()]
        for line in lines
        if line.strip() and not known.may_start(line) and reader.starts(line)
    ]
    assert hidden == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("net.ipv4.ip_forward = 1", "sysctl"),
        ("1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN", "ip-addr"),
        ("0:\tfrom all lookup local", "ip-rule"),
        ("192.0.2.1 dev eth0 lladdr 02:00:00:00:00:01 REACHABLE", "ip-neigh"),
        ("default via 192.0.2.1 dev eth0", "ip-route"),
        ("IP Virtual Server version 1.2.1 (size=4096)", "ipvsadm"),
        ("TCP  C0000210:0050 rr", "proc-net-ip_vs"),
        ("-A -t 192.0.2.10:80 -s rr", "ipvsadm-save"),
        ("*filter", "arptables"),
        ("[{", "ip-json"),
        ("Kernel IP routing table", "route-n"),
        ("? (192.0.2.1) at 02:00:00:00:00:01 [ether] on eth0", "arp-a"),
        ("IP address       HW type     Flags       HW address            Mask     Device", "proc-net-arp"),
        ("ARPING 192.0.2.10 from 192.0.2.2 eth0", "arping"),
        ("ARPING 192.0.2.10", "arping"),
        ("Linux rs1 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01) x86_64 GNU/Linux", "uname"),
    ],
)
def test_each_first_line_has_one_reader(line: str, name: str) -> None:
    assert [reader.name for reader in readers_for(line)] == [name]


def test_a_scan_of_sysctls_imports_no_other_reader() -> None:
    code = (
        "from lvsdoctor.parse.paste.stream import pieces; list(pieces('net.ipv4.ip_forward = 1\\n', 'x')); import sys;"
    )
    code += "print(sorted(name for name in sys.modules if name.startswith('lvsdoctor.parse.ip')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
