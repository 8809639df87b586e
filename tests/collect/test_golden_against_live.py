"""A scan of what runs and of the files that should make it: one node of both, judged by what runs."""

from pathlib import Path

import pytest

from lvsdoctor.analysis.roles import with_standing
from lvsdoctor.collect.files import collect_paths
from lvsdoctor.engine.loader import load_rules
from lvsdoctor.engine.runner import examine
from lvsdoctor.model.examination import Diagnosis

ADDRESSES = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
    inet 192.0.2.10/32 scope global lo
       valid_lft forever preferred_lft forever
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000
    link/ether 02:00:00:00:00:15 brd ff:ff:ff:ff:ff:ff
    inet 192.0.2.21/24 brd 192.0.2.255 scope global eth0
       valid_lft forever preferred_lft forever
"""
QUIET = "net.ipv4.conf.all.arp_ignore = 1\nnet.ipv4.conf.all.arp_announce = 2\n"
LOUD = "net.ipv4.conf.all.arp_ignore = 0\nnet.ipv4.conf.all.arp_announce = 0\nnet.ipv4.conf.eth0.arp_ignore = 0\n"
TABLE = "-A -t 192.0.2.10:80 -s {}\n-a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n"
SCRIPT = "#!/bin/sh\nipvsadm -A -t 192.0.2.10:80 -s {}\nipvsadm -a -t 192.0.2.10:80 -r 192.0.2.21:80 -g -w 1\n"


def _write(top: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text, encoding="utf-8")


def _diagnoses(top: Path) -> dict[tuple[str, str], Diagnosis]:
    nodes = with_standing(collect_paths([str(top / "live"), str(top / "golden")]))
    return {(found.node, found.code): found for found in examine(nodes, load_rules()).diagnoses}


def test_both_name_one_host_and_rules_judge_what_runs(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "live/rs1/sysctl.txt": LOUD,
            "live/rs1/ip-addr.txt": ADDRESSES,
            "golden/rs1/etc/sysctl.d/90-lvs.conf": QUIET,
        },
    )
    (node,) = collect_paths([str(tmp_path / "live"), str(tmp_path / "golden")])
    assert (node.name, node.planned) == ("rs1", None)
    assert node.sysctl("net.ipv4.conf.all.arp_ignore").value == 0
    assert node.evidence["configured-sysctl"]["net.ipv4.conf.all.arp_ignore"].value == 1
    found = _diagnoses(tmp_path)
    assert found["rs1", "ARP001"].message.startswith("rs1 answers ARP")
    assert "its files set 1 at the next boot" in found["rs1", "SYS002"].message


def test_files_that_are_wrong_do_not_accuse_what_runs(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "live/rs1/sysctl.txt": QUIET + "net.ipv4.conf.eth0.arp_ignore = 0\nnet.ipv4.conf.eth0.arp_announce = 0\n",
            "live/rs1/ip-addr.txt": ADDRESSES,
            "golden/rs1/etc/sysctl.d/90-lvs.conf": LOUD,
        },
    )
    found = _diagnoses(tmp_path)
    assert ("rs1", "ARP001") not in found
    assert "its files set 0 at the next boot" in found["rs1", "SYS002"].message


@pytest.mark.parametrize(("scheduler", "differs"), [("wlc", True), ("rr", False)])
def test_the_table_that_runs_is_held_against_the_files(tmp_path: Path, scheduler: str, differs: bool) -> None:
    _write(
        tmp_path,
        {"live/lb1/ipvsadm.txt": TABLE.format("rr"), "golden/lb1/usr/local/bin/lvs.sh": SCRIPT.format(scheduler)},
    )
    assert (("lb1", "KA007") in _diagnoses(tmp_path)) is differs


def test_two_planned_directors_are_held_against_each_other(tmp_path: Path) -> None:
    _write(
        tmp_path,
        {
            "golden/lb1/usr/local/bin/lvs.sh": SCRIPT.format("rr"),
            "golden/lb2/usr/local/bin/lvs.sh": SCRIPT.format("wlc"),
        },
    )
    nodes = with_standing(collect_paths([str(tmp_path / "golden")]))
    found = {(d.node, d.code): d for d in examine(nodes, load_rules()).diagnoses}
    assert found["lb1", "CL002"].message == (
        "Once these files are deployed: lb1 and lb2 differ for tcp 192.0.2.10:80: scheduler is rr and wlc"
    )
    assert found["lb1", "CL002"].finding.fix.now == ()
